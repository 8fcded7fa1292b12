package io.virtdataplane.daemon.rpc;

import com.google.rpc.BadRequest;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a refusal says of a field, for clients that are programs. Every refusal is worded "FIELD
 * must RULE: FIELD=VALUE", in a manifest with the path of the field, and behind "KIND NAME: " where
 * several objects may be meant; the API promises that.
 */
final class FieldViolations {
    private static final Pattern REFUSAL =
            Pattern.compile(
                    "(?:[^:]+: )?(?<field>[a-z][\\w.\\[\\]-]*) (?:must|may|is not) .*?(?:: (?<named>[\\w-]+)=.*)?",
                    Pattern.DOTALL);

    private FieldViolations() {}

    /** Empty where the refusal is about no field. */
    static Optional<BadRequest> of(String message) {
        Matcher refusal = REFUSAL.matcher(message);
        if (!refusal.matches() || !isField(refusal.group("field"), refusal.group("named"))) {
            return Optional.empty();
        }
        return Optional.of(
                BadRequest.newBuilder()
                        .addFieldViolations(
                                BadRequest.FieldViolation.newBuilder()
                                        .setField(refusal.group("field"))
                                        .setDescription(message))
                        .build());
    }

    /** Other words begin a sentence too: "a VLAN of a bridge must ...". */
    private static boolean isField(String word, String named) {
        String last = word.substring(word.lastIndexOf('.') + 1);
        boolean isPath = word.matches(".*[a-z0-9\\]][._\\[].*");
        return isPath || last.equals(named) || word.equals("manifest");
    }
}
