package io.virtdataplane.daemon.rpc;

import com.google.rpc.BadRequest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a refusal says of a field, for clients that are programs. Every refusal is worded "FIELD
 * must RULE: FIELD=VALUE", in a manifest with the path of the field, and behind "KIND NAME: " where
 * several objects may be meant; the API promises that. Of a Service it is worded as the API server
 * of Kubernetes does: "PATH: Invalid value: VALUE: RULE", and several of those in brackets.
 */
final class FieldViolations {
    private static final Pattern REFUSAL =
            Pattern.compile(
                    "(?:[^:]+: )?(?<field>[a-z][\\w.\\[\\]-]*) (?:must|may|is not) .*?(?:: (?<named>[\\w-]+)=.*)?",
                    Pattern.DOTALL);

    private static final Pattern OF_KUBERNETES =
            Pattern.compile(
                    "(?<field>[a-z][\\w.\\[\\]/-]*): (?:Invalid value: |Forbidden: |Required value|Duplicate value: |Unsupported value: )");

    private FieldViolations() {}

    /** Empty where the refusal is about no field. */
    static Optional<BadRequest> of(String message) {
        List<String> paths =
                OF_KUBERNETES
                        .matcher(message)
                        .results()
                        .map(found -> found.group("field"))
                        .distinct()
                        .toList();
        if (!paths.isEmpty()) {
            return Optional.of(violations(paths, message));
        }
        Matcher refusal = REFUSAL.matcher(message);
        if (!refusal.matches() || !isField(refusal.group("field"), refusal.group("named"))) {
            return Optional.empty();
        }
        return Optional.of(violations(List.of(refusal.group("field")), message));
    }

    private static BadRequest violations(List<String> fields, String message) {
        BadRequest.Builder all = BadRequest.newBuilder();
        fields.forEach(
                field -> all.addFieldViolationsBuilder().setField(field).setDescription(message));
        return all.build();
    }

    /** Other words begin a sentence too: "a VLAN of a bridge must ...". */
    private static boolean isField(String word, String named) {
        String last = word.substring(word.lastIndexOf('.') + 1);
        boolean isPath = word.matches(".*[a-z0-9\\]][._\\[].*");
        return isPath || last.equals(named) || word.equals("manifest");
    }
}
