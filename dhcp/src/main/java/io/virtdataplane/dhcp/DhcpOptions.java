package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Dhcp;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** DHCP options of RFC 2132, 3397 and 4039: their codes, and their values of a scope. */
public final class DhcpOptions {
    static final int PAD = Dhcp.PAD;
    static final int SUBNET_MASK = 1;
    static final int ROUTER = 3;
    static final int NAME_SERVERS = 6;
    static final int HOSTNAME = 12;
    static final int DOMAIN_NAME = 15;
    static final int MTU = 26;
    static final int REQUESTED_ADDRESS = 50;
    static final int NTP_SERVERS = 42;
    static final int LEASE_TIME = 51;
    static final int OVERLOAD = 52;
    static final int MESSAGE_TYPE = Dhcp.MESSAGE_TYPE;
    static final int SERVER_IDENTIFIER = 54;
    static final int PARAMETER_REQUEST_LIST = 55;
    static final int MAX_MESSAGE_SIZE = 57;
    static final int RENEWAL_TIME = 58;
    static final int REBINDING_TIME = 59;
    static final int CLASS_IDENTIFIER = 60;
    static final int CLIENT_IDENTIFIER = 61;
    static final int TFTP_SERVER_NAME = 66;
    static final int BOOT_FILE_NAME = 67;
    static final int RAPID_COMMIT = 80;
    static final int DOMAIN_SEARCH = 119;
    static final int CLASSLESS_ROUTES = 121;
    static final int END = Dhcp.END;

    private static final int LINK_LOCAL = 0xa9fe; // 169.254.0.0/16, RFC 3927

    private DhcpOptions() {}

    /** The values of all options that a scope gives, by their codes; null where it gives none. */
    static byte[][] values(Scope scope) {
        byte[][] values = new byte[END][];
        int router = scope.options().router();
        Resolver<Integer> resolver = scope.options().resolver();
        put(values, SUBNET_MASK, address(scope.mask()));
        put(values, ROUTER, router == 0 ? new byte[0] : address(router));
        put(values, NAME_SERVERS, addresses(resolver.nameServers()));
        put(values, MTU, new byte[] {(byte) (scope.link().mtu() >>> 8), (byte) scope.link().mtu()});
        put(values, HOSTNAME, scope.options().hostname().getBytes(StandardCharsets.US_ASCII));
        SearchDomains.valid(resolver.searchDomains()).stream()
                .max(Comparator.comparingInt(String::length))
                .ifPresent(
                        longest ->
                                put(
                                        values,
                                        DOMAIN_NAME,
                                        longest.getBytes(StandardCharsets.US_ASCII)));
        put(values, DOMAIN_SEARCH, SearchDomains.compressed(resolver.searchDomains()).value());
        CustomOptions custom = scope.options().custom();
        put(values, NTP_SERVERS, addresses(custom.ntpServers()));
        put(values, TFTP_SERVER_NAME, text(custom.tftpServerName()));
        put(values, BOOT_FILE_NAME, text(custom.bootFileName()));
        put(values, CLASSLESS_ROUTES, Route.encode(routes(scope)));
        custom.privateOptions().forEach((code, value) -> values[code] = text(value)); // or none
        return values;
    }

    /**
     * What the manifest gives, and a way to name servers of link-local addresses, which clients
     * look for on the link otherwise. Clients that take option 121 pass over option 3 (RFC 3442):
     * the default route is in both.
     */
    private static List<Route> routes(Scope scope) {
        int router = scope.options().router();
        List<Route> routes = new ArrayList<>(scope.options().custom().routes());
        for (int server : scope.options().resolver().nameServers()) {
            if (server >>> 16 == LINK_LOCAL && router != 0) {
                routes.add(new Route(server, 32, router));
            }
        }
        boolean hasDefault = routes.stream().anyMatch(route -> route.prefixLength() == 0);
        if (!routes.isEmpty() && !hasDefault && router != 0) {
            routes.add(new Route(0, 0, router));
        }
        return routes;
    }

    private static byte[] addresses(List<Integer> addresses) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        addresses.forEach(one -> out.writeBytes(address(one)));
        return out.toByteArray();
    }

    private static byte[] text(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(byte[][] values, int code, byte[] value) {
        if (value.length > 0) {
            values[code] = value;
        }
    }

    static byte[] address(int address) {
        return new byte[] {
            (byte) (address >>> 24), (byte) (address >>> 16), (byte) (address >>> 8), (byte) address
        };
    }
}
