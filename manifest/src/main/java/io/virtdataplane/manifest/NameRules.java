package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What names, labels, ports and addresses of Kubernetes have to be, in its own words (apimachinery,
 * util/validation). Each method says what is wrong; nothing if nothing is.
 */
final class NameRules {
    private static final int LAST_PORT = 65_535;
    private static final int LABEL_LENGTH = 63;
    private static final int PORT_NAME_LENGTH = 15; // RFC 6335, section 5.1
    private static final int SUBDOMAIN_LENGTH = 253;
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
    private static final String NAME_PART = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String NAME_PART_RULE =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '"
                    + NAME_PART
                    + "')";
    private static final Pattern PORT_NAME = Pattern.compile("[-a-z0-9]+");

    private NameRules() {}

    /** A DNS label, RFC 1123. */
    static List<String> label(String text) {
        return wrong(
                text,
                LABEL_LENGTH,
                LABEL,
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '");
    }

    /** A DNS name, RFC 1123. */
    static List<String> subdomain(String text) {
        return wrong(
                text,
                SUBDOMAIN_LENGTH,
                SUBDOMAIN,
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '");
    }

    private static List<String> wrong(String text, int longest, String pattern, String rule) {
        List<String> wrong = longerThan(text, longest);
        if (!text.matches(pattern)) {
            wrong.add(rule + pattern + "')");
        }
        return wrong;
    }

    /** [PREFIX/]NAME: a label's key, a load balancer's class. */
    static List<String> qualifiedName(String text) {
        String[] parts = text.split("/", -1);
        List<String> wrong = new ArrayList<>();
        if (parts.length > 2) {
            wrong.add(
                    "a qualified name "
                            + NAME_PART_RULE
                            + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
            return wrong;
        }
        String name = parts[parts.length - 1];
        if (parts.length == 2) {
            List<String> prefix =
                    parts[0].isEmpty() ? List.of("must be non-empty") : subdomain(parts[0]);
            prefix.forEach(rule -> wrong.add("prefix part " + rule));
        }
        if (name.isEmpty()) {
            wrong.add("name part must be non-empty");
        }
        longerThan(name, LABEL_LENGTH).forEach(rule -> wrong.add("name part " + rule));
        if (!name.matches(NAME_PART)) {
            wrong.add("name part " + NAME_PART_RULE);
        }
        return wrong;
    }

    static List<String> labelValue(String text) {
        List<String> wrong = longerThan(text, LABEL_LENGTH);
        if (!text.matches("(" + NAME_PART + ")?")) {
            wrong.add(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '("
                            + NAME_PART
                            + ")?')");
        }
        return wrong;
    }

    static List<String> portNumber(long port) {
        return port >= 1 && port <= LAST_PORT
                ? List.of()
                : List.of("must be between 1 and 65535, inclusive");
    }

    /** A service's name as IANA lists them. */
    static List<String> portName(String text) {
        List<String> wrong = new ArrayList<>();
        if (text.length() > PORT_NAME_LENGTH) {
            wrong.add("must be no more than 15 characters");
        }
        if (!PORT_NAME.matcher(text).matches()) {
            wrong.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if (text.chars().noneMatch(letter -> letter >= 'a' && letter <= 'z')) {
            wrong.add("must contain at least one letter (a-z)");
        }
        if (text.contains("--")) {
            wrong.add("must not contain consecutive hyphens");
        }
        if (text.startsWith("-") || text.endsWith("-")) {
            wrong.add("must not begin or end with a hyphen");
        }
        return wrong;
    }

    private static List<String> longerThan(String text, int most) {
        List<String> wrong = new ArrayList<>();
        if (text.length() > most) {
            wrong.add("must be no more than " + most + " characters");
        }
        return wrong;
    }
}
