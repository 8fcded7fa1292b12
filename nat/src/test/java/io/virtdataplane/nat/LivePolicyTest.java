package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.nat.NatPolicy.Limits;
import io.virtdataplane.nat.NatPolicy.Ports;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A policy is changed while sessions live; and what limits a NIC. */
class LivePolicyTest {
    private static final NatPolicy WEB =
            NatPolicy.DEFAULT.with(
                    new Ports(
                            OpenPorts.listed().add(Protocols.TCP, 80), UnlistedPolicy.DROP, true));
    private static final NatPolicy NONE =
            NatPolicy.DEFAULT.with(new Ports(OpenPorts.listed(), UnlistedPolicy.POD, true));

    private final Bench bench = new Bench(WEB);

    @ParameterizedTest
    @EnumSource
    void closingAPortLeavesItsConnectionsAndRefusesNewOnes(Family family) {
        bench.fromOutside(tcp(family.web, 5000, family.pod, 80, "S"));
        bench.nat.change(NONE);
        assertThat(bench.fromOutside(tcp(family.web, 5000, family.pod, 80, "A"))).hasSize(1);
        assertThat(bench.fromGuest(tcp(family.guest, 80, family.web, 5000, "SA"))).hasSize(1);
        assertThat(bench.fromOutside(tcp(family.web, 5001, family.pod, 80, "S"))).isEmpty();
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isOne();
        String port = "6/80" + (family.isIpv6() ? " v6" : "");
        assertThat(bench.pod.bySession).as("its session still has it").contains(port);
        bench.pass(7441);
        assertThat(bench.pod.steered).doesNotContain(port);
    }

    @ParameterizedTest
    @EnumSource
    void openingAPortTakesEffectAtOnce(Family family) {
        assertThat(bench.fromOutside(tcp(family.web, 5000, family.pod, 81, "S"))).isEmpty();
        bench.nat.change(
                NatPolicy.DEFAULT.with(
                        new Ports(
                                OpenPorts.listed().add(Protocols.TCP, 81),
                                UnlistedPolicy.DROP,
                                true)));
        assertThat(bench.fromOutside(tcp(family.web, 5000, family.pod, 81, "S"))).hasSize(1);
        assertThat(bench.fromOutside(tcp(family.web, 5000, family.pod, 80, "S"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void shorterTimersHoldForSessionsThatLive(Family family) {
        bench.fromGuest(udp(family.guest, 40000, family.web, 53));
        bench.pass(130);
        bench.nat.change(
                WEB.with(
                        new Timeouts(
                                7440_000_000_000L,
                                240_000_000_000L,
                                120_000_000_000L,
                                60_000_000_000L)));
        assertThat(bench.fromOutside(udp(family.web, 53, family.pod, 40000)))
                .as("over, though nothing has aged it yet")
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void lowerLimitEndsNoneAndReclaimsWhenItMust(Family family) {
        for (int port = 1; port <= 20; port++) {
            bench.fromGuest(udp(family.guest, port, family.web, 53));
        }
        bench.nat.change(WEB.with(new Limits(16, 0, 256)));
        assertThat(bench.nat.sessionCount()).isEqualTo(20);
        assertThat(bench.fromGuest(udp(family.guest, 21, family.web, 53))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void growingTheTableKeepsEverySession(Family family) {
        Bench small = new Bench(WEB.with(new Limits(64, 0, 256)));
        for (int port = 1; port <= 64; port++) {
            small.fromGuest(udp(family.guest, port, family.web, 53));
        }
        small.nat.grow(Arena.ofAuto().allocate(Nat.tableBytes(4096), 64), 4096);
        small.nat.change(WEB.with(new Limits(4096, 0, 256)));
        for (int port = 65; port <= 4096; port++) {
            small.fromGuest(udp(family.guest, port, family.web, 53));
        }
        assertThat(small.nat.sessionCount()).isEqualTo(4096);
        for (int port = 1; port <= 4096; port++) {
            assertThat(small.fromOutside(udp(family.web, 53, family.pod, port))).hasSize(1);
        }
        small.pass(301);
        small.pass(1);
        assertThat(small.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void newSessionsAreLimitedInRateAndKnownOnesGoOn(Family family) {
        bench.nat.change(WEB.with(new Limits(1024, 10, 256)));
        for (int port = 1; port <= 30; port++) {
            bench.fromGuest(udp(family.guest, port, family.web, 53));
        }
        assertThat(bench.nat.sessionCount()).isEqualTo(10);
        assertThat(bench.count(Verdict.DROP_SESSION_RATE)).isEqualTo(20);
        assertThat(bench.fromGuest(udp(family.guest, 1, family.web, 53))).hasSize(1);
        bench.pass(1);
        assertThat(bench.fromGuest(udp(family.guest, 30, family.web, 53))).hasSize(1);
    }
}
