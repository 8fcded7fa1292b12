package io.virtdataplane.manifest;

import io.virtdataplane.dhcp.Route;
import io.virtdataplane.wire.AddressText;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A DHCP server that a NetworkAttachmentDefinition asks for by its annotations, all of which begin
 * with {@value #PREFIX}. Addresses are IPv4, network order.
 *
 * @param node the only one that is to serve; empty: each
 * @param leaseSeconds of each address
 */
public record NetworkScope(
        String node, Subnet subnet, Range range, Answers answers, long leaseSeconds) {
    /**
     * Where the server is.
     *
     * @param router 0: none
     */
    public record Subnet(int server, int prefixLength, int router) {}

    /** The addresses that it gives, both ends with them. */
    public record Range(int first, int last) {}

    /** What it tells beside an address. */
    public record Answers(
            List<Integer> nameServers, List<String> searchDomains, List<Route> routes) {}

    static final String PREFIX = "dhcp.virtdataplane.io/";
    private static final FieldTable FIELDS =
            FieldTable.of(
                    "lease-seconds",
                    "name-servers",
                    "node",
                    "range",
                    "router",
                    "routes",
                    "search",
                    "server");
    private static final Pattern CIDR = Pattern.compile("([0-9.]+)/([0-9]|[12][0-9]|30)");
    private static final Pattern RANGE = Pattern.compile("([0-9.]+) *- *([0-9.]+)");
    private static final int MOST_ADDRESSES = 4096;
    private static final long DEFAULT_LEASE_SECONDS = 3600;
    private static final long LONGEST_LEASE = 0xffff_ffffL;

    /** None where there is no annotation of it. */
    static Optional<NetworkScope> read(Fields annotations) {
        Fields scope = annotations.withPrefix(PREFIX);
        if (scope.isEmpty()) {
            return Optional.empty();
        }
        scope.check(FIELDS);
        Matcher cidr = CIDR.matcher(scope.text("server", ""));
        if (!cidr.matches()) {
            throw scope.error(
                    "server",
                    "must be the server's address with its prefix length, such as 10.0.0.1/24",
                    scope.text("server", ""));
        }
        int server = address(scope, "server", cidr.group(1));
        int prefixLength = Integer.parseInt(cidr.group(2));
        Matcher range = RANGE.matcher(scope.text("range", ""));
        if (!range.matches()) {
            throw scope.error(
                    "range",
                    "must be two addresses, such as 10.0.0.100-10.0.0.199",
                    scope.text("range", ""));
        }
        int first = address(scope, "range", range.group(1));
        int last = address(scope, "range", range.group(2));
        checkRange(scope, first, last, server, prefixLength);
        String router = scope.text("router", "");
        return Optional.of(
                new NetworkScope(
                        scope.text("node", ""),
                        new Subnet(
                                server,
                                prefixLength,
                                router.isEmpty() ? 0 : address(scope, "router", router)),
                        new Range(first, last),
                        answers(scope),
                        leaseSeconds(scope)));
    }

    private static Answers answers(Fields scope) {
        List<Integer> nameServers =
                words(scope, "name-servers").stream()
                        .map(word -> address(scope, "name-servers", word))
                        .toList();
        return new Answers(nameServers, words(scope, "search"), routes(scope));
    }

    private static void checkRange(
            Fields scope, int first, int last, int server, int prefixLength) {
        int mask = prefixLength == 0 ? 0 : -1 << 32 - prefixLength;
        boolean inside =
                (first & mask) == (server & mask)
                        && (last & mask) == (server & mask)
                        && Integer.compareUnsigned(first & ~mask, 0) > 0
                        && (last | mask) != -1;
        long count = (last & 0xffff_ffffL) - (first & 0xffff_ffffL) + 1;
        boolean hasServer =
                Integer.compareUnsigned(server, first) >= 0
                        && Integer.compareUnsigned(server, last) <= 0;
        if (!inside || count < 1 || count > MOST_ADDRESSES || hasServer) {
            throw scope.error(
                    "range",
                    "must be 1-"
                            + MOST_ADDRESSES
                            + " host addresses in the network of the server, without the server's own address",
                    scope.text("range", ""));
        }
    }

    private static List<String> words(Fields scope, String name) {
        String text = scope.text(name, "").strip();
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("[ ,]+"));
    }

    private static List<Route> routes(Fields scope) {
        String text = scope.text("routes", "");
        try {
            return text.isBlank() ? List.of() : Route.parse(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidManifestException(scope.path() + ".routes " + e.getMessage());
        }
    }

    private static long leaseSeconds(Fields scope) {
        String text = scope.text("lease-seconds", Long.toString(DEFAULT_LEASE_SECONDS));
        long seconds = text.matches("[0-9]{1,10}") ? Long.parseLong(text) : 0;
        if (seconds < 60 || seconds > LONGEST_LEASE) {
            throw scope.error("lease-seconds", "must be 60-4294967295", text);
        }
        return seconds;
    }

    private static int address(Fields scope, String name, String text) {
        try {
            return AddressText.ipv4(text);
        } catch (IllegalArgumentException e) {
            throw scope.error(name, "must be IPv4 addresses", text);
        }
    }
}
