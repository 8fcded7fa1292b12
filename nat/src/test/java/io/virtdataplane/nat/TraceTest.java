package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrameTap;
import io.virtdataplane.dataplane.LiveTrace;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A frame is asked to explain its way; frames are copied for a capture. */
class TraceTest {
    private final Bench bench =
            new Bench(OpenPorts.listed().add(Protocols.TCP, 80).add(Protocols.UDP, 53));

    @ParameterizedTest
    @EnumSource
    void dryRunSaysWhatWouldHappenAndChangesNothing(Family family) {
        long verdicts = bench.nic.counters.received();
        bench.uplink.departed().clear();
        Trace trace =
                bench.worker.explain(bench.nic, true, udp(family.guest, 40000, family.web, 53));
        assertThat(trace.verdict()).isEqualTo(Verdict.FORWARDED);
        assertThat(trace.describe())
                .contains(
                        "guard: source MAC and address are the guest's",
                        "would open a session: inside port 40000, outside port 40000",
                        "source becomes the pod's address, port 40000");
        assertThat(flow(trace.after())).isEqualTo(family.outward(40000, family.web, 53));
        assertThat(bench.nat.sessionCount()).isZero();
        assertThat(bench.uplink.departed()).isEmpty();
        assertThat(bench.nic.counters.received()).isEqualTo(verdicts);
        assertThat(bench.nic.counters.toUplinkFrames).isZero();
        assertThat(bench.pod.bySession).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void dryRunFromOutsideTellsWhyAFrameIsNotTheGuests(Family family) {
        Trace open =
                bench.worker.explain(bench.nic, false, tcp(family.web, 5, family.pod, 80, "S"));
        assertThat(open.verdict()).isEqualTo(Verdict.FORWARDED);
        assertThat(open.describe()).contains("port 80 is open inbound");
        Trace closed =
                bench.worker.explain(bench.nic, false, tcp(family.web, 5, family.pod, 81, "S"));
        assertThat(closed.verdict()).isEqualTo(Verdict.HANDED_TO_POD);
        assertThat(closed.describe())
                .contains(
                        "no session has this flow: port 81, protocol 6",
                        "port 81 is not open inbound");
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void dryRunOfHairpinFragmentsAndErrorsChangesNothing(Family family) {
        Trace hairpin =
                bench.worker.explain(bench.nic, true, udp(family.guest, 40000, family.pod, 53));
        assertThat(hairpin.verdict()).isEqualTo(Verdict.HAIRPINNED);
        List<byte[]> parts = Packets.fragments(udp(family.guest, 1, family.web, 53), 16, 9);
        Trace later = bench.worker.explain(bench.nic, true, parts.get(1));
        assertThat(later.verdict()).isEqualTo(Verdict.HELD);
        assertThat(bench.nat.waitingFragments()).isZero();
        Trace dying = bench.worker.explain(bench.nic, true, lastHop(family));
        assertThat(dying.verdict()).isEqualTo(Verdict.DROP_TTL_EXPIRED);
        assertThat(dying.describe()).contains("an ICMP error or a reset goes back to the sender");
        assertThat(bench.nat.sessionCount()).isZero();
        assertThat(bench.pool.available()).isEqualTo(WorkerBench.FRAMES);
    }

    private static byte[] lastHop(Family family) {
        byte[] frame = udp(family.guest, 1, family.web, 53);
        frame[family.isIpv6() ? 21 : 22] = 1;
        return frame;
    }

    @Test
    void liveTraceTakesMatchingFramesAndThenStops() {
        LiveTrace live = new LiveTrace((fromGuest, frame, verdict) -> verdict.isDrop(), 2);
        bench.worker.trace(bench.nic, live);
        bench.fromGuest(udp(Bench.GUEST, 1, "203.0.113.7", 53));
        for (int i = 0; i < 5; i++) {
            bench.fromGuest(udp(Bench.GUEST, 1, "127.0.0.1", 53));
        }
        List<Trace> traces = new ArrayList<>();
        Trace next;
        while ((next = live.poll()) != null) {
            traces.add(next);
        }
        assertThat(traces).hasSize(2);
        assertThat(traces).allSatisfy(t -> assertThat(t.verdict()).isEqualTo(Verdict.DROP_MARTIAN));
        assertThat(bench.count(Verdict.DROP_MARTIAN)).as("traffic is not held up").isEqualTo(5);
        bench.worker.trace(bench.nic, null);
        bench.fromGuest(udp(Bench.GUEST, 1, "127.0.0.1", 53));
    }

    @Test
    void captureHasTheFrameBeforeAndBehindTheNat() {
        FrameTap tap = new FrameTap(Arena.ofAuto().allocate(1 << 17, 8), 1 << 16);
        bench.worker.capture(bench.nic, tap);
        byte[] sent = udp(Bench.GUEST, 40000, "203.0.113.7", 53);
        byte[] left = bench.fromGuest(sent).getFirst();
        List<String> sides = new ArrayList<>();
        List<byte[]> frames = new ArrayList<>();
        tap.drain(
                (timeNs, side, bytes, wireLength) -> {
                    sides.add(side.name());
                    frames.add(bytes.toArray(ValueLayout.JAVA_BYTE));
                    assertThat(timeNs).isEqualTo(bench.on.nowNs());
                    assertThat(wireLength).isEqualTo((int) bytes.byteSize());
                });
        assertThat(sides).containsExactly("GUEST", "UPLINK");
        assertThat(frames.get(0)).isEqualTo(sent);
        assertThat(frames.get(1)).isEqualTo(left);
    }

    @Test
    void captureThatIsNotReadLosesAndCountsAndThenGoesOn() {
        FrameTap tap = new FrameTap(Arena.ofAuto().allocate(4096, 8), 1 << 16);
        bench.worker.capture(bench.nic, tap);
        int total = 0;
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < 40; i++) {
                bench.fromGuest(udp(Bench.GUEST, 40000, "203.0.113.7", 53));
            }
            total += tap.drain((timeNs, side, bytes, wireLength) -> {});
        }
        assertThat(tap.lost()).isPositive();
        assertThat(total + tap.lost()).isEqualTo(2 * 50 * 40);
    }
}
