package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.wire.AddressText;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResolvConfTest {
    @Test
    void takesServersOfBothFamiliesInOrderAndSearchDomains() {
        ResolvConf conf =
                ResolvConf.parse(
                        List.of(
                                "# pod",
                                "nameserver 10.96.0.10",
                                "nameserver fd00::10",
                                " nameserver\t01.1.1.1",
                                "nameserver",
                                "nameserver x",
                                "nameserver fe80::1%eth0",
                                "search a.svc foo,com b",
                                "options ndots:5"));
        assertThat(conf.nameServers())
                .containsExactly(AddressText.ipv4("10.96.0.10"), AddressText.ipv4("1.1.1.1"));
        assertThat(conf.ipv6NameServers()).containsExactly(AddressText.ipv6("fd00::10"));
        assertThat(conf.searchDomains()).containsExactly("a.svc", "foo,com", "b");
        assertThat(conf.describeUntold(true))
                .isEqualTo("nameserver x, nameserver fe80::1%eth0, search foo,com");
    }

    @Test
    void namesForWhichIpv6HasNoRoomAreTold() {
        String name = "n".repeat(40) + ".cluster.local";
        ResolvConf conf =
                ResolvConf.parse(List.of("search " + (name + " ").repeat(19) + "last.test"));
        assertThat(conf.describeUntold(true))
                .isEqualTo("search " + name + " (over IPv6), search last.test (over IPv6)");
        assertThat(conf.describeUntold(false)).isEmpty();
    }
}
