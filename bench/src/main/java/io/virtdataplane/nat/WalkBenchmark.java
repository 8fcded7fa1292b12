package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Clock;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicAddresses;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.NicPorts;
import io.virtdataplane.dataplane.NicStages;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.port.PairPoller;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole breath over bursts of distinct frames of many sessions, guest to outside, with NAT; ports
 * are memory. {@code baseline} puts the same frames into the same ports and takes them out again
 * without a walk: the difference is the walk.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class WalkBenchmark {
    static final int BURST = Worker.SHARE; // what a breath walks of one port

    @Param({"512", "50000"})
    int sessions;

    private final FramePool pool =
            new FramePool(Arena.global().allocate(FramePool.bytes(2 * BURST), 4096), 2 * BURST);
    private final PairPort guest = new PairPort(0, "guest").keep(false);
    private final PairPort uplink = new PairPort(1, "uplink").keep(false);
    private final Frame[] taken = new Frame[BURST];
    private long nowNs = 1;
    private final Clock clock = () -> nowNs;
    private final Worker worker = new Worker(new PairPoller(), pool, clock, new EventRing());
    private byte[][] frames;
    private int next;
    private long stepNs = 1000; // from burst to burst
    Nat nat;

    @Setup
    public void prepare() {
        int gateway = AddressText.ipv4("10.0.2.1");
        int address = AddressText.ipv4("10.0.2.2");
        Addresses ipv4 = Addresses.ipv4(address, gateway, AddressText.ipv4("10.244.1.5"), 24);
        DualStack addresses = new DualStack(ipv4, Addresses.NONE);
        NatPlan plan = new NatPlan(addresses, new int[0], 1500, 1500);
        nat =
                new Nat(
                        plan,
                        NatPolicy.DEFAULT,
                        new NoPod(),
                        Arena.global().allocate(Nat.bytes(plan), 64),
                        Arena.global().allocate(Nat.tableBytes(65536), 64),
                        FlowTable.none(),
                        5);
        worker.attach(
                new NicPlan(
                        0,
                        "vm/default",
                        new NicPorts(guest, uplink),
                        new NicAddresses(Nic.UNKNOWN_MAC, 0x0200_0000_0000L, addresses),
                        new NicStages(
                                (frame, now) -> Verdict.CONTINUE, nat.outbound(), nat.inbound())));
        send(each -> AddressText.ipv4("203.0.113.7") + (each >>> 14));
    }

    /** From now on each frame goes where {@code to} says. */
    final void send(IntUnaryOperator to) {
        int address = AddressText.ipv4("10.0.2.2");
        frames = new byte[sessions][];
        for (int i = 0; i < sessions; i++) {
            frames[i] = frame(address, to.applyAsInt(i), 1024 + (i & 0x3fff));
        }
    }

    /** From now on sessions have aged when their frame comes again, so that each opens one. */
    final void age() {
        stepNs = TimeUnit.SECONDS.toNanos(1);
    }

    private static byte[] frame(int src, int dst, int port) {
        byte[] frame = new byte[60];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, 0x0200_0000_0000L, 0x5254_0000_0001L);
        Ethernet.type(b, 0, Ethernet.IPV4);
        Udp.emit4(b, 34, port, 53, 26, src, dst);
        Ipv4.emit(b, 14, 46, Protocols.UDP, src, dst);
        return frame;
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public long walk() {
        nowNs += stepNs;
        inject();
        worker.breath(0);
        return uplink.sent();
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public int baseline() {
        inject();
        int count = guest.receive(taken, 0, taken.length);
        for (int i = 0; i < count; i++) {
            uplink.send(taken[i]);
            pool.free(taken[i]);
        }
        return count;
    }

    private void inject() {
        for (int i = 0; i < BURST; i++) {
            guest.inject(pool.take(), frames[next]);
            next = next + 1 == sessions ? 0 : next + 1;
        }
    }

    private static final class NoPod implements PodPorts {
        @Override
        public void steer(boolean ipv6, int protocol, int port, int bits) {}

        @Override
        public void steerPing(boolean ipv6, boolean toUs) {}

        @Override
        public void steerOthers(boolean ipv6, boolean toUs) {}

        @Override
        public boolean isPodFlow(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            return false;
        }

        @Override
        public int movedPort(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            return NOT_MOVED;
        }

        @Override
        public void keepPodFlow(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {}

        @Override
        public void movePodFlow(
                int protocol,
                int localPort,
                long remoteHigh,
                long remoteLow,
                int remotePort,
                int to) {}
    }
}
