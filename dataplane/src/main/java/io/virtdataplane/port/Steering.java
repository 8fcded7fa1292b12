package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Shares one pod address between the guest and the pod's own kernel.
 *
 * <p>Theory of operation. Four small eBPF programs stand at the pod's devices (tcx links where the
 * kernel has them: they go when this process goes, and the kernel has everything back).
 *
 * <ul>
 *   <li><b>egress of eth0</b> sees only what the pod's kernel sends itself and notes its flows
 *       (protocol, ports, remote address) in {@code podFlows}, least recently used first to go. A
 *       flow that the guest has a session for leaves by another port.
 *   <li><b>ingress of eth0</b> takes a packet for the pod's address away from the kernel, unless it
 *       belongs to a noted flow, to a TCP socket of the pod, or to a port that is not steered. What
 *       it takes is redirected to the steering tap, which we read. So each packet has one owner,
 *       decided in one place: the kernel can neither answer for the guest nor lose its own packets.
 *   <li><b>ingress of the steering tap</b> sees what we send. A packet for the pod's own address is
 *       handed back to the kernel as if it came in by eth0, or by the loopback device where it is
 *       from there. All others leave by eth0, where the kernel's own routes and neighbours choose
 *       the next hop: no second routing table, ARP or ND of ours.
 *   <li><b>ingress of lo</b> takes what a process of the pod sends to 127.0.0.1, ::1 or the pod's
 *       own address, where the guest has the port open and no socket of the pod has it.
 * </ul>
 *
 * <p>Where the guest has a session and the pod's kernel draws the very same port for the very same
 * remote endpoint, both live: the first packet of the pod's flow comes to us ({@code ASKED}), we
 * choose another port for it ({@link #movePodFlow}), and from then on the programs exchange the two
 * on the way. The guest's later flow gets another port from the NAT, which asks {@link #isPodFlow}.
 *
 * <p>Which ports are steered is a byte per family, protocol and port in memory shared with the
 * kernel: claiming one costs no system call. ARP, Neighbor Discovery and multicast stay with the
 * kernel.
 *
 * <p>What a packet pays, beyond the 34 ns that a program costs here which lets all pass; in
 * brackets the ratio of both together to those:
 *
 * <pre>
 *   arrives, for another address                         20 ns (1.6)
 *   arrives, for a port of the pod or of its flow     64-72 ns (2.9-3.1)
 *   arrives, for the guest by UDP, either family      72-74 ns (3.1-3.2)
 *   arrives, for the guest by TCP                       148 ns (5.3): has the pod a socket for it?
 *   sent by the pod's kernel on a noted flow             73 ns (3.1)
 *   sent by us for the guest                             32 ns (1.9)
 * </pre>
 *
 * First deciles of {@code bench/jmh Steering -f 1 -i 150 -r 20ms}, run as root, by the kernel's own
 * test run of programs; Linux 6.18, JDK 25, two cores of a shared machine.
 */
public final class Steering implements AutoCloseable {
    /** A port we have whether or not a session has it. */
    public static final int OURS = 1;

    /** A session of the guest has the port. Alone: the pod's kernel may listen there too. */
    public static final int IN_SESSION = 2;

    /** The guest has the port open. */
    public static final int OPEN = 4;

    /** No other port. */
    public static final int NOT_MOVED = -1;

    private static final int POD_FLOWS = 8192;
    private static final int NO_FLOW = 0;
    private static final int DATAGRAMS = 4096; // in fragments, on their way at a time

    private final BpfMap steered = BpfMap.sharedBytes(SteeringTables.SHARED_LENGTH);
    private final Mapping mapping = steered.map(SteeringTables.SHARED_LENGTH);
    private final MemorySegment bytes = mapping.segment();
    private final BpfMap podFlows = BpfMap.recentKeys(SteeringTables.KEY_BYTES, POD_FLOWS);
    private final BpfMap fragments = BpfMap.recentKeys(SteeringTables.KEY_BYTES, DATAGRAMS);
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    /** In the pod's namespace. {@code pod} are the addresses of {@code uplink}. */
    Steering(NetDevice uplink, NetDevice tap, PodAddresses pod, Bpf.Mechanism mechanism) {
        SteeringTables tables = new SteeringTables(steered, podFlows, fragments);
        SteeringPrograms atUplink = new SteeringPrograms(pod, tables);
        PodSidePrograms podSide = new PodSidePrograms(pod, tables);
        NetDevice loopback = new NetDevice("lo");
        try {
            Fd ingress = load(atUplink.ingressOfUplink(tap.index()), "vdp_ingress");
            Fd egress = load(atUplink.egressOfUplink(tap.index()), "vdp_egress");
            Fd fromUs = load(podSide.ingressOfTap(uplink.index(), loopback.index()), "vdp_tap");
            Fd local = load(podSide.ingressOfLoopback(tap.index()), "vdp_loopback");
            owned.push(Bpf.attach(fromUs, tap, Bpf.Hook.INGRESS, mechanism));
            owned.push(Bpf.attach(egress, uplink, Bpf.Hook.EGRESS, mechanism));
            owned.push(Bpf.attach(ingress, uplink, Bpf.Hook.INGRESS, mechanism));
            owned.push(Bpf.attach(local, loopback, Bpf.Hook.INGRESS, mechanism));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private Fd load(BpfAssembler program, String name) {
        Fd loaded = Bpf.load(program, name);
        owned.push(loaded);
        return loaded;
    }

    /**
     * Who has what comes to a TCP or UDP port, or to an ICMP echo identifier. Worker's thread, as
     * the rest.
     *
     * @param bits of {@link #OURS}, {@link #IN_SESSION} and {@link #OPEN}; none: it is the pod's
     */
    public void steer(boolean ipv6, int protocol, int port, int bits) {
        set(ipv6, base(protocol) + port, bits);
    }

    /** Ping requests. */
    public void steerPing(boolean ipv6, boolean toUs) {
        set(ipv6, SteeringTables.PING_AT, toUs ? 1 : 0);
    }

    /** Protocols but TCP, UDP and ICMP. */
    public void steerOthers(boolean ipv6, boolean toUs) {
        set(ipv6, SteeringTables.OTHERS_AT, toUs ? 1 : 0);
    }

    private void set(boolean ipv6, int at, int value) {
        long family = ipv6 ? 1L << SteeringTables.FAMILY_SHIFT : 0;
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
        return (value & 0xff) == SteeringTables.MOVED
                ? swap(value >>> 8 * SteeringTables.OTHER_PORT)
                : NOT_MOVED;
    }

    /** The pod's kernel has this flow, by its own port. */
    public void keepPodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        put(protocol, localPort, remoteHigh, remoteLow, remotePort, SteeringTables.PLAIN);
    }

    /** The pod's kernel has this flow, but it is seen outside under the port {@code to}. */
    public void movePodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort, int to) {
        int alias = SteeringTables.ALIAS | swap(localPort) << 8 * SteeringTables.OTHER_PORT;
        int moved = SteeringTables.MOVED | swap(to) << 8 * SteeringTables.OTHER_PORT;
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

    private static int base(int protocol) {
        return switch (protocol) {
            case Protocols.TCP -> SteeringTables.TCP_AT;
            case Protocols.UDP -> SteeringTables.UDP_AT;
            default -> SteeringTables.ICMP_AT;
        };
    }

    private static int swap(int port) {
        return Short.reverseBytes((short) port) & 0xffff;
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("close steering", e);
            }
        }
        mapping.close();
        podFlows.close();
        fragments.close();
        steered.close();
    }
}
