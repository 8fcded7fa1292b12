package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.PacketSocket;
import io.virtdataplane.sys.Tun;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The eBPF object bridge.bpf.c for one bridge: two maps, and a program for the device of each port.
 * What a program does not carry comes to us by a tap beside the device, since a packet socket would
 * see what is carried, too. A device of another namespace is led here by a veth ({@link Crossing}):
 * programs redirect within one namespace only, or to the other end of a veth.
 */
public final class BridgePrograms implements AutoCloseable {
    private static final String OBJECT = "bridge.bpf.o";
    private static final String CONVERSATIONS = "conversations";
    private static final String STATIONS = "stations";
    private final BpfObject object; // has the maps, and no program
    private final Mapping conversations;
    private final Mapping stations;
    private final int buckets;
    private final long seed;
    private final PortNames names;

    /**
     * A port that is open.
     *
     * @param device by which the kernel sends to it from here
     */
    public record Opened(DescriptorPort port, int device) {}

    /** Sockets that send by a device. */
    private record Senders(Fd direct, Fd queued) {
        static Senders open(NetDevice device) {
            Fd direct = PacketSocket.openSending(device);
            try {
                return new Senders(direct, PacketSocket.openQueued(device));
            } catch (RuntimeException e) {
                direct.close();
                throw e;
            }
        }
    }

    /**
     * @param buckets of conversations
     * @param stations entries for them
     * @param seed of the table, not to be guessed
     * @param names of devices that are made here
     */
    public BridgePrograms(int buckets, int stations, long seed, PortNames names) {
        this.names = names;
        this.buckets = buckets;
        this.seed = seed;
        object = BpfObject.read(BridgePrograms.class, OBJECT);
        try {
            object.entries(CONVERSATIONS, buckets);
            object.entries(STATIONS, stations);
            this.conversations = mapped(CONVERSATIONS);
            this.stations = mapped(STATIONS);
        } catch (RuntimeException e) {
            object.close();
            throw e;
        }
    }

    private Mapping mapped(String name) {
        BpfMap map = object.map(name);
        return map.map(map.bytes());
    }

    public MemorySegment conversations() {
        return conversations.segment();
    }

    public MemorySegment stations() {
        return stations.segment();
    }

    public long seed() {
        return seed;
    }

    /**
     * Frames that come in by the device are carried from now on, or come to the port that this
     * opens.
     *
     * @param id of the port; {@code number} is what conversations know it by
     * @param netns where the device is; null: here
     * @param name of the device, which exists
     * @param hooks how programs are tied to devices
     */
    public Opened open(int id, int number, Netns netns, String name, Bpf.Mechanism hooks) {
        Deque<AutoCloseable> owned = new ArrayDeque<>();
        try {
            return netns == null
                    ? openHere(id, number, name, hooks, owned)
                    : openThere(id, number, netns, name, hooks, owned);
        } catch (RuntimeException e) {
            closeAll(owned);
            throw e;
        }
    }

    private Opened openHere(
            int id, int number, String name, Bpf.Mechanism hooks, Deque<AutoCloseable> owned) {
        NetDevice device = PacketPort.existing(name);
        Fd tap = tap(number, device.mtu());
        try {
            owned.push(attach(number, device, hooks));
            if (!device.isUp()) {
                device.up();
            }
            Senders senders = Senders.open(device);
            return opened(id, number, name, tap, senders, owned, device);
        } catch (RuntimeException e) {
            tap.close();
            throw e;
        }
    }

    private Opened openThere(
            int id,
            int number,
            Netns netns,
            String name,
            Bpf.Mechanism hooks,
            Deque<AutoCloseable> owned) {
        int mtu = netns.call(() -> PacketPort.existing(name).mtu());
        Crossing crossing = Crossing.make(names.crossing(number), netns, mtu);
        owned.push(crossing);
        Fd tap = tap(number, mtu);
        try {
            owned.push(attach(number, crossing.device(), hooks));
            Senders senders = netns.call(() -> cross(crossing, name, hooks, owned));
            return opened(id, number, name, tap, senders, owned, crossing.device());
        } catch (RuntimeException e) {
            tap.close();
            throw e;
        }
    }

    private Opened opened(
            int id,
            int number,
            String name,
            Fd tap,
            Senders senders,
            Deque<AutoCloseable> owned,
            NetDevice device) {
        DescriptorPort port =
                DescriptorPort.ofTwo(
                        "dev:" + name,
                        id,
                        tap,
                        InputQueue.ofTap(names.tap(number)),
                        () -> closeAll(owned),
                        senders.direct(),
                        senders.queued());
        return new Opened(port, device.index());
    }

    /** In the namespace of the device: both ways between it and the crossing's end there. */
    private static Senders cross(
            Crossing crossing, String name, Bpf.Mechanism hooks, Deque<AutoCloseable> owned) {
        NetDevice guest = PacketPort.existing(name);
        NetDevice far = crossing.device();
        try (BpfObject programs = BpfObject.read(BridgePrograms.class, OBJECT)) {
            programs.constant("crossing", far.index());
            programs.constant("guest", guest.index());
            owned.push(Bpf.attach(programs.load("vdp_crossing"), far, Bpf.Hook.INGRESS, hooks));
            owned.push(Bpf.attach(programs.load("vdp_to_bridge"), guest, Bpf.Hook.INGRESS, hooks));
        }
        if (!guest.isUp()) {
            guest.up();
        }
        return Senders.open(guest);
    }

    private Fd tap(int number, int mtu) {
        String name = names.tap(number);
        return ReadTap.ready(Tun.openTap(name), name, mtu);
    }

    private AutoCloseable attach(int number, NetDevice device, Bpf.Mechanism hooks) {
        int tap = new NetDevice(names.tap(number)).index();
        try (BpfObject program = ofPort(number, tap)) {
            return Bpf.attach(program.load("vdp_bridge"), device, Bpf.Hook.INGRESS, hooks);
        }
    }

    /** To be closed by the caller; what is loaded of it holds the maps. */
    BpfObject ofPort(int number, int tap) {
        BpfObject program = BpfObject.read(BridgePrograms.class, OBJECT);
        program.share(CONVERSATIONS, object.map(CONVERSATIONS));
        program.share(STATIONS, object.map(STATIONS));
        program.constant("port", number);
        program.constant("tap", tap);
        program.constant("buckets", buckets);
        program.constant(
                "seed",
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .putLong(seed)
                        .array());
        return program;
    }

    private static void closeAll(Deque<AutoCloseable> owned) {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("close a port of a bridge", e);
            }
        }
    }

    /** The bridge has let go of the memory. */
    @Override
    public void close() {
        conversations.close();
        stations.close();
        object.close();
    }
}
