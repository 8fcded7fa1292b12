package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 5382, NAT behaviour for TCP, with the states of RFC 7857, in both families. */
class Rfc5382Test {
    private final Bench bench = new Bench(OpenPorts.listed().add(Protocols.TCP, 80));

    private void open(Family family, int port) {
        bench.fromGuest(tcp(family.guest, port, family.web, 443, "S"));
        bench.fromOutside(tcp(family.web, 443, family.pod, port, "SA"));
        bench.fromGuest(tcp(family.guest, port, family.web, 443, "A"));
    }

    private List<String> states() {
        return bench.nat.list(2000, bench.on.nowNs()).stream().map(SessionView::state).toList();
    }

    @ParameterizedTest
    @EnumSource
    void req1MappingIsTheSameForAllRemoteEndpoints(Family family) {
        bench.pod.flows.add("6/40000 " + family.web + ":443");
        String first =
                flow(bench.fromGuest(tcp(family.guest, 40000, family.web, 443, "S")).getFirst());
        String second =
                flow(bench.fromGuest(tcp(family.guest, 40000, family.other, 22, "S")).getFirst());
        assertThat(first).doesNotContain(":40000 >");
        assertThat(second.split(" > ")[0]).isEqualTo(first.split(" > ")[0]);
    }

    @ParameterizedTest
    @EnumSource
    void req2SimultaneousOpenWorks(Family family) {
        bench.fromGuest(tcp(family.guest, 40000, family.other, 50000, "S"));
        assertThat(
                        flow(
                                bench.fromOutside(tcp(family.other, 50000, family.pod, 40000, "S"))
                                        .getFirst()))
                .isEqualTo(family.inward(family.other, 50000, 40000));
        assertThat(bench.fromGuest(tcp(family.guest, 40000, family.other, 50000, "SA"))).hasSize(1);
        assertThat(bench.fromOutside(tcp(family.other, 50000, family.pod, 40000, "SA"))).hasSize(1);
        assertThat(states()).containsExactly("ESTABLISHED");
    }

    @ParameterizedTest
    @EnumSource
    void req3FilteringIsByAddressAndPort(Family family) {
        open(family, 40000);
        bench.uplink.departed().clear();
        assertThat(bench.fromOutside(tcp(family.web, 444, family.pod, 40000, "A"))).isEmpty();
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void req4UnsolicitedSynToAPortOfASessionIsMarkedSoThatTheKernelDoesNotRefuseIt(Family family) {
        open(family, 40000);
        String port = "6/40000" + (family.isIpv6() ? " v6" : "");
        assertThat(bench.pod.bySession).contains(port);
        assertThat(bench.pod.steered).contains("6/80" + (family.isIpv6() ? " v6" : ""));
        assertThat(bench.pod.bySession)
                .as("an open port is the guest's in any case")
                .doesNotContain("6/80");
        bench.fromOutside(tcp(family.other, 1, family.pod, 40000, "S"));
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isOne();
        bench.fromGuest(tcp(family.guest, 40000, family.other, 1, "S"));
        assertThat(bench.fromOutside(tcp(family.other, 1, family.pod, 40000, "S")))
                .as("and gets through once the guest has sent its own")
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void req5OpenLivesTwoHoursAndFourMinutesTransitoryFour(Family family) {
        open(family, 1);
        bench.fromGuest(tcp(family.guest, 2, family.web, 443, "S"));
        bench.pass(239);
        assertThat(states()).hasSize(2);
        bench.pass(2);
        assertThat(states()).containsExactly("ESTABLISHED");
        bench.pass(7440 - 242);
        assertThat(states()).containsExactly("ESTABLISHED");
        bench.pass(2);
        assertThat(states()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void rfc7857ClosesAfterFinOfBothSidesAndOneSideMayStillSend(Family family) {
        open(family, 1);
        bench.fromGuest(tcp(family.guest, 1, family.web, 443, "FA"));
        assertThat(states()).containsExactly("CLOSING");
        bench.pass(1000);
        assertThat(bench.fromOutside(tcp(family.web, 443, family.pod, 1, "A")))
                .as("half closed, RFC 7857 2.1: not transitory yet")
                .hasSize(1);
        bench.fromOutside(tcp(family.web, 443, family.pod, 1, "FA"));
        assertThat(states()).containsExactly("CLOSED");
        bench.pass(241);
        assertThat(states()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void rfc7857ResetIsTransitoryAndTrafficAfterItBringsTheConnectionBack(Family family) {
        open(family, 1);
        bench.fromOutside(tcp(family.web, 443, family.pod, 1, "R"));
        assertThat(states()).containsExactly("RESET");
        bench.fromGuest(tcp(family.guest, 1, family.web, 443, "A"));
        assertThat(states()).as("the reset was forged or late").containsExactly("ESTABLISHED");
        bench.fromOutside(tcp(family.web, 443, family.pod, 1, "R"));
        bench.pass(241);
        assertThat(states()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void rfc7857NewSynReopensAClosedConnection(Family family) {
        open(family, 1);
        bench.fromGuest(tcp(family.guest, 1, family.web, 443, "FA"));
        bench.fromOutside(tcp(family.web, 443, family.pod, 1, "FA"));
        open(family, 1);
        assertThat(states()).containsExactly("ESTABLISHED");
    }

    @ParameterizedTest
    @EnumSource
    void req8HairpinOpensAConnection(Family family) {
        bench.guest.departed().clear();
        bench.fromGuest(tcp(family.guest, 40000, family.pod, 80, "S"));
        bench.fromGuest(tcp(family.guest, 80, family.pod, 40000, "SA"));
        bench.fromGuest(tcp(family.guest, 40000, family.pod, 80, "A"));
        assertThat(bench.guest.departed().stream().map(Packets::flow))
                .containsExactly(
                        family.inward(family.pod, 40000, 80),
                        family.inward(family.pod, 80, 40000),
                        family.inward(family.pod, 40000, 80));
        assertThat(states()).containsExactly("ESTABLISHED", "ESTABLISHED");
    }

    @ParameterizedTest
    @EnumSource
    void hairpinToAClosedPortIsRefused(Family family) {
        bench.guest.departed().clear();
        bench.fromGuest(tcp(family.guest, 40000, family.pod, 81, "S"));
        assertThat(flow(bench.guest.departed().getFirst()))
                .isEqualTo(family.inward(family.pod, 81, 40000));
        assertThat(bench.count(Verdict.REJECTED)).isOne();
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void req9And10ErrorIsTranslatedAndDoesNotEndTheConnection(Family family) {
        byte[] left = bench.fromGuest(tcp(family.guest, 1, family.web, 443, "S")).getFirst();
        assertThat(bench.fromOutside(IcmpPackets.unreachable(family, family.router, left)))
                .hasSize(1);
        assertThat(bench.fromOutside(tcp(family.web, 443, family.pod, 1, "SA"))).hasSize(1);
        assertThat(bench.nat.sessionCount()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void synFloodOf200000LeavesAnOpenConnectionAndANewOneWorking(Family family) {
        open(family, 1);
        bench.guest.keep(false);
        for (int i = 0; i < 200_000; i++) {
            String source =
                    family.isIpv6() ? "2001:db8:f::" + (i >> 12) : "198.51.100." + (i >> 12);
            bench.fromOutside(tcp(source, 1024 + (i & 0xfff), family.pod, 80, "S"));
        }
        assertThat(bench.nat.sessionCount()).isLessThanOrEqualTo(1024);
        bench.guest.keep(true);
        assertThat(bench.fromOutside(tcp(family.web, 443, family.pod, 1, "A"))).hasSize(1);
        assertThat(bench.fromGuest(tcp(family.guest, 1, family.web, 443, "A"))).hasSize(1);
        open(family, 2);
        assertThat(states()).contains("ESTABLISHED");
        assertThat(bench.fromOutside(tcp(family.web, 443, family.pod, 2, "A"))).hasSize(1);
    }
}
