package io.virtdataplane.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** DHCP options of RFC 2132 and 3397: their codes, and the block of them that a scope gives. */
public final class DhcpOptions {
    static final int PAD = 0;
    static final int SUBNET_MASK = 1;
    static final int ROUTER = 3;
    static final int NAME_SERVERS = 6;
    static final int HOSTNAME = 12;
    static final int DOMAIN_NAME = 15;
    static final int MTU = 26;
    static final int REQUESTED_ADDRESS = 50;
    static final int LEASE_TIME = 51;
    static final int MESSAGE_TYPE = 53;
    static final int SERVER_IDENTIFIER = 54;
    static final int DOMAIN_SEARCH = 119;
    static final int END = 255;

    /**
     * What a client must take without having said otherwise (RFC 2131 2: 576-byte datagrams): so
     * much is left for this block.
     */
    private static final int ROOM = 280;

    private static final int MAX_LENGTH = 255;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");

    private DhcpOptions() {}

    /**
     * All options of a scope but 53, 54 and 51, in one block; what does not fit is cut from the end
     * of the search list.
     */
    static byte[] block(Scope scope) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        put(out, SUBNET_MASK, address(scope.mask()));
        put(out, ROUTER, address(scope.gatewayAddress()));
        ByteArrayOutputStream servers = new ByteArrayOutputStream();
        scope.nameServers().stream()
                .limit(8)
                .forEach(server -> servers.writeBytes(address(server)));
        put(out, NAME_SERVERS, servers.toByteArray());
        put(out, MTU, new byte[] {(byte) (scope.mtu() >>> 8), (byte) scope.mtu()});
        put(out, HOSTNAME, cut(scope.hostname().getBytes(StandardCharsets.US_ASCII)));
        List<String> domains = validDomains(scope.searchDomains());
        domains.stream()
                .max(Comparator.comparingInt(String::length))
                .ifPresent(
                        longest ->
                                put(out, DOMAIN_NAME, longest.getBytes(StandardCharsets.US_ASCII)));
        put(out, DOMAIN_SEARCH, searchList(domains, Math.min(MAX_LENGTH, ROOM - out.size() - 2)));
        return out.toByteArray();
    }

    /**
     * Names as DNS takes them (RFC 1035 2.3.4): labels of 1-63 letters, digits, hyphens,
     * underscores; 253 characters in all.
     */
    public static List<String> validDomains(List<String> names) {
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

    /** RFC 3397 2, without compression: whole names only. */
    static byte[] searchList(List<String> domains, int room) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String domain : domains) {
            if (out.size() + domain.length() + 2 > room) {
                break;
            }
            for (String label : domain.split("\\.")) {
                out.write(label.length());
                out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
            }
            out.write(0);
        }
        return out.toByteArray();
    }

    private static void put(ByteArrayOutputStream out, int code, byte[] value) {
        if (value.length > 0) {
            out.write(code);
            out.write(value.length);
            out.writeBytes(value);
        }
    }

    private static byte[] cut(byte[] value) {
        return value.length > 64 ? java.util.Arrays.copyOf(value, 64) : value;
    }

    static byte[] address(int address) {
        return new byte[] {
            (byte) (address >>> 24), (byte) (address >>> 16), (byte) (address >>> 8), (byte) address
        };
    }
}
