package io.virtdataplane.port;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.Cgroup;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.wire.Ip;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The eBPF object service.bpf.c: the way of the node, and of what comes to it from outside, to
 * Services of its guests.
 *
 * <p>Frames from outside are translated where they come in, before the kernel routes them to a pod,
 * and the pod's answers where they leave. So the guest sees the client's address, whatever the
 * Service's policy, and nothing of it needs a rule of nftables or a connection of conntrack. What
 * the node's own processes send is led to a pod when they connect: there is nothing to translate.
 *
 * <p>Programs and maps stay in the kernel while the daemon is away ({@link ProgramPins}), so that
 * connections go on over a restart. One thread at a time.
 */
public final class ServicePrograms implements AutoCloseable {
    private static final String OBJECT = "service.bpf.o";
    private static final int ANNOUNCED = 1;
    private static final long REFUSER = 16; // in what programs ask of the node
    private static final long REFUSER6 = 32;
    private static final int LOOPBACK = 127;
    private static final long LINK_LOCAL = 0xfe80 >>> 6;
    private static final int MOST_FRONT_ENDS = 16_384; // entries of the maps in service.bpf.c
    private static final int MOST_ENDPOINTS = 65_536; // half: new ones and those they replace
    private static final List<String> SHARED =
            List.of(
                    "front_ends",
                    "endpoints",
                    "members",
                    "ranges",
                    "node_addresses",
                    "service_addresses",
                    "affinities",
                    "opening",
                    "ways",
                    "datagrams",
                    ".bss");
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final byte[] PRESENT = {1, 0, 0, 0};
    private final ProgramPins pins;
    private final BpfObject object;
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final ProgramPins.Fit fit;
    private final WrittenMap frontEnds;
    private final WrittenMap endpoints;
    private final WrittenMap members;
    private final WrittenMap ranges;
    private final WrittenMap nodeAddresses;
    private final WrittenMap serviceAddresses;
    private final MemorySegment node;
    private final ServiceDrops drops;

    /**
     * Where programs are.
     *
     * @param devices by which clients come
     * @param cgroup the root of cgroup2; null: the node's own processes are not led
     * @param absenceNs how long programs go on without {@link #beat}
     */
    public record Place(
            List<NetDevice> devices, Path cgroup, Bpf.Mechanism hooks, long absenceNs) {}

    /** In the node's namespace. What {@code pins} have is taken over where it fits. */
    public static ServicePrograms open(Place place, ProgramPins pins) {
        try {
            return new ServicePrograms(place, pins);
        } catch (RuntimeException e) {
            if (!pins.isWhole()) {
                pins.remove(); // it was never all there
                throw e;
            }
            pins.clear(e.getMessage());
        }
        try {
            return new ServicePrograms(place, pins);
        } catch (RuntimeException e) {
            pins.remove();
            throw e;
        }
    }

    private ServicePrograms(Place place, ProgramPins pins) {
        this.pins = pins;
        object = BpfObject.read(ServicePrograms.class, OBJECT);
        owned.push(object);
        try {
            long cookie = place.cgroup() == null ? 0 : Cgroup.netnsCookie();
            object.constant("netns_cookie", ServiceEntries.bytes(8).putLong(cookie).array());
            ProgramPins.Made made = new ProgramPins.Made(place(place), object.digest());
            fit = pins.fit(made);
            if (!isKept()) {
                pins.clear("it was made for other devices, or its maps are others");
            }
            object.keepIn(pins.pins());
            frontEnds = new WrittenMap(object.map("front_ends"));
            endpoints = new WrittenMap(object.map("endpoints"));
            members = new WrittenMap(object.map("members"));
            ranges = new WrittenMap(object.map("ranges"));
            nodeAddresses = new WrittenMap(object.map("node_addresses"));
            serviceAddresses = new WrittenMap(object.map("service_addresses"));
            node = object.memory("node");
            drops = new ServiceDrops(object.memory("dropped"));
            WORD.setRelease(node, (long) Long.BYTES, place.absenceNs());
            beat();
            place.devices().forEach(device -> link(device, place.hooks()));
            if (place.cgroup() != null) {
                lead(place.cgroup());
            }
            pins.seal(made, 0);
        } catch (RuntimeException e) {
            closeOwned();
            throw e;
        }
    }

    /** The daemon is there. */
    public void beat() {
        WORD.setRelease(node, 0L, System.nanoTime());
    }

    /** Packets of clients outside that ended here, by why; those of earlier runs, too. */
    public Map<Verdict, Long> dropped() {
        return drops.all();
    }

    private byte[] place(Place place) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(object.layout());
            for (NetDevice device : place.devices()) {
                sha.update(
                        ServiceEntries.bytes(16)
                                .putInt(device.index())
                                .putLong(device.mac())
                                .array());
            }
            return sha.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** One load a device, as each has its own MAC address; the maps are the same. */
    private void link(NetDevice device, Bpf.Mechanism hooks) {
        try (BpfObject ofDevice = BpfObject.read(ServicePrograms.class, OBJECT)) {
            SHARED.forEach(map -> ofDevice.share(map, object.map(map)));
            ofDevice.constant("device_mac", mac(device.mac()));
            int index = device.index();
            owned.push(
                    pins.link(
                            "out" + index,
                            index,
                            fit,
                            () -> ofDevice.load("vdp_service_out"),
                            program ->
                                    Bpf.attach(
                                            program,
                                            device,
                                            Bpf.Hook.EGRESS,
                                            hooks,
                                            Bpf.Order.BESIDE)));
            owned.push(
                    pins.link(
                            "in" + index,
                            index,
                            fit,
                            () -> ofDevice.load("vdp_service_in"),
                            program ->
                                    Bpf.attach(
                                            program,
                                            device,
                                            Bpf.Hook.INGRESS,
                                            hooks,
                                            Bpf.Order.BESIDE)));
        }
    }

    private static byte[] mac(long mac) {
        byte[] bytes = new byte[6];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (mac >> 8 * (bytes.length - 1 - i));
        }
        return bytes;
    }

    private void lead(Path root) {
        try (Fd cgroup = Cgroup.open(root)) {
            for (Bpf.Call call : Bpf.Call.values()) {
                owned.push(
                        pins.link(
                                call.name().toLowerCase(Locale.ROOT),
                                fit,
                                () -> object.load(program(call), call),
                                program -> Bpf.attach(program, cgroup, call)));
            }
        }
    }

    private static String program(Bpf.Call call) {
        return switch (call) {
            case CONNECT4, SENDMSG4 -> "vdp_lead4";
            case CONNECT6, SENDMSG6 -> "vdp_lead6";
            case RECVMSG4, GETPEERNAME4 -> "vdp_lead_back4";
            case RECVMSG6, GETPEERNAME6 -> "vdp_lead_back6";
        };
    }

    /** An earlier run's programs go on. */
    public boolean isKept() {
        return fit != ProgramPins.Fit.NONE;
    }

    /** Why an earlier run's are not used; empty: they are, or there were none. */
    public String setAside() {
        return pins.setAside();
    }

    /**
     * From now on. Connections go on, whatever is there no more; UDP to an endpoint that is gone
     * ends with its next frame.
     */
    public void change(List<FrontEnd> services) {
        Map<ByteBuffer, ByteBuffer> newFronts = new HashMap<>();
        Map<ByteBuffer, ByteBuffer> newEndpoints = new HashMap<>();
        Map<ByteBuffer, ByteBuffer> newMembers = new HashMap<>();
        Map<ByteBuffer, ByteBuffer> newRanges = new HashMap<>();
        Map<Integer, ByteBuffer> ids = new HashMap<>();
        for (FrontEnd each : services) {
            ByteBuffer key = ServiceEntries.frontKey(each);
            if (newFronts.containsKey(key)) {
                continue; // of two the first is taken
            }
            int id = id(key, ids);
            newFronts.put(key, ServiceEntries.front(each, id));
            for (int i = 0; i < each.endpoints().size(); i++) {
                Endpoint endpoint = each.endpoints().get(i);
                newEndpoints.put(
                        ServiceEntries.done(ServiceEntries.bytes(8).putInt(id).putInt(i)),
                        ServiceEntries.value(endpoint));
                newMembers.put(ServiceEntries.member(id, endpoint), ByteBuffer.wrap(PRESENT));
            }
            each.sources()
                    .forEach(
                            one ->
                                    newRanges.put(
                                            ServiceEntries.range(id, one),
                                            ByteBuffer.wrap(PRESENT)));
        }
        check("front ends of Services", newFronts.size(), MOST_FRONT_ENDS);
        check("endpoints of their front ends", newEndpoints.size(), MOST_ENDPOINTS);
        check("source ranges", newRanges.size(), MOST_ENDPOINTS / 2);
        endpoints.put(newEndpoints);
        members.put(newMembers);
        ranges.put(newRanges);
        frontEnds.put(newFronts);
        frontEnds.removeAllBut(newFronts);
        endpoints.removeAllBut(newEndpoints);
        members.removeAllBut(newMembers);
        ranges.removeAllBut(newRanges);
    }

    /**
     * What ways that outlive this process know a front end by: the same in the next one, but for
     * those rare ones that had to give way.
     */
    private static int id(ByteBuffer key, Map<Integer, ByteBuffer> ids) {
        int id = Arrays.hashCode(key.array()) * 0x9e3779b9;
        while (ids.putIfAbsent(id, key) != null) {
            id++;
        }
        return id;
    }

    private static void check(String what, int count, int most) {
        if (count > most) {
            throw new IllegalArgumentException(
                    what + " must be at most " + most + ": count=" + count);
        }
    }

    /**
     * Both without ports.
     *
     * @param ofNode at which a Service's node ports are
     * @param ofServices that only Services have; true: the node answers ARP for it
     */
    public void addresses(Collection<Endpoint> ofNode, Map<Endpoint, Boolean> ofServices) {
        Map<ByteBuffer, ByteBuffer> here = new HashMap<>();
        ofNode.forEach(each -> here.put(ServiceEntries.address(each), ServiceEntries.flag(0)));
        set(nodeAddresses, here);
        refuseBy(ofNode, false, REFUSER);
        refuseBy(ofNode, true, REFUSER6);
        Map<ByteBuffer, ByteBuffer> there = new HashMap<>();
        ofServices.forEach(
                (each, isAnnounced) ->
                        there.put(
                                ServiceEntries.address(each),
                                ServiceEntries.flag(isAnnounced ? ANNOUNCED : 0)));
        set(serviceAddresses, there);
    }

    /** By which of its addresses the node's kernel refuses; zeros: by none. */
    private void refuseBy(Collection<Endpoint> ofNode, boolean isIpv6, long at) {
        byte[] address =
                ofNode.stream()
                        .filter(each -> isReachable(each) && isIpv6 != isIpv4(each))
                        .map(each -> ServiceEntries.address(each).array())
                        .min(Arrays::compareUnsigned)
                        .orElse(new byte[2 * Long.BYTES]);
        MemorySegment.copy(address, 0, node, ValueLayout.JAVA_BYTE, at, address.length);
    }

    private static boolean isIpv4(Endpoint at) {
        return Ip.isMapped(at.high(), at.low());
    }

    private static boolean isReachable(Endpoint at) {
        return isIpv4(at)
                ? Ip.ipv4(at.low()) >>> 24 != LOOPBACK
                : at.high() != 0 && at.high() >>> 54 != LINK_LOCAL;
    }

    private static void set(WrittenMap table, Map<ByteBuffer, ByteBuffer> wanted) {
        table.put(wanted);
        table.removeAllBut(wanted);
    }

    /** Nothing of it outlives this process. */
    public void remove() {
        pins.remove();
        close();
    }

    @Override
    public void close() {
        closeOwned();
        pins.close();
    }

    private void closeOwned() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("close programs of Services", e);
            }
        }
    }
}
