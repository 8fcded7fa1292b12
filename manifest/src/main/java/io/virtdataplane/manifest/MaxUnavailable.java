package io.virtdataplane.manifest;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many nodes may be configured at once: a count, or a share of those selected. */
public record MaxUnavailable(int value, boolean isPercentage) {
    static final MaxUnavailable DEFAULT = new MaxUnavailable(50, true);
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,6})(%?)");

    static MaxUnavailable read(Fields spec) {
        if (!spec.has("maxUnavailable")) {
            return DEFAULT;
        }
        String text = spec.textOrNumber("maxUnavailable");
        Matcher matcher = TEXT.matcher(text);
        boolean isValid = matcher.matches();
        boolean isPercentage = isValid && !matcher.group(2).isEmpty();
        if (!isValid || isPercentage && Integer.parseInt(matcher.group(1)) > 100) {
            throw spec.error(
                    "maxUnavailable", "must be a count or a percentage, such as 3 or 50%", text);
        }
        return new MaxUnavailable(Integer.parseInt(matcher.group(1)), isPercentage);
    }

    /** Rounded up, and never none: the policy would not come to an end. */
    public int of(int nodes) {
        int count = isPercentage ? Math.ceilDiv(nodes * value, 100) : value;
        return Math.max(1, count);
    }
}
