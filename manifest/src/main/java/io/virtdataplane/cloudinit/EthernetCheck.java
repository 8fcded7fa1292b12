package io.virtdataplane.cloudinit;

import io.virtdataplane.cloudinit.EthernetSettings.Address;
import io.virtdataplane.cloudinit.EthernetSettings.Hop;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks the fields of one ethernet of network data version 2; names and meaning are netplan's. */
final class EthernetCheck {
    private static final long GROUP_BIT = 0x0100_0000_0000L;
    private static final int LEAST_MTU = 68; // RFC 791
    private static final int LEAST_IPV6_MTU = 1280; // RFC 8200 5
    private static final Set<String> CHECKED =
            Set.of(
                    "dhcp4",
                    "dhcp6",
                    "dhcp4-overrides",
                    "dhcp6-overrides",
                    "accept-ra",
                    "addresses",
                    "gateway4",
                    "gateway6",
                    "nameservers",
                    "routes",
                    "match",
                    "set-name",
                    "mtu",
                    "optional",
                    "wakeonlan",
                    "macaddress",
                    "renderer");
    // Fields that netplan knows and that say nothing about addresses: taken as they stand.
    private static final Set<String> PASSED =
            Set.of(
                    "activation-mode",
                    "critical",
                    "dhcp-identifier",
                    "emit-lldp",
                    "ignore-carrier",
                    "ipv6-address-generation",
                    "ipv6-address-token",
                    "ipv6-mtu",
                    "ipv6-privacy",
                    "link-local",
                    "optional-addresses",
                    "routing-policy");
    private static final Set<String> KNOWN = union();
    private static final Set<String> OVERRIDES =
            Set.of(
                    "use-dns",
                    "use-ntp",
                    "send-hostname",
                    "use-hostname",
                    "use-mtu",
                    "hostname",
                    "use-routes",
                    "route-metric",
                    "use-domains");

    private final Located ethernet;
    private final Map<String, Located> fields;

    private EthernetCheck(Located ethernet) {
        this.ethernet = ethernet;
        this.fields = ethernet.fields(KNOWN);
    }

    static EthernetSettings check(Located ethernet) {
        return new EthernetCheck(ethernet).check();
    }

    private EthernetSettings check() {
        boolean dhcp4 = flag("dhcp4");
        boolean dhcp6 = flag("dhcp6");
        boolean acceptRa = flag("accept-ra");
        flag("optional");
        flag("wakeonlan");
        given("dhcp4-overrides").ifPresent(overrides -> overrides.fields(OVERRIDES));
        given("dhcp6-overrides").ifPresent(overrides -> overrides.fields(OVERRIDES));
        given("renderer").ifPresent(EthernetCheck::renderer);
        given("macaddress").ifPresent(EthernetCheck::mac);
        given("nameservers").ifPresent(EthernetCheck::nameservers);
        List<Address> addresses = new ArrayList<>();
        given("addresses").ifPresent(list -> list.elements().forEach(e -> address(e, addresses)));
        boolean isIpv6 =
                dhcp6
                        || acceptRa
                        || addresses.stream().anyMatch(address -> !address.prefix().isIpv4());
        given("mtu").ifPresent(mtu -> mtu.number(isIpv6 ? LEAST_IPV6_MTU : LEAST_MTU, 65_535));
        List<Hop> hops = RouteCheck.hops(fields);
        RouteCheck.checkOnLink(hops, addresses, dhcp4, dhcp6 || acceptRa);
        return named(addresses, hops);
    }

    private EthernetSettings named(List<Address> addresses, List<Hop> hops) {
        Optional<Located> match = given("match");
        Map<String, Located> matched =
                match.map(at -> at.fields(Set.of("macaddress", "name", "driver"))).orElse(Map.of());
        Optional<Located> macAt = Optional.ofNullable(matched.get("macaddress"));
        Optional.ofNullable(matched.get("name")).ifPresent(Located::text);
        Optional<Located> setName = given("set-name");
        setName.filter(name -> match.isEmpty())
                .ifPresent(
                        at ->
                                at.wrong(
                                        "must be given together with match, which selects the device"));
        long mac = macAt.map(EthernetCheck::mac).orElse(0L);
        return new EthernetSettings(
                ethernet,
                match.map(at -> new EthernetSettings.Match(mac, macAt)),
                setName,
                addresses,
                hops);
    }

    /** 0 where it is not one. */
    private static long mac(Located at) {
        Optional<String> text = at.text();
        if (text.isEmpty()) {
            return 0;
        }
        try {
            long mac = AddressText.mac(text.get());
            if (mac != 0 && (mac & GROUP_BIT) == 0) {
                return mac;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        at.wrong("must be a unicast MAC address such as 02:00:00:00:00:01");
        return 0;
    }

    private static void address(Located at, List<Address> addresses) {
        Located key = at;
        Optional<String> text;
        if (at.isMapping()) { // an address with options: {10.0.0.1/24: {lifetime: 0}}
            List<Located> only = List.copyOf(at.fields().values());
            if (only.size() != 1) {
                at.wrong("must be one address");
                return;
            }
            only.getFirst().fields(Set.of("lifetime", "label"));
            text = Optional.of(only.getFirst().name());
            key = only.getFirst();
        } else {
            text = at.text();
        }
        if (text.isEmpty()) {
            return;
        }
        Optional<Prefix> prefix = Prefix.cidr(text.get());
        if (prefix.isEmpty()) {
            key.wrong("must be an address with its prefix length, such as 10.10.10.14/24");
            return;
        }
        addresses.add(new Address(at, prefix.get()));
    }

    private static void nameservers(Located at) {
        Map<String, Located> fields = at.fields(Set.of("search", "addresses"));
        Optional.ofNullable(fields.get("search"))
                .ifPresent(list -> list.elements().forEach(Located::text));
        for (Located server :
                Optional.ofNullable(fields.get("addresses"))
                        .map(Located::elements)
                        .orElse(List.of())) {
            Optional<String> text = server.text();
            if (text.isPresent() && Prefix.address(text.get()).isEmpty()) {
                server.wrong("must be an IPv4 or IPv6 address");
            }
        }
    }

    static void renderer(Located at) {
        Optional<String> text = at.text();
        if (text.isPresent()
                && !Set.of("networkd", "NetworkManager", "sriov").contains(text.get())) {
            at.wrong("must be networkd or NetworkManager");
        }
    }

    private boolean flag(String name) {
        return given(name).map(Located::flag).orElse(false);
    }

    private Optional<Located> given(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    private static Set<String> union() {
        Set<String> all = new HashSet<>(CHECKED);
        all.addAll(PASSED);
        return Set.copyOf(all);
    }
}
