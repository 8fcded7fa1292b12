package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrameTap;
import io.virtdataplane.dataplane.LiveTrace;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.CarriedPrograms;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a session is carried, and that a change holds for the very next frame. As root. */
class CarriedSessionsTest {
    private static final String WEB = Family.IPV4.web;
    private static final long UDP_SECONDS = 300;
    private static final long SECOND = 1_000_000_000L;

    private final CarriedPrograms programs =
            new CarriedPrograms(Bench.addresses(), 1500, 1500, 0x0200_0000_0000L, 64);
    private final Bench bench =
            new Bench(
                    NatPolicy.DEFAULT.with(new NatPolicy.Limits(1024, 0, 256)),
                    1500,
                    1500,
                    programs.flows());
    private final byte[] out = Packets.udp(Bench.GUEST, 40000, WEB, 443);
    private final byte[] in = inward(Packets.udp(WEB, 443, Bench.POD, 40000));

    private static byte[] inward(byte[] frame) {
        return new CarriedFlows().inward(frame);
    }

    @BeforeEach
    void useTheKernelsClock() {
        bench.on.later(System.nanoTime() - bench.on.nowNs());
        bench.worker.beat();
    }

    @AfterEach
    void close() {
        programs.close();
    }

    private boolean isCarried(boolean fromGuest, byte[] frame) {
        return programs.carry(fromGuest, frame, 0) != null;
    }

    private void establish() {
        bench.fromGuest(out);
        bench.fromOutside(in);
        assertThat(isCarried(true, out)).isTrue();
        assertThat(bench.nat.carriedCount()).isPositive();
    }

    private SessionView.Use use() {
        return bench.nat.list(1, bench.on.nowNs()).getFirst().use();
    }

    @Test
    void whatWasCarriedIsInTheSessionsAndTheNicsCounts() {
        establish();
        assertThat(isCarried(false, in)).isTrue();
        assertThat(isCarried(false, in)).isTrue();
        assertThat(use().framesOut()).isEqualTo(2);
        assertThat(use().framesIn()).isEqualTo(3);
        assertThat(bench.nic.counters().guestFrames).isEqualTo(2);
        assertThat(bench.nic.counters().uplinkBytes).isEqualTo(3L * in.length);
        assertThat(bench.count(Verdict.FORWARDED)).isEqualTo(5);
    }

    @Test
    void streamInOneDirectionIsCarriedAndAQueryIsNot() {
        for (int i = 1; i <= 3; i++) {
            bench.fromGuest(out);
            assertThat(isCarried(true, out)).as("after frame %d", i).isFalse();
        }
        bench.fromGuest(out);
        assertThat(isCarried(true, out)).isTrue();
        assertThat(isCarried(false, in)).as("its first answer").isTrue();
        assertThat(use().framesOut()).isEqualTo(5);
        assertThat(use().framesIn()).isEqualTo(1);
    }

    /** RFC 4787 REQ-6: what comes from outside alone does not keep a mapping where it may not. */
    @Test
    void streamFromOutsideAloneEndsWhereOnlyTheGuestKeepsItAlive() {
        NatPolicy.Behaviour behaviour = bench.nat.policy().behaviour();
        bench.nat.change(
                bench.nat
                        .policy()
                        .with(
                                new NatPolicy.Behaviour(
                                        behaviour.mapping(),
                                        behaviour.filtering(),
                                        NatPolicy.Refresh.OUTBOUND,
                                        behaviour.otherProtocols(),
                                        behaviour.linkLocal(),
                                        0)));
        for (int i = 0; i < 4; i++) {
            bench.fromOutside(in);
        }
        assertThat(isCarried(false, in)).isTrue();
        bench.on.later(UDP_SECONDS * SECOND);
        bench.worker.breath(0);
        assertThat(isCarried(false, in)).isFalse();
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @Test
    void changedPolicyHoldsForTheNextFrame() {
        establish();
        bench.nat.change(bench.nat.policy());
        assertThat(isCarried(true, out)).isFalse();
        assertThat(isCarried(false, in)).isFalse();
        assertThat(use().framesOut()).isEqualTo(2);
        bench.fromGuest(out);
        assertThat(isCarried(true, out)).isTrue();
    }

    @Test
    void nothingOfADetachedNicIsCarried() {
        establish();
        bench.worker.detach(bench.nic);
        assertThat(isCarried(true, out)).isFalse();
        assertThat(isCarried(false, in)).isFalse();
    }

    @Test
    void whoCapturesSeesAllFrames() {
        establish();
        bench.worker.capture(bench.nic, new FrameTap(Arena.ofAuto().allocate(1 << 18, 8), 64));
        assertThat(isCarried(true, out)).isFalse();
        bench.worker.capture(bench.nic, null);
        assertThat(isCarried(true, out)).isTrue();
    }

    @Test
    void whoTracesSeesAllFrames() {
        establish();
        bench.worker.trace(bench.nic, new LiveTrace((side, bytes, verdict) -> true, 1));
        assertThat(isCarried(false, in)).isFalse();
        bench.worker.trace(bench.nic, null);
        assertThat(isCarried(false, in)).isTrue();
    }

    @Test
    void explainedFrameSaysThatItWouldBeCarried() {
        establish();
        Trace trace = bench.worker.explain(bench.nic, true, out);
        assertThat(trace.describe()).anyMatch(step -> step.contains("fast path"));
        assertThat(isCarried(true, out)).isTrue();
    }

    @Test
    void otherMacAddressOfTheGuestIsWalked() {
        establish();
        byte[] moved = out.clone();
        moved[11] = 2;
        assertThat(isCarried(true, moved)).isFalse();
        bench.fromGuest(moved);
        assertThat(isCarried(true, moved)).isTrue();
        assertThat(isCarried(true, out)).isFalse();
    }

    @Test
    void carriedSessionStaysAsLongAsItCarries() {
        establish();
        bench.pass(UDP_SECONDS - 1);
        assertThat(use().idleSeconds()).isGreaterThan(UDP_SECONDS - 10);
        // As if a frame had been carried just before.
        programs.carriedAt(bench.on.nowNs());
        bench.pass(2);
        assertThat(bench.nat.sessionCount()).isEqualTo(1);
        assertThat(use().idleSeconds()).isLessThan(3);
    }

    @Test
    void sessionThatIsOverIsCarriedNoLonger() {
        establish();
        bench.pass(UDP_SECONDS + 1);
        assertThat(bench.nat.sessionCount()).isZero();
        assertThat(isCarried(true, out)).isFalse();
        assertThat(isCarried(false, in)).isFalse();
    }

    @Test
    void silentWorkerHasNothingCarriedAfterTheTimeItMayBeAway() {
        establish();
        programs.flows().absence(5 * SECOND);
        programs.flows().beat(System.nanoTime() - 6 * SECOND);
        assertThat(isCarried(true, out)).isFalse();
        assertThat(isCarried(false, in)).isFalse();
        bench.worker.beat();
        assertThat(isCarried(true, out)).isTrue();
    }

    @Test
    void resetEndsTheCarryingAtOnce() {
        bench.fromGuest(Packets.tcp(Bench.GUEST, 40000, WEB, 443, "S"));
        bench.fromOutside(inward(Packets.tcp(WEB, 443, Bench.POD, 40000, "SA")));
        byte[] ack = Packets.tcp(Bench.GUEST, 40000, WEB, 443, "A");
        bench.fromGuest(ack);
        assertThat(isCarried(true, ack)).isTrue();
        bench.fromOutside(inward(Packets.tcp(WEB, 443, Bench.POD, 40000, "R")));
        assertThat(isCarried(true, ack)).isFalse();
    }

    @Test
    void largerTableOfSessionsGoesOn() {
        establish();
        bench.nat.grow(Arena.ofAuto().allocate(Nat.tableBytes(4096), 64), 4096);
        assertThat(isCarried(true, out)).isFalse();
        assertThat(use().framesOut()).isEqualTo(2);
        bench.fromGuest(out);
        assertThat(isCarried(true, out)).isTrue();
        assertThat(use().framesOut()).isEqualTo(4);
    }

    @Test
    void fullTableCarriesWhatItHasAndWalksTheRest() {
        for (int port = 1; port <= 200; port++) {
            bench.fromGuest(Packets.udp(Bench.GUEST, port, WEB, 443));
            bench.fromOutside(inward(Packets.udp(WEB, 443, Bench.POD, port)));
        }
        int carried = bench.nat.carriedCount();
        assertThat(carried).isBetween(20, 32);
        assertThat(bench.nat.sessionCount()).isEqualTo(200);
        long there = 0;
        for (int port = 1; port <= 200; port++) {
            there += isCarried(true, Packets.udp(Bench.GUEST, port, WEB, 443)) ? 1 : 0;
        }
        assertThat(there).isEqualTo(carried);
    }

    @Test
    void floodOfFirstSegmentsLeavesRoomForThoseThatAreAnswered() {
        for (int port = 1; port <= 900; port++) {
            bench.fromGuest(Packets.tcp(Bench.GUEST, port, WEB, 443, "S"));
        }
        assertThat(bench.nat.carriedCount()).as("a quarter of 64 places").isEqualTo(8);
        establish();
    }

    @Test
    void connectionsThatHaveEndedMakeRoomWithinASecond() {
        for (int round = 0; round < 3; round++) {
            for (int port = 1; port <= 8; port++) {
                byte[] syn = Packets.tcp(Bench.GUEST, port, WEB, 443, "S");
                bench.fromGuest(syn);
                byte[] answer = inward(Packets.tcp(WEB, 443, Bench.POD, port, "SA"));
                byte[] reset = inward(Packets.tcp(WEB, 443, Bench.POD, port, "R"));
                assertThat(isCarried(false, answer)).as("round %d port %d", round, port).isTrue();
                assertThat(isCarried(false, reset)).isTrue();
            }
            bench.pass(1);
            bench.worker.beat();
            assertThat(bench.nat.carriedCount()).as("after a second").isZero();
        }
    }

    @Test
    void neitherDhcpNorItsOwnPodIsCarried() {
        List<byte[]> never =
                List.of(
                        Packets.udp(Bench.GUEST, 68, WEB, 67),
                        Packets.udp(Bench.GUEST, 40000, Bench.POD, 53));
        Bench open = bench;
        open.nat.change(
                open.nat
                        .policy()
                        .with(
                                new NatPolicy.Ports(
                                        OpenPorts.listed().add(Protocols.UDP, 53),
                                        UnlistedPolicy.POD,
                                        true)));
        for (byte[] frame : never) {
            open.fromGuest(frame);
            open.fromGuest(frame);
        }
        open.fromOutside(inward(Packets.udp(WEB, 67, Bench.POD, 68)));
        assertThat(open.nat.carriedCount()).isZero();
    }
}
