package io.virtdataplane.nat;

import static io.virtdataplane.nat.Bench.GUEST;
import static io.virtdataplane.nat.Bench.GUEST6;
import static io.virtdataplane.nat.Bench.POD;
import static io.virtdataplane.nat.Bench.POD6;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.wire.Protocols;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What holds for any frame. {@link Bench} checks after each breath that verdicts add up and the
 * pool is full.
 */
class WalkInvariantsTest {
    private static final long SEED = 20261123;
    private static final String WEB = "203.0.113.7";
    private static final String WEB6 = "2001:db8::7";

    @Test
    void aMillionFramesAllocateNothing() {
        Bench bench = new Bench(OpenPorts.all());
        bench.guest.keep(false);
        bench.uplink.keep(false);
        byte[][] frames = {
            Packets.udp(GUEST, 40000, WEB, 53),
            Packets.tcp(GUEST, 40001, WEB, 443, "A"),
            Packets.udp(GUEST, 5, "127.0.0.1", 53),
            Packets.ping(GUEST, WEB, 3),
            Packets.udp(GUEST6, 40000, WEB6, 53),
            Packets.tcp(GUEST6, 40001, WEB6, 443, "A"),
            Packets.udp(GUEST6, 40003, POD6, 40004), // hairpin
            Packets.fragments(Packets.udp(GUEST6, 40002, WEB6, 53), 16, 1).get(1),
            Packets.fragments(Packets.udp(GUEST6, 40002, WEB6, 53), 16, 1).get(0)
        };
        byte[][] answers = {
            Packets.udp(WEB, 53, POD, 40000),
            Packets.tcp(WEB, 443, POD, 40001, "A"),
            Packets.tcp(WEB, 9, POD, 49152, "S"),
            Packets.pong(WEB, POD, 3),
            Packets.udp(WEB6, 53, POD6, 40000),
            Packets.tcp(WEB6, 443, POD6, 40001, "A"),
            Packets.raw(WEB6, POD6, Protocols.GRE, new byte[20]),
            Packets.fragments(Packets.udp(WEB, 53, POD, 40000), 16, 1).get(0),
            Packets.fragments(Packets.udp(WEB, 53, POD, 40000), 16, 1).get(1)
        };
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().threadId();
        run(bench, frames, answers, 200_000);
        long before = threads.getThreadAllocatedBytes(thread);
        run(bench, frames, answers, 1_000_000);
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertThat(allocated)
                .as("bytes over a million frames; the measuring itself takes some")
                .isLessThan(4096);
        assertThat(bench.count(Verdict.FORWARDED)).isGreaterThanOrEqualTo(800_000);
    }

    private static void run(Bench bench, byte[][] frames, byte[][] answers, int count) {
        for (int i = 0; i < count; i += 2) {
            bench.guest.inject(bench.pool.take(), frames[i / 2 % frames.length]);
            bench.uplink.inject(bench.pool.take(), answers[i / 2 % answers.length]);
            bench.worker.breath(0);
        }
    }

    @Test
    void aMillionTruncatedAndMutatedFramesHarmNothing() {
        Random random = new Random(SEED);
        Bench bench =
                new Bench(OpenPorts.listed().add(Protocols.TCP, 80), UnlistedPolicy.REJECT, 256);
        bench.guest.keep(false);
        bench.uplink.keep(false);
        byte[][] outward = {
            Packets.udp(GUEST, 40000, WEB, 53),
            Packets.tcp(GUEST, 40001, WEB, 443, "S"),
            Packets.ping(GUEST, WEB, 3),
            Packets.udp(GUEST6, 40000, WEB6, 53),
            Packets.tcp(GUEST6, 40001, WEB6, 443, "S"),
            Packets.ping(GUEST6, WEB6, 3),
            Packets.tcp(GUEST6, 40001, POD6, 80, "S"),
            Packets.raw(GUEST, WEB, Protocols.SCTP, new byte[40]),
            Packets.raw(GUEST6, WEB6, Protocols.DESTINATION_OPTIONS, new byte[48]),
            Packets.fragments(Packets.udp(GUEST, 40002, WEB, 53), 16, 1).get(0),
            Packets.fragments(Packets.udp(GUEST6, 40002, WEB6, 53), 16, 1).get(1),
            IcmpPackets.unreachable(Family.IPV4, GUEST, Packets.tcp(WEB, 5000, GUEST, 80, "S")),
            IcmpPackets.unreachable(Family.IPV6, GUEST6, Packets.tcp(WEB6, 5000, GUEST6, 80, "S"))
        };
        byte[][] inward = {
            Packets.udp(WEB, 53, POD, 40000),
            Packets.tcp(WEB, 5000, POD, 80, "S"),
            Packets.pong(WEB, POD, 3),
            Packets.tcp(WEB, 5000, POD, 81, "S"),
            Packets.udp(WEB6, 53, POD6, 40000),
            Packets.tcp(WEB6, 5000, POD6, 80, "S"),
            Packets.tcp(WEB6, 5000, POD6, 81, "S"),
            Packets.fragments(Packets.udp(WEB, 53, POD, 40000), 16, 1).get(0),
            Packets.fragments(Packets.udp(WEB6, 53, POD6, 40000), 16, 1).get(1),
            IcmpPackets.tooBig(Family.IPV4, WEB, Packets.udp(POD, 40000, WEB, 53), 1400),
            IcmpPackets.tooBig(Family.IPV6, WEB6, Packets.udp(POD6, 40000, WEB6, 53), 1400)
        };
        for (int i = 0; i < 500_000; i++) {
            bench.guest.inject(bench.pool.take(), mutate(random, outward[i % outward.length]));
            bench.uplink.inject(bench.pool.take(), mutate(random, inward[i % inward.length]));
            bench.worker.breath(0);
            assertThat(bench.pool.available())
                    .as("seed=%d round=%d", SEED, i)
                    .isEqualTo(WorkerBench.FRAMES);
        }
        long verdicts = Arrays.stream(Verdict.values()).mapToLong(bench::count).sum();
        assertThat(verdicts).isEqualTo(1_000_000);
        assertThat(bench.count(Verdict.DROP_FAULT))
                .as("faults: %s", bench.worker.describeFault(0))
                .isZero();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isPositive();
        assertThat(bench.nat.sessionCount()).isLessThanOrEqualTo(256);
        bench.uplink.keep(true);
        assertThat(Packets.flow(bench.fromGuest(Packets.udp(GUEST, 7, WEB, 53)).getFirst()))
                .isEqualTo("10.244.1.5:7 > 203.0.113.7:53");
    }

    private static byte[] mutate(Random random, byte[] frame) {
        byte[] mutant =
                Arrays.copyOf(
                        frame,
                        random.nextInt(4) == 0 ? 1 + random.nextInt(frame.length) : frame.length);
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
        }
        return mutant;
    }
}
