package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.BpfRun;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
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
 * What the steering programs cost a packet, by kinds of packets, run by the kernel itself; {@code
 * nothing} is a program that only lets the packet pass, and so what running one costs. Needs
 * CAP_BPF and CAP_NET_ADMIN.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SteeringBenchmark {
    /** What arrives, and who has it. */
    public enum Kind {
        /** Baseline: no program of ours. */
        NOTHING,
        /** For another address than the pod's. */
        IN_FOR_ANOTHER,
        /** To a port that nobody steers: the pod's. */
        IN_UNSTEERED,
        /** Of a UDP flow that the pod's kernel began. */
        IN_OF_PODS_FLOW,
        IN_GUESTS_UDP,
        /** Also asks whether the pod has a socket for it. */
        IN_GUESTS_TCP,
        IN_GUESTS_UDP_OVER_IPV6,
        /** The pod's kernel sends on a flow that is noted already. */
        OUT_OF_POD,
        /** We send for the guest. */
        OUT_OF_GUEST
    }

    static final int REPEAT = 10_000;
    static final int PASS = -1; // TCX_NEXT
    static final int REDIRECTED = 7; // TC_ACT_REDIRECT
    private static final int TAP = 1; // any device's number: nothing is sent
    private static final int UPLINK = 1;
    private static final int LOOPBACK = 1;
    private static final int POD = AddressText.ipv4("10.244.1.5");
    private static final int WEB = AddressText.ipv4("203.0.113.7");
    private static final long[] POD6 = AddressText.ipv6("fd00:10:244::5");
    private static final long[] WEB6 = AddressText.ipv6("2001:db8::7");
    private static final int STEERED = 8080;
    private static final int UNSTEERED = 8081;
    private static final int PODS = 40_000;
    private static final int REMOTE = 53;

    @Param Kind kind;

    private final BpfMap steered = BpfMap.sharedBytes(SteeringTables.SHARED_LENGTH);
    private final BpfMap podFlows = BpfMap.recentKeys(SteeringTables.KEY_BYTES, 64);
    private final BpfMap fragments = BpfMap.recentKeys(SteeringTables.KEY_BYTES, 64);
    private final PodAddresses pod = new PodAddresses(POD, 24, POD6[0], POD6[1], 64);
    private final SteeringTables tables = new SteeringTables(steered, podFlows, fragments);
    private final SteeringPrograms programs = new SteeringPrograms(pod, tables);
    private final PodSidePrograms podSide = new PodSidePrograms(pod, tables);
    private BpfRun run;

    @Setup
    public void load() {
        Mapping shared = steered.map(SteeringTables.SHARED_LENGTH);
        long ipv6 = 1L << SteeringTables.FAMILY_SHIFT;
        for (long family : new long[] {0, ipv6}) {
            for (int base : new int[] {SteeringTables.TCP_AT, SteeringTables.UDP_AT}) {
                shared.segment().set(ValueLayout.JAVA_BYTE, family + base + STEERED, (byte) 1);
            }
        }
        Fd out = Bpf.load(programs.egressOfUplink(TAP + 1), "vdp_egress");
        new BpfRun(out, udp(POD, PODS, WEB, REMOTE), 1).run(); // notes the flow
        Fd in = Bpf.load(programs.ingressOfUplink(TAP), "vdp_ingress");
        run =
                switch (kind) {
                    case NOTHING -> run(Bpf.load(pass(), "pass"), udp(WEB, 1, POD, STEERED));
                    case IN_FOR_ANOTHER -> run(in, udp(WEB, 1, POD + 1, STEERED));
                    case IN_UNSTEERED -> run(in, udp(WEB, 1, POD, UNSTEERED));
                    case IN_OF_PODS_FLOW -> run(in, udp(WEB, REMOTE, POD, PODS));
                    case IN_GUESTS_UDP -> run(in, udp(WEB, 1, POD, STEERED));
                    case IN_GUESTS_TCP -> run(in, tcp(WEB, 1, POD, STEERED));
                    case IN_GUESTS_UDP_OVER_IPV6 -> run(in, udp6(WEB6, 1, POD6, STEERED));
                    case OUT_OF_POD -> run(out, udp(POD, PODS, WEB, REMOTE));
                    case OUT_OF_GUEST ->
                            run(
                                    Bpf.load(podSide.ingressOfTap(UPLINK, LOOPBACK), "vdp_tap"),
                                    udp(POD, 1, WEB, REMOTE));
                };
    }

    private static BpfRun run(Fd program, byte[] frame) {
        return new BpfRun(program, frame, REPEAT);
    }

    private static BpfAssembler pass() {
        return new BpfAssembler().move(0, PASS).exit();
    }

    @Benchmark
    @OperationsPerInvocation(REPEAT)
    public int packet() {
        return run.run();
    }

    private static byte[] udp(int src, int srcPort, int dst, int dstPort) {
        byte[] frame = ethernet(Ethernet.IPV4);
        MemorySegment b = MemorySegment.ofArray(frame);
        Udp.emit4(b, 34, srcPort, dstPort, 26, src, dst);
        Ipv4.emit(b, 14, 46, Protocols.UDP, src, dst);
        return frame;
    }

    private static byte[] tcp(int src, int srcPort, int dst, int dstPort) {
        byte[] frame = ethernet(Ethernet.IPV4);
        MemorySegment b = MemorySegment.ofArray(frame);
        Tcp.emit(b, 34, srcPort, dstPort, Tcp.ACK, 1, 1, 0);
        Ipv4.emit(b, 14, 40, Protocols.TCP, src, dst);
        return frame;
    }

    private static byte[] udp6(long[] src, int srcPort, long[] dst, int dstPort) {
        byte[] frame = ethernet(Ethernet.IPV6);
        MemorySegment b = MemorySegment.ofArray(frame);
        Udp.emit(b, 54, srcPort, dstPort, 26, 0);
        Ipv6.emit(b, 14, 26, Protocols.UDP, 64);
        Ipv6.src(b, 14, src[0], src[1]);
        Ipv6.dst(b, 14, dst[0], dst[1]);
        return frame;
    }

    private static byte[] ethernet(int type) {
        byte[] frame = new byte[80];
        Ethernet.type(MemorySegment.ofArray(frame), 0, type);
        return frame;
    }
}
