package io.virtdataplane.port;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Shares one pod address between the guest and the pod's own kernel.
 *
 * <p>Theory of operation. Four small eBPF programs (pod.bpf.c) stand at the pod's devices (tcx
 * links where the kernel has them: they go when this process goes, and the kernel has everything
 * back).
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
 *   <li><b>ingress of the guest's device</b>, where its frames may be carried, and ingress of eth0
 *       before anything else: what is plain in an established session of the guest ({@link
 *       FlowTable}) is translated and sent on there and then. All else that the guest sends comes
 *       to us by a tap of its own ({@link CarriedGuest}).
 * </ul>
 *
 * <p>Where the guest has a session and the pod's kernel draws the very same port for the very same
 * remote endpoint, both live: the first packet of the pod's flow comes to us ({@code ASKED}), we
 * choose another port for it ({@link SteeringTables#movePodFlow}), and from then on the programs
 * exchange the two on the way. The guest's later flow gets another port from the NAT, which asks
 * {@link SteeringTables#isPodFlow}.
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
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final SteeringTables tables;
    private final FlowTable flows;
    private final BpfObject object;

    /**
     * In the pod's namespace.
     *
     * @param pod addresses of {@code uplink}
     * @param guest whose frames may be carried, or null
     */
    Steering(
            NetDevice uplink,
            NetDevice tap,
            PodAddresses pod,
            CarriedGuest guest,
            Bpf.Mechanism mechanism) {
        NetDevice loopback = new NetDevice("lo");
        object =
                PodPrograms.of(
                        pod,
                        new PodPrograms.Devices(uplink.index(), tap.index(), loopback.index()));
        owned.push(object);
        try {
            flows = guest == null ? FlowTable.none() : carry(guest, uplink, pod);
            tables = new SteeringTables(object);
            Fd ingress = object.load("vdp_ingress");
            Fd egress = object.load("vdp_egress");
            Fd fromUs = object.load("vdp_tap");
            Fd local = object.load("vdp_loopback");
            owned.push(Bpf.attach(fromUs, tap, Bpf.Hook.INGRESS, mechanism));
            owned.push(Bpf.attach(egress, uplink, Bpf.Hook.EGRESS, mechanism));
            owned.push(Bpf.attach(ingress, uplink, Bpf.Hook.INGRESS, mechanism));
            owned.push(Bpf.attach(local, loopback, Bpf.Hook.INGRESS, mechanism));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private FlowTable carry(CarriedGuest guest, NetDevice uplink, PodAddresses pod) {
        CarriedGuest.Plan plan = guest.plan();
        PodPrograms.carry(
                object,
                new PodPrograms.Carried(
                        plan.addresses().apply(pod),
                        guest.device().index(),
                        guest.tapIndex(),
                        guest.mtu(),
                        uplink.mtu(),
                        plan.gatewayMac(),
                        plan.flows(),
                        plan.seed()));
        return new FlowTable(
                object.memoryOfMap("flows"),
                object.memory("nic"),
                object.memory("carried"),
                plan.seed());
    }

    /** From now on what the guest sends is carried, or comes to us by its own tap. */
    AutoCloseable attachTo(CarriedGuest guest, Bpf.Mechanism mechanism) {
        Fd program = object.load("vdp_guest");
        return Bpf.attach(program, guest.device(), Bpf.Hook.INGRESS, mechanism);
    }

    /** What the kernel carries of the guest's flows. */
    public FlowTable flows() {
        return flows;
    }

    /** Who has which port and flow. Worker's thread. */
    public SteeringTables tables() {
        return tables;
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
    }
}
