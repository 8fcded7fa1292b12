package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** IPv6 in a guest that nobody has configured: router advertisements and DHCPv6, real clients. */
@RootTest
@Timeout(300)
class Ipv6ConfigurationE2eTest {
    private static final String RUN_DHCLIENT =
            """
            #!/bin/sh
            case $reason in
              BOUND6 | RENEW6 | REBIND6)
                ip -6 addr replace "$new_ip6_address/128" dev "$interface"
                { echo "search $new_dhcp6_domain_search"
                  for s in $new_dhcp6_name_servers; do echo "nameserver $s"; done; } > %s ;;
            esac
            exit 0
            """;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void stockGuestReachesAnIpv6HostByName() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER);
        lab.nameServer();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        String route =
                Wait.until(
                        "a route by the kernel's own router discovery",
                        20,
                        () -> lab.mustIn(lab.guest, "ip -6 route show default"),
                        said -> !said.isBlank());
        assertThat(route).contains("default via fe80::ff:fe00:0").contains("proto ra");
        String dhclient = "dhclient -6 -v -sf %s -pf %s -lf %s ";
        Path resolv = Path.of("/etc/netns", lab.guest, "resolv.conf");
        Path script = lab.shell.directory().resolve("dhclient-script");
        Files.writeString(script, RUN_DHCLIENT.formatted(resolv));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Path pid = lab.shell.directory().resolve("dhclient.pid");
        Path leases = lab.shell.directory().resolve("dhclient.leases");
        String client = dhclient.formatted(script, pid, leases);
        assertThat(lab.mustIn(lab.guest, "timeout 30 " + client + "-1 eth0 2>&1"))
                .contains("Bound to lease");
        assertThat(Files.readString(leases))
                .contains("iaaddr fd10:0:2::2")
                .contains("dhcp6.name-servers 2001:db8::7")
                .contains("default.svc.cluster.local.");
        Wait.until(
                "the end of Duplicate Address Detection",
                20,
                () -> lab.mustIn(lab.guest, "ip -6 addr show dev eth0 tentative"),
                String::isBlank);
        assertThat(lab.mustIn(lab.guest, "curl -6 -sS -m 5 http://web.v6.test:8080/"))
                .as("by the name servers that DHCPv6 told")
                .isEqualTo("outside");
        assertThat(lab.mustClient("get", "leases")).contains("fd10:0:2::2");
        assertThat(lab.mustClient("events")).contains("family=IPv6");
        lab.mustIn(lab.guest, "timeout 30 " + client + "-r eth0 2>&1; true");
        assertThat(lab.mustClient("get", "leases")).as("released").doesNotContain("fd10:0:2::2");
    }

    @Test
    void dhcpcdTakesRouteAddressAndNames() {
        lab.daemon().attachTap(Lab.CHAPTER);
        String dhcpcd =
                "timeout 40 dhcpcd -6 -1 -B -t 20 -c /bin/true -d eth0 2>&1; rm -f /var/lib/dhcpcd/eth0.lease6";
        assertThat(lab.mustIn(lab.guest, dhcpcd))
                .contains("Router Advertisement from fe80::ff:fe00:0")
                .contains("REPLY6 received from fe80::ff:fe00:0")
                .contains("fd10:0:2::2");
    }

    @Test
    void advertisementsCanBeOffAndTheGatewayIsAnnounced() {
        lab.daemon().attachTap(Lab.CHAPTER, "--router-advertisements", "off");
        Watch watch = new Watch(lab, lab.guest, "-vi eth0 'arp or icmp6'");
        lab.mustIn(
                lab.guest,
                "for is in 1 0; do sysctl -qw net.ipv6.conf.eth0.disable_ipv6=$is; done");
        watch.until("router solicitation"); // as the kernel sends it when IPv6 comes up
        // An attachment announces by itself, but by now two times or three.
        String arp = "who-has 10.0.2.1 tell 10.0.2.1";
        String advertisement = "neighbor advertisement, length 32, tgt is fd10:0:2::1";
        int arps = watch.count(arp);
        int advertisements = watch.count(advertisement);
        lab.mustClient("announce", "vm");
        watch.until(arp, arps + 3).until(advertisement, advertisements + 3);
        // An answer to the solicitation would have come before.
        assertThat(watch.end()).doesNotContain("router advertisement");
        assertThat(lab.mustIn(lab.guest, "ip -6 route show default")).isBlank();
        assertThat(
                        lab.client(
                                        "attach",
                                        "-f",
                                        lab.manifest(Lab.CHAPTER).toString(),
                                        "--netns",
                                        lab.pod,
                                        "--router-advertisements",
                                        "sometimes")
                                .out())
                .contains("router_advertisements must be on or off");
    }
}
