package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A bridge on a {@link WorkerBench}. Ports are numbered as they are added. */
final class SwitchBench {
    final WorkerBench on = new WorkerBench();
    final Worker worker = on.worker;
    final FramePool pool = on.pool;
    final Bridge bridge;
    private final List<PairPort> pairs = new ArrayList<>();
    private final List<BridgePort> ports = new ArrayList<>();

    SwitchBench(BridgePolicy policy) {
        this(policy, 1024);
    }

    SwitchBench(BridgePolicy policy, int stations) {
        this(policy, stations, FastPath.NONE);
    }

    SwitchBench(BridgePolicy policy, int stations, FastPath path) {
        bridge = new Bridge("br1", policy, stations, path);
        worker.attach(bridge);
    }

    SwitchBench port(PortPolicy policy) {
        return port(policy, GuardPolicy.NONE);
    }

    SwitchBench port(PortPolicy policy, GuardPolicy guard) {
        return port(policy, guard, KernelPort.NONE);
    }

    SwitchBench port(PortPolicy policy, GuardPolicy guard, KernelPort kernel) {
        int id = ports.size();
        PairPort pair = new PairPort(id, "p" + id);
        BridgePort port =
                bridge.add(new BridgePortPlan(id, "br1/p" + id, pair, policy, guard, kernel));
        on.attach(port);
        pairs.add(pair);
        ports.add(port);
        return this;
    }

    /** Since the last time. */
    List<EventKind> events() {
        List<EventKind> kinds = new ArrayList<>();
        on.events.drain((kind, port, first, other) -> kinds.add(kind));
        return kinds;
    }

    int ports() {
        return ports.size();
    }

    BridgePort at(int port) {
        return ports.get(port);
    }

    void policy(int port, PortPolicy policy) {
        bridge.change(ports.get(port), policy);
    }

    void remove(int port) {
        worker.detach(ports.get(port));
        bridge.remove(ports.get(port));
    }

    /** Which ports the frame left by. */
    List<Integer> send(int port, byte[] frame) {
        pairs.forEach(pair -> pair.departed().clear());
        on.send(pairs.get(port), frame);
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            for (int copies = 0; copies < pairs.get(i).departed().size(); copies++) {
                left.add(i);
            }
        }
        return left;
    }

    /** What left by the port last. */
    byte[] departed(int port) {
        return pairs.get(port).departed().getLast();
    }

    PairPort pair(int port) {
        return pairs.get(port);
    }

    long count(int port, Verdict verdict) {
        return ports.get(port).counters.frames(verdict);
    }

    SwitchBench pass(long seconds) {
        for (long i = 0; i < seconds; i++) {
            on.pass(1); // a bounded number of entries is aged each time
        }
        return this;
    }

    /** 60 bytes of an experimental EtherType. */
    static byte[] frame(long dst, long src) {
        return frame(dst, src, 0x88b5, 60);
    }

    static byte[] frame(long dst, long src, int type, int length) {
        byte[] frame = new byte[length];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, dst, src);
        Ethernet.type(b, 0, type);
        for (int i = 14; i < length; i++) {
            frame[i] = (byte) i;
        }
        return frame;
    }

    /** With a tag in front of its EtherType. */
    static byte[] tagged(byte[] frame, int tpid, int tci) {
        byte[] tagged = new byte[frame.length + 4];
        System.arraycopy(frame, 0, tagged, 0, 12);
        System.arraycopy(frame, 12, tagged, 16, frame.length - 12);
        Bytes.put32(MemorySegment.ofArray(tagged), 12, tpid << 16 | tci);
        return tagged;
    }
}
