package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Tcp;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A guest moves to another node, and its sessions with it or not. */
class MovedSessionsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long AHEAD = 12_345 * SECOND; // the other node was started earlier
    private static final OpenPorts NONE_OPEN = OpenPorts.listed();
    private final Bench source = new Bench(NONE_OPEN);
    private final Bench target = new Bench(NONE_OPEN);

    private void connect(Bench on, Family family, int port) {
        on.fromGuest(tcp(family.guest, port, family.web, 443, "S"));
        on.fromOutside(tcp(family.web, 443, family.pod, port, "SA"));
        on.fromGuest(tcp(family.guest, port, family.web, 443, "A"));
    }

    private MovedSessions moved() {
        long nowNs = source.on.nowNs();
        return new MovedSessions(source.nat.keep(nowNs), nowNs, nowNs + AHEAD);
    }

    private int take(MovedSessions moved) {
        return moved.parts().stream()
                .mapToInt(part -> target.nat.take(part, target.on.nowNs()))
                .sum();
    }

    private void state(Bench of, VifState state) {
        of.nic.state(state);
        of.nat.state(state);
    }

    @ParameterizedTest
    @EnumSource
    void connectionGoesOnAndItsPortIsSteeredBeforeAnyFrame(Family family) {
        connect(source, family, 40000);
        source.fromGuest(udp(family.guest, 5000, family.web, 53));
        target.on.later(AHEAD);
        MovedSessions moved = moved();
        assertThat(moved.count()).isEqualTo(2);
        assertThat(take(moved)).isEqualTo(2);
        String v6 = family.isIpv6() ? " v6" : "";
        assertThat(target.pod.bySession).contains("6/40000" + v6, "17/5000" + v6);
        byte[] in = target.fromOutside(tcp(family.web, 443, family.pod, 40000, "A")).getFirst();
        assertThat(flow(in)).isEqualTo(family.inward(family.web, 443, 40000));
        assertThat(target.nat.list(10, target.on.nowNs()))
                .extracting(SessionView::state)
                .contains("ESTABLISHED");
    }

    @Test
    void idleTimeIsThatOfTheSourceWhateverItsClock() {
        connect(source, Family.IPV4, 40000);
        source.on.later(100 * SECOND);
        target.on.later(AHEAD + 100 * SECOND);
        take(moved());
        assertThat(target.nat.list(10, target.on.nowNs()).getFirst().use().idleSeconds())
                .isEqualTo(100);
    }

    @Test
    void whatIsTakenHereIsLeftOut() {
        connect(source, Family.IPV4, 40000);
        connect(source, Family.IPV4, 40001);
        connect(target, Family.IPV4, 40000);
        target.on.later(AHEAD);
        assertThat(take(moved())).isOne();
        assertThat(target.nat.sessionCount()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void guestIsToldThatNobodyHasItsDatagrams(Family family) {
        source.fromGuest(udp(family.guest, 5000, family.web, 53));
        MovedSessions moved = moved();
        assertThat(moved.connections()).hasSize(1);
        byte[] told = moved.connections().getFirst().ending(Bench.addresses(), 1, 2);
        MemorySegment b = MemorySegment.ofArray(told);
        int icmp = Ethernet.HEADER + family.ipHeader;
        int quoted = icmp + Icmp.HEADER;
        if (family.isIpv6()) {
            assertThat(Icmpv6.type(b, icmp)).isEqualTo(Icmpv6.DESTINATION_UNREACHABLE);
            assertThat(Icmpv6.code(b, icmp)).isEqualTo(Icmpv6.CODE_PORT_UNREACHABLE);
            int length = told.length - icmp;
            assertThat(Icmpv6.isIntact(b, Ethernet.HEADER, icmp, length)).isTrue();
            assertThat(Ipv6.dstLow(b, Ethernet.HEADER)).isEqualTo(Ipv6.srcLow(b, quoted));
        } else {
            assertThat(Icmp.type(b, icmp)).isEqualTo(Icmp.DESTINATION_UNREACHABLE);
            assertThat(Checksum.fold(Checksum.sum(b, icmp, told.length - icmp))).isEqualTo(0xffff);
            assertThat(Ipv4.isIntact(b, Ethernet.HEADER)).isTrue();
            assertThat(Ipv4.isIntact(b, quoted)).isTrue();
            assertThat(Ipv4.dst(b, Ethernet.HEADER)).isEqualTo(Ipv4.src(b, quoted));
        }
        byte[] datagram = Arrays.copyOfRange(told, quoted - Ethernet.HEADER, told.length);
        System.arraycopy(told, 0, datagram, 0, Ethernet.HEADER);
        assertThat(flow(datagram))
                .isEqualTo(family.at(family.guest, 5000) + " > " + family.at(family.web, 53));
    }

    @Test
    void manySessionsComeInParts() {
        Bench many = new Bench(NONE_OPEN, UnlistedPolicy.POD, 4096);
        for (int i = 0; i < 4096; i++) {
            many.fromGuest(udp(Bench.GUEST, 10_000 + i, Family.IPV4.web, 53));
        }
        long nowNs = many.on.nowNs();
        MovedSessions moved = new MovedSessions(many.nat.keep(nowNs), nowNs, nowNs);
        assertThat(moved.count()).isEqualTo(4096);
        assertThat(moved.parts()).hasSizeBetween(2, 5);
        int whole = moved.parts().stream().mapToInt(part -> part.length - Long.BYTES).sum();
        assertThat(whole).isEqualTo(4096 * EarlierSessions.BYTES);
    }

    @Test
    void sessionsByServicesMoveWithTheAddressThatTheGuestKnows() {
        FrontEnd.Endpoint end = ServicesTest.at("10.244.9.1", 443);
        source.services(ServiceTable.of(List.of(ServicesTest.front("10.96.0.10", 6, 443, 0, end))));
        source.fromGuest(tcp(Bench.GUEST, 40000, "10.96.0.10", 443, "S"));
        source.fromOutside(tcp("10.244.9.1", 443, Bench.POD, 40000, "SA"));
        target.on.later(AHEAD);
        MovedSessions moved = moved();
        assertThat(take(moved)).isOne();
        assertThat(
                        flow(
                                target.fromOutside(tcp("10.244.9.1", 443, Bench.POD, 40000, "A"))
                                        .getFirst()))
                .isEqualTo(Family.IPV4.inward("10.96.0.10", 443, 40000));
        assertThat(moved.connections()).hasSize(1);
        assertThat(ConnectionProbe.frame(moved.connections().getFirst(), Bench.addresses(), 1, 2))
                .satisfies(
                        probe ->
                                assertThat(flow(probe))
                                        .isEqualTo(Family.IPV4.inward("10.96.0.10", 443, 40000)));
    }

    @Test
    void anythingElseIsRefusedWhole() {
        connect(source, Family.IPV4, 40000);
        connect(source, Family.IPV6, 40000);
        long nowNs = source.on.nowNs();
        byte[] bytes = source.nat.keep(nowNs);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            boolean isWhole = length % EarlierSessions.BYTES == Long.BYTES;
            if (!isWhole) {
                assertThatThrownBy(() -> new MovedSessions(cut, nowNs, nowNs))
                        .as("length " + length)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
        assertThatThrownBy(() -> new MovedSessions(bytes, nowNs - SECOND, nowNs))
                .hasMessageContaining("seen after the file was written");
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = bytes.clone();
            damaged[Long.BYTES + random.nextInt(bytes.length - Long.BYTES)] =
                    (byte) random.nextInt();
            try {
                MovedSessions moved = new MovedSessions(damaged, nowNs, nowNs);
                moved.parts().forEach(part -> target.nat.take(part, target.on.nowNs()));
            } catch (IllegalArgumentException e) {
                // named, and nothing has changed
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void drainedNicIsSilentWhateverComes(Family family) {
        connect(source, family, 40000);
        state(source, VifState.DRAINED);
        assertThat(source.fromOutside(tcp(family.web, 443, family.pod, 40000, "A"))).isEmpty();
        assertThat(source.fromGuest(tcp(family.guest, 40000, family.web, 443, "A"))).isEmpty();
        assertThat(source.count(Verdict.DROP_DRAINED)).isEqualTo(2);
        String v6 = family.isIpv6() ? " v6" : "";
        assertThat(source.pod.steered)
                .as("the pod's kernel would reset it")
                .contains("6/41000" + v6);
        assertThat(source.nat.sessionCount()).isOne();
        state(source, VifState.ACTIVE);
        assertThat(source.fromOutside(tcp(family.web, 443, family.pod, 40000, "A"))).hasSize(1);
        assertThat(source.pod.steered).doesNotContain("6/41000" + v6);
    }

    @ParameterizedTest
    @EnumSource
    void incomingNicRefusesNothingUntilTheGuestHasCome(Family family) {
        state(target, VifState.INCOMING);
        assertThat(target.fromOutside(tcp(family.web, 443, family.pod, 40000, "A"))).isEmpty();
        assertThat(target.uplink.departed()).as("no reset, and nothing for the pod").isEmpty();
        assertThat(target.nic.state()).isEqualTo(VifState.INCOMING);
        target.fromGuest(udp(family.guest, 5000, family.web, 53));
        assertThat(target.nic.state()).isEqualTo(VifState.ACTIVE);
    }

    @ParameterizedTest
    @EnumSource
    void lostConnectionIsResetWhereItsSegmentSays(Family family) {
        target.nat.loseConnections(target.on.nowNs());
        target.guest.departed().clear();
        target.fromGuest(tcp(family.guest, 40000, family.web, 443, "A"));
        byte[] answer = target.guest.departed().getFirst();
        assertThat(flow(answer)).isEqualTo(family.inward(family.web, 443, 40000));
        int l4 = Ethernet.HEADER + family.ipHeader;
        assertThat(Tcp.flags(MemorySegment.ofArray(answer), l4)).isEqualTo(Tcp.RST);
        assertThat(target.nat.sessionCount()).isZero();
        assertThat(target.fromGuest(tcp(family.guest, 40001, family.web, 443, "S"))).hasSize(1);
        target.guest.departed().clear();
        target.fromGuest(tcp(family.guest, 40000, family.web, 443, "R"));
        assertThat(target.guest.departed()).as("a reset is never answered").isEmpty();
    }

    @Test
    void midstreamResetsByPolicyAndOpensByDefault() {
        assertThat(target.fromGuest(tcp(Bench.GUEST, 40000, Family.IPV4.web, 443, "A"))).hasSize(1);
        NatPolicy.Behaviour of = NatPolicy.Behaviour.DEFAULT;
        target.nat.change(
                target.nat
                        .policy()
                        .with(
                                new NatPolicy.Behaviour(
                                        of.mapping(),
                                        of.filtering(),
                                        of.refresh(),
                                        of.otherProtocols(),
                                        of.linkLocal(),
                                        0,
                                        NatPolicy.Midstream.RESET)));
        assertThat(target.fromGuest(tcp(Bench.GUEST, 40000, Family.IPV4.web, 443, "A")))
                .as("an established one goes on")
                .hasSize(1);
        assertThat(target.fromGuest(tcp(Bench.GUEST, 40001, Family.IPV4.web, 443, "A"))).isEmpty();
        assertThat(target.count(Verdict.REJECTED)).isOne();
    }
}
