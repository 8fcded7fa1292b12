package io.virtdataplane.port;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.NftRedirect;
import io.virtdataplane.sys.Tun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Shares one pod address between the guest and the pod's own kernel.
 *
 * <p>Theory of operation. Four small eBPF programs (pod.bpf.c) stand at the pod's devices. Where
 * the kernel has tcx links and a bpffs they outlive this process for a while ({@link ProgramPins}),
 * with the taps, and the next daemon takes them over: what is established goes on, and the pod's
 * kernel does not answer for the guest. Where none comes in time they give the kernel everything
 * back. Elsewhere tcx links go when this process goes.
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
    private final ProgramPins pins;
    private final Pod pod;
    private final Bpf.Mechanism mechanism;
    private final ProgramPins.Made made;
    private final ProgramPins.Fit fit;
    private final AutoCloseable guestLink; // null where no frames are carried
    private final boolean wasInMesh;
    private Fd mesh; // null: not open
    private NftRedirect redirect; // null: the mesh's own rules do
    private int redirectedTo;

    /**
     * A pod's devices, open in its namespace.
     *
     * @param tapFd of {@code tap}
     * @param addresses of {@code uplink}
     * @param guest whose frames may be carried, or null
     */
    record Pod(
            NetDevice uplink,
            NetDevice tap,
            Fd tapFd,
            PodAddresses addresses,
            CarriedGuest guest) {}

    /** In the pod's namespace. What {@code pins} have is taken over where it fits. */
    static Steering open(Pod pod, Bpf.Mechanism mechanism, ProgramPins pins) {
        try {
            return new Steering(pod, mechanism, pins);
        } catch (RuntimeException e) {
            if (!pins.isWhole()) {
                pins.remove(); // it was never all there
                throw e;
            }
            pins.clear(e.getMessage());
        }
        try {
            return new Steering(pod, mechanism, pins);
        } catch (RuntimeException e) {
            pins.remove();
            throw e;
        }
    }

    private Steering(Pod pod, Bpf.Mechanism mechanism, ProgramPins pins) {
        this.pod = pod;
        this.mechanism = mechanism;
        this.pins = pins;
        NetDevice loopback = new NetDevice("lo");
        object =
                PodPrograms.of(
                        pod.addresses(),
                        new PodPrograms.Devices(
                                pod.uplink().index(), pod.tap().index(), loopback.index()));
        owned.push(object);
        try {
            if (pod.guest() != null) {
                carry();
            }
            made = new ProgramPins.Made(place(loopback), object.digest());
            fit = pins.fit(made);
            if (!isKept()) {
                pins.clear("it was made for other devices or addresses, or its maps are others");
                persist(false);
            }
            object.keepIn(pins.pins());
            flows = flowTable();
            flows.nic().beat(System.nanoTime());
            tables = new SteeringTables(object);
            wasInMesh = isKept() && tables.meshDevice() != 0;
            link("tap", "vdp_tap", pod.tap(), Bpf.Hook.INGRESS);
            link("egress", "vdp_egress", pod.uplink(), Bpf.Hook.EGRESS);
            link("ingress", "vdp_ingress", pod.uplink(), Bpf.Hook.INGRESS);
            link("loopback", "vdp_loopback", loopback, Bpf.Hook.INGRESS);
            guestLink = pod.guest() == null || !isKept() ? null : guestLink();
        } catch (RuntimeException e) {
            closeOwned();
            throw e;
        }
    }

    private AutoCloseable guestLink() {
        return link("guest", "vdp_guest", pod.guest().device(), Bpf.Hook.INGRESS);
    }

    private AutoCloseable link(String name, String program, NetDevice device, Bpf.Hook hook) {
        AutoCloseable link =
                pins.link(
                        name,
                        device.index(),
                        fit,
                        () -> object.load(program),
                        loaded -> Bpf.attach(loaded, device, hook, mechanism));
        owned.push(link);
        object.keepIn(pins.pins()); // it may have been given up
        return link;
    }

    /**
     * What maps and flows hold for. Of MTUs only the programs know. Devices of two namespaces may
     * have the same numbers.
     */
    private byte[] place(NetDevice loopback) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(object.layout());
            Object inode = Files.getAttribute(Path.of("/proc/thread-self/ns/net"), "unix:ino");
            String here =
                    "namespace=%s uplink=%d tap=%d loopback=%d %s %s"
                            .formatted(
                                    inode,
                                    pod.uplink().index(),
                                    pod.tap().index(),
                                    loopback.index(),
                                    pod.addresses(),
                                    carriedGuest());
            return sha.digest(here.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        } catch (IOException e) {
            throw new UncheckedIOException("look at the pod's namespace", e);
        }
    }

    private String carriedGuest() {
        CarriedGuest guest = pod.guest();
        if (guest == null) {
            return "";
        }
        CarriedGuest.Plan plan = guest.plan();
        DualStack both = plan.addresses().apply(pod.addresses());
        return "guest=%d tap=%d %x %x%016x %x%016x flows=%d seed=%x"
                .formatted(
                        guest.device().index(),
                        guest.tapIndex(),
                        plan.gatewayMac(),
                        both.ipv4().guestHigh(),
                        both.ipv4().guestLow(),
                        both.ipv6().guestHigh(),
                        both.ipv6().guestLow(),
                        plan.flows(),
                        plan.seed());
    }

    private void carry() {
        CarriedGuest guest = pod.guest();
        CarriedGuest.Plan plan = guest.plan();
        PodPrograms.carry(
                object,
                new PodPrograms.Carried(
                        plan.addresses().apply(pod.addresses()),
                        guest.device().index(),
                        guest.tapIndex(),
                        guest.mtu(),
                        pod.uplink().mtu(),
                        plan.gatewayMac(),
                        plan.flows(),
                        plan.seed()));
    }

    private FlowTable flowTable() {
        return pod.guest() == null
                ? FlowTable.none(object.memory("nic"))
                : new FlowTable(
                        object.memoryOfMap("flows"),
                        object.memory("nic"),
                        object.memory("carried"),
                        object.memory("notes"),
                        pod.guest().plan().seed());
    }

    /** From now on what the guest sends is carried, or comes to us by its own tap. */
    AutoCloseable attachToGuest() {
        return guestLink == null ? guestLink() : guestLink;
    }

    /** An earlier run was in a service mesh, and its connections may go on. */
    public boolean wasInMesh() {
        return wasInMesh;
    }

    /**
     * From now on the guest's TCP can be sent to the pod's kernel, for a service mesh's rules; it
     * stays so until this is closed. In the pod's namespace.
     *
     * @param mtu what the guest is told
     */
    public void openMesh(DualStack addresses, long gatewayMac, int mtu) {
        if (mesh != null) {
            return;
        }
        NetDevice device = new NetDevice(MeshDevice.name(pod.uplink().name()));
        Fd tap = MeshDevice.open(device.name(), addresses, gatewayMac, mtu);
        owned.push(tap);
        try {
            owned.push(
                    pins.link(
                            "mesh",
                            fit,
                            () -> object.load("vdp_mesh"),
                            loaded -> Bpf.attach(loaded, device, Bpf.Hook.EGRESS, mechanism)));
            tables.meshDevice(device.index(), addresses);
            Tun.persist(tap, pins.isOn());
            mesh = tap;
        } catch (RuntimeException e) {
            owned.remove(tap);
            tap.close();
            throw e;
        }
    }

    /**
     * The guest's TCP goes to this port, whatever the mesh's rules say of it; 0: they decide. In
     * the pod's namespace, after {@link #openMesh}.
     */
    public void redirectMesh(int port) {
        if (port == redirectedTo) {
            return;
        }
        closeRedirect();
        if (port != 0) {
            redirect = new NftRedirect(MeshDevice.name(pod.uplink().name()), port);
            redirectedTo = port;
        }
    }

    private void closeRedirect() {
        redirectedTo = 0;
        if (redirect != null) {
            redirect.close();
            redirect = null;
        }
    }

    /** What an earlier run may have left of a mesh, where this one has none. */
    public void closeMesh(long gatewayMac) {
        MeshDevice.remove(pod.uplink().name(), gatewayMac);
    }

    private void persist(boolean persistent) {
        Tun.persist(pod.tapFd(), persistent);
        if (mesh != null) {
            Tun.persist(mesh, persistent);
        }
        if (pod.guest() != null) {
            Tun.persist(pod.guest().tap(), persistent);
        }
    }

    /** All that belongs to it is open: it outlives this process, where anything does. */
    public void keep() {
        if (pins.isOn()) {
            persist(true);
            pins.seal(made, pod.guest() == null ? 0 : pod.guest().plan().seed());
        }
    }

    /** Before it is closed: it does not outlive it. */
    public void giveBack() {
        pins.remove();
        persist(false);
    }

    /** An earlier run has left it, with sessions and all. */
    public boolean isKept() {
        return fit != ProgramPins.Fit.NONE;
    }

    /** That, and its links run this version's programs from now on. */
    public boolean isReplaced() {
        return fit == ProgramPins.Fit.LINKS;
    }

    /** Why what an earlier run has left was not taken over; else empty. */
    public String setAside() {
        return pins.setAside();
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
        if (!pins.isWhole()) {
            pins.remove(); // it was never all there
        }
        pins.close();
        closeRedirect();
        closeOwned();
    }

    private void closeOwned() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("close steering", e);
            }
        }
    }
}
