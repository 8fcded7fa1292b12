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

/**
 * The eBPF object bridge.bpf.c for one bridge: two maps, and a program for the device of each port.
 * What a program does not carry comes to us by a tap beside the device, since a packet socket would
 * see what is carried, too. All of it ends with the process.
 */
public final class BridgePrograms implements AutoCloseable {
    private static final String OBJECT = "bridge.bpf.o";
    private static final String CONVERSATIONS = "conversations";
    private static final String STATIONS = "stations";
    private static final int QUEUE_FRAMES = 2048;
    private final BpfObject object; // has the maps, and no program
    private final Mapping conversations;
    private final Mapping stations;
    private final int buckets;
    private final long seed;

    /**
     * @param buckets of conversations
     * @param stations entries for them
     * @param seed of the table, not to be guessed
     */
    public BridgePrograms(int buckets, int stations, long seed) {
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
     * @param name of the device, which exists
     * @param tapName free in that namespace
     */
    public DescriptorPort open(
            int id, int number, Netns netns, String name, String tapName, Bpf.Mechanism hooks) {
        return netns.call(() -> open(id, number, name, tapName, hooks));
    }

    private DescriptorPort open(
            int id, int number, String name, String tapName, Bpf.Mechanism hooks) {
        NetDevice device = PacketPort.existing(name);
        Fd tap = tap(tapName, device.mtu());
        Fd direct = null;
        Fd queued = null;
        try {
            direct = PacketSocket.openSending(device);
            queued = PacketSocket.openQueued(device);
            AutoCloseable link = attach(number, device, new NetDevice(tapName), hooks);
            if (!device.isUp()) {
                device.up();
            }
            return DescriptorPort.ofTwo("dev:" + name, id, tap, link, direct, queued);
        } catch (RuntimeException e) {
            tap.close();
            if (direct != null) {
                direct.close();
            }
            if (queued != null) {
                queued.close();
            }
            throw e;
        }
    }

    private static Fd tap(String name, int mtu) {
        Fd fd = Tun.openTap(name);
        try {
            NetDevice tap = new NetDevice(name);
            tap.disableIpv6();
            tap.mtu(mtu);
            tap.txQueueLength(QUEUE_FRAMES);
            tap.up();
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private AutoCloseable attach(int number, NetDevice device, NetDevice tap, Bpf.Mechanism hooks) {
        try (BpfObject program = ofPort(number, tap.index())) {
            return Bpf.attach(program.load("vdp_bridge"), device, Bpf.Hook.INGRESS, hooks);
        }
    }

    /** To be closed by the caller, whose program holds the maps. */
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

    /** The bridge has let go of the memory. */
    @Override
    public void close() {
        conversations.close();
        stations.close();
        object.close();
    }
}
