package io.virtdataplane.cloudinit;

import io.virtdataplane.cloudinit.EthernetSettings.Address;
import io.virtdataplane.cloudinit.EthernetSettings.Hop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Checks gateways and routes of one ethernet. gateway4 and gateway6 are taken without a word:
 * netplan has newer ones, but the documentation and old guests use these.
 */
final class RouteCheck {
    private static final long MOST = 0xffff_ffffL;
    private static final Set<String> ROUTE =
            Set.of(
                    "to",
                    "via",
                    "from",
                    "metric",
                    "on-link",
                    "type",
                    "scope",
                    "table",
                    "mtu",
                    "congestion-window",
                    "advertised-receive-window",
                    "advertised-mss");

    private RouteCheck() {}

    /** Those that must be on a link of the ethernet. */
    static List<Hop> hops(Map<String, Located> fields) {
        List<Hop> hops = new ArrayList<>();
        gateway(fields.get("gateway4"), true).ifPresent(hops::add);
        gateway(fields.get("gateway6"), false).ifPresent(hops::add);
        Located routes = fields.get("routes");
        if (routes != null) {
            routes.elements().forEach(route -> route(route).ifPresent(hops::add));
        }
        return hops;
    }

    private static Optional<Hop> gateway(Located at, boolean isIpv4) {
        if (at == null) {
            return Optional.empty();
        }
        String rule = isIpv4 ? "must be an IPv4 address" : "must be an IPv6 address";
        return address(at, rule)
                .filter(
                        via -> {
                            if (via.isIpv4() != isIpv4) {
                                at.wrong(rule);
                            }
                            return via.isIpv4() == isIpv4;
                        })
                .map(via -> new Hop(at, via));
    }

    private static Optional<Hop> route(Located route) {
        Map<String, Located> fields = route.fields(ROUTE);
        if (!route.isMapping()) {
            return Optional.empty();
        }
        Optional.ofNullable(fields.get("metric")).ifPresent(at -> at.number(0, MOST));
        Optional.ofNullable(fields.get("table")).ifPresent(at -> at.number(0, MOST));
        boolean onLink =
                Optional.ofNullable(fields.get("on-link")).map(Located::flag).orElse(false);
        Located to = fields.get("to");
        Optional<Prefix> destination = Optional.empty();
        if (to == null) {
            route.lacks("to", "must be an address, a network or default");
        } else {
            destination = destination(to);
        }
        Located via = fields.get("via");
        if (via == null) {
            if (!fields.containsKey("scope") && !fields.containsKey("type")) {
                route.lacks("via", "must be the address of the next hop");
            }
            return Optional.empty();
        }
        Optional<Prefix> hop = address(via, "must be an IPv4 or IPv6 address");
        if (hop.isPresent()
                && destination.isPresent()
                && hop.get().isIpv4() != destination.get().isIpv4()) {
            via.wrong("must be of the family of " + destination.get());
            return Optional.empty();
        }
        return onLink ? Optional.empty() : hop.map(address -> new Hop(via, address));
    }

    /** Empty for default too: it may be of either family. */
    private static Optional<Prefix> destination(Located to) {
        Optional<String> text = to.text();
        if (text.isEmpty() || text.get().equals("default")) {
            return Optional.empty();
        }
        Optional<Prefix> prefix = Prefix.cidr(text.get()).or(() -> Prefix.address(text.get()));
        if (prefix.isEmpty()) {
            to.wrong("must be an address, a network or default");
        }
        return prefix;
    }

    private static Optional<Prefix> address(Located at, String rule) {
        Optional<String> text = at.text();
        Optional<Prefix> address = text.flatMap(Prefix::address);
        if (text.isPresent() && address.isEmpty()) {
            at.wrong(rule);
        }
        return address;
    }

    /**
     * A next hop must be a neighbour. Which networks DHCP or router advertisements will put on the
     * link is not known here, so with them any is taken.
     */
    static void checkOnLink(
            List<Hop> hops, List<Address> addresses, boolean isDynamic4, boolean isDynamic6) {
        for (Hop hop : hops) {
            boolean isKnown =
                    addresses.stream().anyMatch(address -> address.prefix().contains(hop.via()));
            boolean isDynamic = hop.via().isIpv4() ? isDynamic4 : isDynamic6;
            if (!isKnown && !isDynamic && !hop.via().isLinkLocal()) {
                hop.at().wrong("must be in a network of the interface's addresses");
            }
        }
    }
}
