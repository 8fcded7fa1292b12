package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.wire.AddressText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** A FIFO would block the call until somebody writes, and /dev/zero has no end. */
    @Test
    @Timeout(20)
    void onlyARegularFileOfBoundedSizeIsRead(@TempDir Path directory) throws Exception {
        Path fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
        Path huge = Files.write(directory.resolve("huge"), new byte[1 << 20]);
        for (Object file : List.of("/dev/zero", fifo, directory, huge, "/nowhere")) {
            assertThatThrownBy(() -> ResolvConf.read(file.toString(), "pod"))
                    .hasMessageStartingWith(
                            "resolv_conf must be a readable regular file of at most")
                    .hasMessageEndingWith(": resolv_conf=" + file);
        }
        Path odd = Files.write(directory.resolve("odd"), new byte[] {(byte) 0xff, '\n'});
        assertThat(ResolvConf.read(odd.toString(), "pod").nameServers()).isEmpty();
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

    /** KubeVirt's cases. */
    @ParameterizedTest
    @CsvSource({
        "default.svc.cluster.local svc.cluster.local, sub, sub.default.svc.cluster.local",
        "svc.cluster.local default.svc.cluster.local, sub, sub.default.svc.cluster.local",
        "a-very-long-domain.of-another-kind.example.test default.svc.cluster.local, sub, sub.default.svc.cluster.local",
        "sub.default.svc.cluster.local default.svc.cluster.local, sub, sub.default.svc.cluster.local",
        "default.svc.cluster.local, '', default.svc.cluster.local",
        "cluster.local example.test, sub, cluster.local",
    })
    void theMachinesOwnDomainIsTheFirst(String search, String subdomain, String first) {
        ResolvConf conf = ResolvConf.parse(List.of("search " + search)).ofSubdomain(subdomain);
        List<String> given = List.of(search.split(" "));
        assertThat(conf.searchDomains().getFirst()).isEqualTo(first);
        assertThat(conf.searchDomains()).containsAll(given).doesNotHaveDuplicates();
        assertThat(conf.describeUntold(true)).isEmpty();
    }
}
