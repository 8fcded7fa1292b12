package io.virtdataplane.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * What a scalar is to kubectl: the rules of its YAML parser (go-yaml 2, resolve.go), which are
 * those of YAML 1.1 but for numbers of base 60. So a bare {@code 0000:18:00.1} is text, as is a
 * date, and a bare {@code on} is true.
 */
final class YamlScalar {
    private static final Set<String> TRUE =
            Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
    private static final Set<String> FALSE =
            Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
    private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
    private static final Pattern NOT_FINITE =
            Pattern.compile("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    private static final Pattern FLOAT =
            Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MOST = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);
    private static final int LONGEST = 100;
    private static final double MOST_EXACT = 0x1p53;
    private static final String MERGE = "<<";
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Tells the tag of a scalar that has none. */
    static final class TagResolver extends Resolver {
        @Override
        public Tag resolve(NodeId kind, String value, boolean isPlain) {
            return kind == NodeId.scalar && isPlain
                    ? tag(value)
                    : super.resolve(kind, value, isPlain);
        }
    }

    private YamlScalar() {}

    static JsonNode of(ScalarNode scalar) {
        String text = scalar.getValue();
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.NULL)) {
            return NODES.nullNode();
        }
        if (tag.equals(Tag.BOOL)) {
            return NODES.booleanNode(TRUE.contains(text));
        }
        if (tag.equals(Tag.INT)) {
            return whole(text).<JsonNode>map(NODES::numberNode).orElse(NODES.textNode(text));
        }
        if (tag.equals(Tag.FLOAT)) {
            return real(text);
        }
        return NODES.textNode(text);
    }

    private static JsonNode real(String text) {
        try {
            mustBeShort(text);
            double value = Double.parseDouble(digits(text));
            if (!Double.isFinite(value)) {
                throw new NumberFormatException("more than a double holds");
            }
            boolean isWhole = value == Math.rint(value) && Math.abs(value) < MOST_EXACT;
            // Go writes them without a fraction, so 08 is a whole number after all
            return isWhole ? NODES.numberNode((long) value) : NODES.numberNode(value);
        } catch (NumberFormatException e) {
            throw new InvalidManifestException(
                    "manifest must have numbers that JSON can hold: value=" + shown(text));
        }
    }

    /** No number that means anything is longer, and a long one costs more than its length. */
    private static void mustBeShort(String text) {
        if (text.length() > LONGEST) {
            throw new NumberFormatException("longer than " + LONGEST);
        }
    }

    private static String shown(String text) {
        return text.length() <= LONGEST
                ? text
                : text.substring(0, LONGEST) + "... (" + text.length() + " characters)";
    }

    private static Tag tag(String text) {
        if (NULL.contains(text)) {
            return Tag.NULL;
        }
        if (TRUE.contains(text) || FALSE.contains(text)) {
            return Tag.BOOL;
        }
        if (text.equals(MERGE)) {
            return Tag.MERGE;
        }
        if (NOT_FINITE.matcher(text).matches()) {
            return Tag.FLOAT;
        }
        if ("+-.0123456789".indexOf(text.charAt(0)) < 0) {
            return Tag.STR;
        }
        return whole(text).isPresent()
                ? Tag.INT
                : FLOAT.matcher(digits(text)).matches() ? Tag.FLOAT : Tag.STR;
    }

    /** Underscores may part digits, but not where the text begins with the decimal point. */
    private static String digits(String text) {
        return text.startsWith(".") ? text : text.replace("_", "");
    }

    /** Go's ParseInt with base 0, for what fits into 64 bits. */
    private static Optional<BigInteger> whole(String given) {
        String text = digits(given);
        boolean hasSign = text.startsWith("-") || text.startsWith("+");
        String digits = hasSign ? text.substring(1) : text;
        String lower = digits.toLowerCase(Locale.ROOT);
        int radix =
                lower.startsWith("0x")
                        ? 16
                        : lower.startsWith("0b") ? 2 : lower.startsWith("0") ? 8 : 10;
        boolean hasPrefix = radix == 16 || radix == 2 || lower.startsWith("0o");
        String magnitude = hasPrefix ? digits.substring(2) : digits;
        try {
            mustBeShort(magnitude);
            if (magnitude.isEmpty() || !Character.isLetterOrDigit(magnitude.charAt(0))) {
                return Optional.empty(); // a second sign, which BigInteger would take
            }
            BigInteger value = new BigInteger(magnitude, radix);
            BigInteger signed = text.startsWith("-") ? value.negate() : value;
            boolean fits = signed.compareTo(LEAST) >= 0 && signed.compareTo(MOST) <= 0;
            return fits ? Optional.of(signed) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
