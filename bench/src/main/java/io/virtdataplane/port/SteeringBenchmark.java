package io.virtdataplane.port;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.BpfRun;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
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
 * nothing} is a program that asks nothing, and so what running one costs. Needs CAP_BPF and
 * CAP_NET_ADMIN.
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
    private static final int TAP = 2; // any device's number: nothing is sent
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

    private final BpfObject object =
            PodPrograms.of(
                    new PodAddresses(POD, 24, POD6[0], POD6[1], 64),
                    new PodPrograms.Devices(UPLINK, TAP, LOOPBACK));
    private BpfRun run;

    @Setup
    public void load() {
        SteeringTables tables = new SteeringTables(object);
        FlowTable.none(object.memory("nic")).nic().absence(Long.MAX_VALUE);
        for (boolean ipv6 : new boolean[] {false, true}) {
            tables.steer(ipv6, Protocols.TCP, STEERED, SteeringTables.OURS);
            tables.steer(ipv6, Protocols.UDP, STEERED, SteeringTables.OURS);
        }
        Fd out = object.load("vdp_egress");
        new BpfRun(out, PodFrames.udp(POD, PODS, WEB, REMOTE), 1).run(); // notes the flow
        Fd in = object.load("vdp_ingress");
        run =
                switch (kind) {
                    case NOTHING ->
                            run(object.load("vdp_shield"), PodFrames.udp(WEB, 1, POD, STEERED));
                    case IN_FOR_ANOTHER -> run(in, PodFrames.udp(WEB, 1, POD + 1, STEERED));
                    case IN_UNSTEERED -> run(in, PodFrames.udp(WEB, 1, POD, UNSTEERED));
                    case IN_OF_PODS_FLOW -> run(in, PodFrames.udp(WEB, REMOTE, POD, PODS));
                    case IN_GUESTS_UDP -> run(in, PodFrames.udp(WEB, 1, POD, STEERED));
                    case IN_GUESTS_TCP -> run(in, PodFrames.tcp(WEB, 1, POD, STEERED, Tcp.ACK));
                    case IN_GUESTS_UDP_OVER_IPV6 -> run(in, PodFrames.udp6(WEB6, 1, POD6, STEERED));
                    case OUT_OF_POD -> run(out, PodFrames.udp(POD, PODS, WEB, REMOTE));
                    case OUT_OF_GUEST ->
                            run(object.load("vdp_tap"), PodFrames.udp(POD, 1, WEB, REMOTE));
                };
    }

    private static BpfRun run(Fd program, byte[] frame) {
        return new BpfRun(program, frame, REPEAT);
    }

    @Benchmark
    @OperationsPerInvocation(REPEAT)
    public int packet() {
        return run.run();
    }
}
