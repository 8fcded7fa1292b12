package io.virtdataplane.manifest;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bits a second, written as a Kubernetes quantity: "10M", "1.5G", "100Ki", "1e6". Bounds are those
 * of the annotations kubernetes.io/egress-bandwidth and ingress-bandwidth.
 */
public final class Bandwidth {
    /** Of a machine's template: what the guest may send. */
    public static final String EGRESS = "kubernetes.io/egress-bandwidth";

    /** What it may get. */
    public static final String INGRESS = "kubernetes.io/ingress-bandwidth";

    private static final Pattern QUANTITY =
            Pattern.compile("(\\d{1,18}(?:\\.\\d{0,9})?)([kMGTP]|[KMGTP]i|[eE]\\d{1,2})?");
    private static final Map<String, Integer> EXPONENTS =
            Map.of("k", 3, "M", 6, "G", 9, "T", 12, "P", 15);
    private static final Map<String, Integer> SHIFTS =
            Map.of("Ki", 10, "Mi", 20, "Gi", 30, "Ti", 40, "Pi", 50);
    private static final BigDecimal LEAST = BigDecimal.valueOf(1_000);
    private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000_000_000_000L);

    private Bandwidth() {}

    /**
     * @param name of the field or annotation, for a refusal
     * @return bits a second; 0: no limit
     */
    public static long parse(String name, String text) {
        Matcher found = QUANTITY.matcher(text.strip());
        if (!found.matches()) {
            throw new InvalidManifestException(
                    name + " must be bits a second such as 10M or 1.5G: " + name + "=" + text);
        }
        BigDecimal bits = scaled(new BigDecimal(found.group(1)), found.group(2));
        if (bits.signum() == 0) {
            return 0;
        }
        if (bits.compareTo(LEAST) < 0 || bits.compareTo(MOST) > 0) {
            throw new InvalidManifestException(
                    name + " must be 1k-1P bits a second, or 0: " + name + "=" + text);
        }
        return bits.longValue();
    }

    private static BigDecimal scaled(BigDecimal number, String suffix) {
        if (suffix == null) {
            return number;
        }
        if (SHIFTS.containsKey(suffix)) {
            return number.multiply(BigDecimal.valueOf(1L << SHIFTS.get(suffix)));
        }
        Integer exponent = EXPONENTS.get(suffix);
        return number.scaleByPowerOfTen(
                exponent != null ? exponent : Integer.parseInt(suffix.substring(1)));
    }

    /** The shortest way to write it: "10M". */
    public static String text(long bits) {
        String[] units = {"P", "T", "G", "M", "k"};
        long size = 1_000_000_000_000_000L;
        for (String unit : units) {
            if (bits >= size && bits % size == 0) {
                return bits / size + unit;
            }
            size /= 1000;
        }
        return Long.toString(bits);
    }
}
