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
                    programs);
    private final byte[] out = Packets.udp(Bench.GUEST, 40000, WEB, 443);
    private final byte[] in = inward(Packets.udp(WEB, 443, Bench.POD, 40000));

    private static byte[] inward(byte[] frame) {
        return new CarriedFlows().inward(frame);
    }

    @BeforeEach
    void useTheKernelsClock() {
        bench.useTheKernelsClock();
    }

    @AfterEach
    void close() {
        programs.close();
    }

    private boolean isCarried(boolean fromGuest, byte[] frame) {
        return programs.carry(fromGuest, frame, 0) != null;
    }

    private void establish() {
        establish(1);
    }

    private void establish(int carried) {
        bench.fromGuest(out);
        bench.fromOutside(in);
        assertThat(isCarried(true, out)).isTrue();
        assertThat(bench.nat.carriedCount()).isEqualTo(carried);
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
        bench.nat.change(
                bench.nat.policy().with(new NatPolicy.Limits(1024, 1000, 256))); // none is opened
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
                                        0,
                                        behaviour.midstream())));
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
        programs.flows().nic().absence(5 * SECOND);
        programs.flows().nic().beat(System.nanoTime() - 6 * SECOND);
        assertThat(isCarried(true, out)).isFalse();
        assertThat(isCarried(false, in)).isFalse();
        bench.worker.beat();
        assertThat(isCarried(true, out)).isTrue();
    }

    private byte[] sent(String flags) {
        return Packets.tcp(Bench.GUEST, 40000, WEB, 443, flags);
    }

    private byte[] got(String flags) {
        return inward(Packets.tcp(WEB, 443, Bench.POD, 40000, flags));
    }

    private String state() {
        return bench.nat.list(1, bench.on.nowNs()).getFirst().state();
    }

    /** All but the SYN. */
    private void connect() {
        bench.fromGuest(sent("S"));
        assertThat(isCarried(false, got("SA"))).isTrue();
        assertThat(isCarried(true, sent("A"))).isTrue();
    }

    private void disconnect() {
        assertThat(isCarried(true, sent("FA"))).isTrue();
        assertThat(isCarried(false, got("FA"))).isTrue();
        assertThat(isCarried(true, sent("A"))).isTrue();
    }

    @Test
    void endedConnectionIsSeenWithinASecondAndLeavesTheTable() {
        connect();
        disconnect();
        assertThat(bench.nat.carriedCount()).isEqualTo(1);
        bench.pass(1);
        assertThat(bench.nat.carriedCount()).isZero();
        assertThat(isCarried(true, sent("A"))).isFalse();
        assertThat(state()).isEqualTo("CLOSED");
        assertThat(use().framesOut()).isEqualTo(4);
        assertThat(use().framesIn()).isEqualTo(2);
    }

    @Test
    void sameConnectionRightAfterItsEndIsANewOne() {
        connect();
        disconnect();
        connect();
        assertThat(state()).isEqualTo("ESTABLISHED");
        assertThat(bench.nat.sessionCount()).isEqualTo(1);
    }

    @Test
    void halfClosedConnectionGoesOnForLong() {
        connect();
        assertThat(isCarried(true, sent("FA"))).isTrue();
        for (int i = 0; i < 40; i++) {
            bench.pass(1);
        }
        assertThat(state()).isEqualTo("CLOSING");
        assertThat(isCarried(false, got("A"))).isTrue();
    }

    @Test
    void repeatedSynIsWalkedAndItsAnswerIsCarried() {
        bench.fromGuest(sent("S"));
        assertThat(isCarried(true, sent("S"))).isFalse();
        bench.fromGuest(sent("S"));
        assertThat(isCarried(false, got("SA"))).isTrue();
        assertThat(isCarried(false, got("SA"))).isTrue();
    }

    /** The pod may have had that connection before: its sockets are asked. */
    @Test
    void beforeTheAnswerNothingElseIsCarriedToTheGuest() {
        bench.fromGuest(sent("S"));
        assertThat(isCarried(false, got("A"))).isFalse();
        assertThat(isCarried(false, got("R"))).isFalse();
        bench.fromOutside(got("SA")); // it was on its way before the flows were there
        bench.fromGuest(sent("A"));
        assertThat(isCarried(false, got("A"))).isTrue();
    }

    @Test
    void carriedResetEndsTheConnectionUnlessItGoesOn() {
        connect();
        assertThat(isCarried(false, got("R"))).isTrue();
        assertThat(state()).isEqualTo("RESET");
        assertThat(isCarried(true, sent("A"))).isFalse();
        bench.fromGuest(sent("A"));
        assertThat(state()).isEqualTo("ESTABLISHED");
        assertThat(isCarried(false, got("R"))).isTrue();
        assertThat(isCarried(true, sent("A"))).isTrue(); // the reset was forged
        assertThat(state()).isEqualTo("ESTABLISHED");
    }

    @Test
    void lostNoteIsFoundByTheSweep() {
        connect();
        disconnect();
        programs.loseNotes();
        for (int i = 0; i < 17; i++) {
            bench.pass(1);
        }
        assertThat(bench.nat.carriedCount()).isZero();
    }

    @Test
    void floodOfSynsLeavesHalfOfTheTableToOthers() {
        for (int port = 1; port <= 200; port++) {
            bench.fromGuest(Packets.tcp(Bench.GUEST, port, WEB, 443, "S"));
        }
        assertThat(bench.nat.carriedCount()).isEqualTo(programs.flows().capacity() / 4);
        establish(17);
    }

    @Test
    void openedConnectionIsNotGivenUpForANewOne() {
        bench.nat.change(bench.nat.policy().with(new NatPolicy.Limits(2, 0, 256)));
        connect();
        bench.fromGuest(Packets.tcp(Bench.GUEST, 1, WEB, 443, "S"));
        bench.fromGuest(Packets.tcp(Bench.GUEST, 2, WEB, 443, "S"));
        assertThat(isCarried(true, sent("A"))).isTrue();
        assertThat(bench.nat.sessionCount()).isEqualTo(2);
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
