package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Shares one pod address between the guest and the pod's own kernel.
 *
 * <p>Theory of operation. Three small eBPF programs stand at the pod's devices (tcx links where the
 * kernel has them: they go when this process goes, and the kernel has everything back).
 *
 * <ul>
 *   <li><b>egress of eth0</b> sees only what the pod's kernel sends itself and notes its flows
 *       (protocol, ports, remote address) in {@code podFlows}, least recently used first to go.
 *   <li><b>ingress of eth0</b> takes a packet for the pod's address away from the kernel, unless it
 *       belongs to a noted flow, to a TCP socket of the pod, or to a port that is not steered. What
 *       it takes is redirected to the steering tap, which we read. So each packet has one owner,
 *       decided in one place: the kernel can neither answer for the guest nor lose its own packets.
 *   <li><b>ingress of the steering tap</b> sees what we send. A packet for the pod's own address is
 *       handed back to the kernel as if it came in by eth0. All others leave by eth0, where the
 *       kernel's own routes and neighbours choose the next hop: no second routing table, ARP or ND
 *       of ours.
 * </ul>
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
    private static final int POD_FLOWS = 8192;
    private static final int DATAGRAMS = 4096; // in fragments, on their way at a time

    private final BpfMap steered = BpfMap.sharedBytes(SteeringPrograms.SHARED_LENGTH);
    private final Mapping mapping = steered.map(SteeringPrograms.SHARED_LENGTH);
    private final MemorySegment bytes = mapping.segment();
    private final BpfMap podFlows = BpfMap.recentKeys(SteeringPrograms.KEY_BYTES, POD_FLOWS);
    private final BpfMap fragments = BpfMap.recentKeys(SteeringPrograms.KEY_BYTES, DATAGRAMS);
    private final AutoCloseable[] owned = new AutoCloseable[6];

    /** In the pod's namespace. {@code pod} are the addresses of {@code uplink}. */
    Steering(NetDevice uplink, NetDevice tap, PodAddresses pod, Bpf.Mechanism mechanism) {
        SteeringPrograms programs = new SteeringPrograms(steered, podFlows, fragments, pod);
        try {
            Fd ingress = Bpf.load(programs.ingressOfUplink(tap.index()), "vdp_ingress");
            owned[0] = ingress;
            Fd egress = Bpf.load(programs.egressOfUplink(tap.index()), "vdp_egress");
            owned[1] = egress;
            Fd fromUs = Bpf.load(programs.ingressOfTap(uplink.index()), "vdp_tap");
            owned[2] = fromUs;
            owned[3] = Bpf.attach(fromUs, tap, Bpf.Hook.INGRESS, mechanism);
            owned[4] = Bpf.attach(egress, uplink, Bpf.Hook.EGRESS, mechanism);
            owned[5] = Bpf.attach(ingress, uplink, Bpf.Hook.INGRESS, mechanism);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Who has what comes to a port. */
    public enum Owner {
        POD,
        US,
        /** Us, by a session of the guest: the pod's kernel may listen there too. */
        SESSION
    }

    /** Of a TCP or UDP port, or an ICMP echo identifier. Worker's thread, as the rest. */
    public void steer(boolean ipv6, int protocol, int port, Owner owner) {
        set(ipv6, base(protocol) + port, owner.ordinal());
    }

    /** Ping requests. */
    public void steerPing(boolean ipv6, boolean toUs) {
        set(ipv6, SteeringPrograms.PING_AT, toUs ? 1 : 0);
    }

    /** Protocols but TCP, UDP and ICMP. */
    public void steerOthers(boolean ipv6, boolean toUs) {
        set(ipv6, SteeringPrograms.OTHERS_AT, toUs ? 1 : 0);
    }

    private void set(boolean ipv6, int at, int value) {
        long family = ipv6 ? 1L << SteeringPrograms.FAMILY_SHIFT : 0;
        bytes.set(ValueLayout.JAVA_BYTE, family + at, (byte) value);
    }

    /**
     * Whether the pod's kernel has sent on this flow lately: then its port cannot be the guest's
     * for that destination. Addresses as {@link Ip} holds them.
     */
    public boolean isPodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        long family = Ip.isMapped(remoteHigh, remoteLow) ? 0 : 1;
        long ports =
                swap(localPort) | (long) swap(remotePort) << 16 | (protocol | family << 8) << 32;
        return podFlows.contains(
                Long.reverseBytes(remoteHigh), Long.reverseBytes(remoteLow), ports);
    }

    private static int base(int protocol) {
        return switch (protocol) {
            case Protocols.TCP -> SteeringPrograms.TCP_AT;
            case Protocols.UDP -> SteeringPrograms.UDP_AT;
            default -> SteeringPrograms.ICMP_AT;
        };
    }

    private static int swap(int port) {
        return Short.reverseBytes((short) port) & 0xffff;
    }

    @Override
    public void close() {
        for (int i = owned.length - 1; i >= 0; i--) {
            if (owned[i] != null) {
                try {
                    owned[i].close();
                } catch (Exception e) {
                    throw new IllegalStateException("close steering", e);
                }
            }
        }
        mapping.close();
        podFlows.close();
        fragments.close();
        steered.close();
    }
}
