package io.virtdataplane.e2e;

/** The guest's packets carried by the kernel, with KubeVirt's rules: what we stand beside. */
final class KernelMasquerade {
    private static final String RULES =
            """
            table %1$s nat {
              chain prerouting { type nat hook prerouting priority -100; iifname "eth0" jump preinbound; }
              chain output { type nat hook output priority -100; %1$s daddr %3$s dnat to %2$s; }
              chain postrouting { type nat hook postrouting priority 100; %1$s saddr %2$s masquerade; oifname "k6t-eth0" jump postinbound; }
              chain preinbound { dnat to %2$s; }
              chain postinbound { %1$s saddr %3$s snat to %4$s; }
            }
            """;

    private KernelMasquerade() {}

    /** Instead of a daemon: a bridge in the pod, whose other end is the guest's eth0. */
    static void attach(Lab lab) {
        lab.shell.sh(
                """
                ip link add eth0 netns %2$s type veth peer name tap0 netns %1$s
                ip -n %1$s link add k6t-eth0 type bridge
                ip -n %1$s link set tap0 master k6t-eth0
                ip -n %1$s addr add 10.0.2.1/24 dev k6t-eth0
                ip -n %1$s addr add fd10:0:2::1/120 dev k6t-eth0 nodad
                ip -n %1$s link set k6t-eth0 up
                ip -n %1$s link set tap0 up
                ip -n %2$s link set eth0 up
                ip netns exec %1$s sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.k6t-eth0.route_localnet=1 net.ipv6.conf.all.forwarding=1
                """
                        .formatted(lab.pod, lab.guest));
        load(lab, RULES.formatted("ip", "10.0.2.2", "127.0.0.1", "10.0.2.1"));
        load(lab, RULES.formatted("ip6", "fd10:0:2::2", "::1", "fd10:0:2::1"));
        lab.configureGuest();
    }

    private static void load(Lab lab, String rules) {
        lab.mustIn(lab.pod, "nft -f - <<'END'\n" + rules + "END");
    }
}
