package io.virtdataplane.port;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.List;

/**
 * What the programs in pod.bpf.c are told: whose a port is, and what the pod's kernel has of a
 * flow. Worker's thread.
 *
 * <pre>
 *   a flow's key:    remote address (16 bytes, IPv4 as ::ffff:a.b.c.d)    local port (2)    remote port (2)    protocol (1)    IPv6 (1)    0 (2)
 *   a flow's value:  what the pod's kernel has of it (1)    0 (1)    the other port (2)
 * </pre>
 */
public final class SteeringTables {
    /** A port we have whether or not a session has it. */
    public static final int OURS = 1;

    /** A session of the guest has the port. Alone: the pod's kernel may listen there too. */
    public static final int IN_SESSION = 2;

    /** The guest has the port open. */
    public static final int OPEN = 4;

    /**
     * What the guest opens from this number has another outside, or the number is another's there.
     */
    public static final int ELSEWHERE = 8;

    /** No other port. */
    public static final int NOT_MOVED = -1;

    private static final int NO_FLOW = 0;

    // the bytes shared with the kernel: a region for each family, in it one for each kind of port
    private static final int PORTS = 1 << 16;
    private static final int TCP_AT = 0;
    private static final int UDP_AT = PORTS;
    private static final int ICMP_AT = 2 * PORTS; // echo identifiers of the guest's own queries
    private static final int PING_AT = 3 * PORTS;
    private static final int OTHERS_AT = 3 * PORTS + 1;
    private static final int FAMILY_SHIFT = 18;

    // of a flow: the pod's under its own port
    private static final int PLAIN = 1;
    // the pod's, but it is seen outside under the other port: this one is the guest's
    private static final int MOVED = 2;
    // what of the pod's is seen outside under this port has the other one
    private static final int ALIAS = 3;
    private static final int OTHER_PORT_SHIFT = 16; // in a flow's value

    // struct mesh of mesh.h
    private static final int MESH_DEVICE = 0;
    private static final int MESH_KIND = 4;
    private static final int MESH_GUEST_4 = 8;
    private static final int MESH_GUEST_6 = 24;
    private static final int MESH_PORTS = 40;
    private static final int MESH_SOURCE_COUNT = MESH_PORTS + PORTS;
    private static final int MESH_FIRST_IPV6 = MESH_SOURCE_COUNT + Integer.BYTES;
    private static final int MESH_SOURCE_AT = MESH_FIRST_IPV6 + Integer.BYTES;
    private static final int MOST_MESH_SOURCES = 64;

    private final MemorySegment bytes;
    private final MemorySegment mesh;
    private final BpfMap podFlows;

    SteeringTables(BpfObject object) {
        bytes = object.memory("steered");
        mesh = object.memory("mesh");
        podFlows = object.map("pod_flows");
    }

    /**
     * Who has what comes to a TCP or UDP port, or to an ICMP echo identifier.
     *
     * @param bits of {@link #OURS}, {@link #IN_SESSION}, {@link #OPEN} and {@link #ELSEWHERE}; none
     *     of the first three: it is the pod's
     */
    public void steer(boolean ipv6, int protocol, int port, int bits) {
        set(ipv6, base(protocol) + port, bits);
    }

    /** The same of all ports, or identifiers, of a protocol: a byte of bits each. */
    public void steerAll(boolean ipv6, int protocol, byte[] bits) {
        long at = (ipv6 ? 1L << FAMILY_SHIFT : 0) + base(protocol);
        MemorySegment.copy(bits, 0, bytes, ValueLayout.JAVA_BYTE, at, PORTS);
    }

    /**
     * Which TCP the pod's service mesh has.
     *
     * @param kind 0: none any more, 2: one whose probes go straight to the guest
     * @param bits of each port: 1 goes straight to the guest, 2 is never the guest's
     */
    public void mesh(int kind, byte[] bits) {
        MemorySegment.copy(bits, 0, mesh, ValueLayout.JAVA_BYTE, MESH_PORTS, PORTS);
        mesh.set(ValueLayout.JAVA_INT, MESH_KIND, kind);
    }

    /**
     * From where connections go straight to the guest, but for the ports that are never its own.
     * Told before {@link #mesh}; of more than there is room for the first ones.
     */
    public void meshSources(List<FrontEnd.Range> sources) {
        List<FrontEnd.Range> all =
                sources.stream()
                        .limit(MOST_MESH_SOURCES)
                        .sorted(Comparator.comparing(each -> !each.isIpv4()))
                        .toList();
        long ofIpv4 = all.stream().filter(FrontEnd.Range::isIpv4).count();
        mesh.set(ValueLayout.JAVA_INT, MESH_SOURCE_COUNT, 0);
        mesh.set(ValueLayout.JAVA_INT, MESH_FIRST_IPV6, 0);
        VarHandle.releaseFence();
        int at = MESH_SOURCE_AT;
        for (FrontEnd.Range each : all) {
            network(at, each.high(), each.low());
            network(
                    at + 2 * Long.BYTES,
                    FrontEnd.Range.mask(each.prefixLength()),
                    FrontEnd.Range.mask(each.prefixLength() - Long.SIZE));
            at += 4 * Long.BYTES;
        }
        VarHandle.releaseFence();
        mesh.set(ValueLayout.JAVA_INT, MESH_FIRST_IPV6, (int) ofIpv4);
        mesh.set(ValueLayout.JAVA_INT, MESH_SOURCE_COUNT, all.size());
    }

    /**
     * By which the guest's TCP enters the pod's kernel. Any thread, before {@link #mesh}.
     *
     * @param index of the device
     */
    void meshDevice(int index, DualStack addresses) {
        address(MESH_GUEST_4, addresses.ipv4());
        address(MESH_GUEST_6, addresses.ipv6());
        mesh.set(ValueLayout.JAVA_INT, MESH_DEVICE, index);
    }

    /** 0: there is none. */
    int meshDevice() {
        return mesh.get(ValueLayout.JAVA_INT, MESH_DEVICE);
    }

    private void address(int at, Addresses family) {
        network(at, family.isOn() ? family.guestHigh() : 0, family.isOn() ? family.guestLow() : 0);
    }

    private void network(int at, long high, long low) {
        ValueLayout.OfLong network =
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
        mesh.set(network, at, high);
        mesh.set(network, at + Long.BYTES, low);
    }

    /** Ping requests. */
    public void steerPing(boolean ipv6, boolean toUs) {
        set(ipv6, PING_AT, toUs ? 1 : 0);
    }

    /** Protocols but TCP, UDP and ICMP. */
    public void steerOthers(boolean ipv6, boolean toUs) {
        set(ipv6, OTHERS_AT, toUs ? 1 : 0);
    }

    private void set(boolean ipv6, int at, int value) {
        long family = ipv6 ? 1L << FAMILY_SHIFT : 0;
        bytes.set(ValueLayout.JAVA_BYTE, family + at, (byte) value);
    }

    /**
     * Whether the pod's kernel has sent on this flow lately: then its port cannot be the guest's
     * for that destination. Addresses as {@link Ip} holds them.
     */
    public boolean isPodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return flow(protocol, localPort, remoteHigh, remoteLow, remotePort) != NO_FLOW;
    }

    /** The port that a flow of the pod's kernel is seen under, or {@link #NOT_MOVED}. */
    public int movedPort(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        int value = flow(protocol, localPort, remoteHigh, remoteLow, remotePort);
        return (value & 0xff) == MOVED ? swap(value >>> OTHER_PORT_SHIFT) : NOT_MOVED;
    }

    /** The pod's kernel has this flow, by its own port. */
    public void keepPodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        put(protocol, localPort, remoteHigh, remoteLow, remotePort, PLAIN);
    }

    /** The pod's kernel has this flow, but it is seen outside under the port {@code to}. */
    public void movePodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort, int to) {
        int alias = ALIAS | swap(localPort) << OTHER_PORT_SHIFT;
        int moved = MOVED | swap(to) << OTHER_PORT_SHIFT;
        put(protocol, to, remoteHigh, remoteLow, remotePort, alias); // answers are for it
        put(protocol, localPort, remoteHigh, remoteLow, remotePort, moved);
    }

    private int flow(int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return podFlows.get(
                Long.reverseBytes(remoteHigh),
                Long.reverseBytes(remoteLow),
                endOfKey(protocol, localPort, Ip.isMapped(remoteHigh, remoteLow), remotePort),
                NO_FLOW);
    }

    private void put(
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort,
            int value) {
        podFlows.put(
                Long.reverseBytes(remoteHigh),
                Long.reverseBytes(remoteLow),
                endOfKey(protocol, localPort, Ip.isMapped(remoteHigh, remoteLow), remotePort),
                value);
    }

    private static long endOfKey(int protocol, int localPort, boolean ipv4, int remotePort) {
        long family = ipv4 ? 0 : 1;
        return swap(localPort) | (long) swap(remotePort) << 16 | (protocol | family << 8) << 32;
    }

    private static int swap(int port) {
        return Short.reverseBytes((short) port) & 0xffff;
    }

    private static int base(int protocol) {
        return switch (protocol) {
            case Protocols.TCP -> TCP_AT;
            case Protocols.UDP -> UDP_AT;
            default -> ICMP_AT;
        };
    }
}
