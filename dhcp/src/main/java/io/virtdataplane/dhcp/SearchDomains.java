package io.virtdataplane.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The domains in which clients look names up: which of them are told, and how. */
public final class SearchDomains {
    /**
     * Bytes of the list in DHCPv6 and router advertisements, which have no compression (RFC 8415
     * 10, RFC 8106 5.2) and must fit a packet of 1280 bytes together with all else.
     */
    static final int MOST_IPV6 = 1024;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
    private static final int POINTER = 0xc000; // RFC 1035 4.1.4
    private static final int FARTHEST = 0x3fff;

    /**
     * Option 119 (RFC 3397), names compressed over the whole value.
     *
     * @param ends offsets behind each name: the value may be cut there
     */
    record Compressed(byte[] value, int[] ends) {}

    private SearchDomains() {}

    /**
     * Names as DNS takes them (RFC 1035 2.3.4): labels of 1-63 letters, digits, hyphens,
     * underscores; 253 characters in all. Lower case, without a dot at the end.
     */
    public static List<String> valid(List<String> names) {
        List<String> valid = new ArrayList<>();
        for (String name : names) {
            String lower = name.toLowerCase(Locale.ROOT);
            String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
            boolean fits = !bare.isEmpty() && bare.length() <= 253;
            for (String label : bare.split("\\.", -1)) {
                fits &= LABEL.matcher(label).matches();
            }
            if (fits) {
                valid.add(bare);
            }
        }
        return valid;
    }

    /** Those of the names that no client is told: no DNS would take them. */
    public static List<String> invalid(List<String> names) {
        return names.stream().filter(name -> valid(List.of(name)).isEmpty()).toList();
    }

    /** Those of the names for which IPv6's messages have no room. */
    public static List<String> beyondIpv6(List<String> names) {
        List<String> valid = valid(names);
        return valid.subList(fittingIpv6(valid), valid.size());
    }

    private static int fittingIpv6(List<String> valid) {
        int length = 0;
        int count = 0;
        for (String name : valid) {
            length += name.length() + 2;
            if (length > MOST_IPV6) {
                break;
            }
            count++;
        }
        return count;
    }

    /** As IPv6's messages have them: whole names only, each ended by a zero. */
    static byte[] plain(List<String> names) {
        List<String> valid = valid(names);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String name : valid.subList(0, fittingIpv6(valid))) {
            for (String label : name.split("\\.")) {
                put(out, label);
            }
            out.write(0);
        }
        return out.toByteArray();
    }

    /** All valid names; pointers lead backwards only, so that each beginning stands by itself. */
    static Compressed compressed(List<String> names) {
        List<String> valid = valid(names);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Map<String, Integer> offsetBySuffix = new HashMap<>();
        int[] ends = new int[valid.size()];
        for (int i = 0; i < ends.length; i++) {
            put(out, offsetBySuffix, valid.get(i));
            ends[i] = out.size();
        }
        return new Compressed(out.toByteArray(), ends);
    }

    private static void put(
            ByteArrayOutputStream out, Map<String, Integer> offsetBySuffix, String name) {
        String suffix = name;
        while (!suffix.isEmpty()) {
            Integer known = offsetBySuffix.get(suffix);
            if (known != null) {
                out.write((POINTER | known) >>> 8);
                out.write(known);
                return;
            }
            if (out.size() <= FARTHEST) {
                offsetBySuffix.put(suffix, out.size());
            }
            int dot = suffix.indexOf('.');
            put(out, dot < 0 ? suffix : suffix.substring(0, dot));
            suffix = dot < 0 ? "" : suffix.substring(dot + 1);
        }
        out.write(0);
    }

    private static void put(ByteArrayOutputStream out, String label) {
        out.write(label.length());
        out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
}
