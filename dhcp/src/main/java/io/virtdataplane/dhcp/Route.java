package io.virtdataplane.dhcp;

import io.virtdataplane.wire.AddressText;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A route that DHCP gives a client by option 121. Addresses are IPv4, network order.
 *
 * @param gateway next hop, or 0: the destination is on the link
 */
public record Route(int destination, int prefixLength, int gateway) {
    private static final String RULE =
            "must be routes such as 192.0.2.0/24 via 10.0.2.1, or 224.0.0.0/4 of the link, with commas between them";

    /** Throws where {@code text} is not as the message says. */
    public static List<Route> parse(String text) {
        List<Route> routes = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            String[] words = one.strip().split("\\s+");
            boolean fits = words.length == 1 || words.length == 3 && words[1].equals("via");
            String[] cidr = words[0].split("/", -1);
            if (!fits || cidr.length != 2 || !cidr[1].matches("[0-9]|[12][0-9]|3[0-2]")) {
                throw new IllegalArgumentException(RULE + ": route=" + one.strip());
            }
            try {
                int length = Integer.parseInt(cidr[1]);
                routes.add(
                        new Route(
                                AddressText.ipv4(cidr[0]) & mask(length),
                                length,
                                words.length == 1 ? 0 : AddressText.ipv4(words[2])));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(RULE + ": route=" + one.strip());
            }
        }
        return routes;
    }

    /**
     * The option's value (RFC 3442): each route its prefix length, as many bytes of the destination
     * as are significant, and the router.
     */
    static byte[] encode(List<Route> routes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Route route : routes) {
            out.write(route.prefixLength);
            out.write(DhcpOptions.address(route.destination), 0, (route.prefixLength + 7) / 8);
            out.writeBytes(DhcpOptions.address(route.gateway));
        }
        return out.toByteArray();
    }

    private static int mask(int prefixLength) {
        return prefixLength == 0 ? 0 : -1 << 32 - prefixLength;
    }
}
