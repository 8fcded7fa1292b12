package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.BridgeVif;
import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Outlet;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.Ethernet;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A frame's way through the bridge, from one known station to another, with VLAN filtering and the
 * spoof guard; what is sent goes nowhere. Each call is another pair of stations.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SwitchBenchmark {
    private static final int VLAN = 100;
    private static final long FIRST_MAC = 0x0200_0000_0000L;
    private static final long NOW_NS = 1_000_000_000L;

    /** Ports and stations: "8/64". */
    @Param({"8/64", "8/10000", "1000/10000"})
    String size;

    private final FramePool pool =
            new FramePool(Arena.global().allocate(FramePool.bytes(2), 4096), 2);
    private final Bridge bridge = new Bridge("br1", BridgePolicy.DEFAULT, 16_384);
    private final Frame frame = pool.take();
    private final Nowhere outlet = new Nowhere();
    private BridgePort[] ports;
    private int stations;
    private int next;

    /** Takes all and sends nothing. */
    private static final class Nowhere implements Outlet {
        private long sent;

        @Override
        public void send(Frame frame, BridgeVif egress, long nowNs) {
            sent += egress.id();
        }

        @Override
        public Frame copy(Frame frame) {
            throw new IllegalStateException("all stations are known");
        }

        @Override
        public void tell(EventKind kind, Vif of, long value, long other) {}
    }

    @Setup
    public void prepare() {
        String[] counts = size.split("/");
        ports = new BridgePort[Integer.parseInt(counts[0])];
        stations = Integer.parseInt(counts[1]);
        for (int i = 0; i < ports.length; i++) {
            PortPolicy policy = PortPolicy.DEFAULT.with(PortVlans.access(VLAN)); // each its own
            BridgePortPlan plan =
                    new BridgePortPlan(
                            i, "p" + i, new PairPort(i, "p" + i), policy, GuardPolicy.NONE);
            ports[i] = bridge.add(plan);
        }
        for (int i = 0; i < stations; i++) {
            bridge.putStation(VLAN, FIRST_MAC + i, ports[i % ports.length], false, NOW_NS);
        }
        frame.compose(60);
    }

    /** Steps that visit all stations in no order that a processor could guess. */
    private int station() {
        next = (int) ((next + 7919L) % stations);
        return next;
    }

    @Benchmark
    public Verdict frame() {
        int from = station();
        int to = from + 1 == stations ? 0 : from + 1;
        Ethernet.addresses(frame.data, frame.start, FIRST_MAC + to, FIRST_MAC + from);
        Ethernet.type(frame.data, frame.start, Ethernet.IPV4);
        frame.tag = Frame.UNTAGGED;
        return bridge.process(frame, ports[from % ports.length], outlet, NOW_NS);
    }
}
