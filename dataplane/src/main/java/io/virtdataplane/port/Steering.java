package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.NetDevice;
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
 * <p>Which ports are steered is a byte per protocol and port in memory shared with the kernel:
 * claiming one costs no system call. IPv4 only; ARP and IPv6 stay with the kernel.
 */
public final class Steering implements AutoCloseable {
    private static final int PORTS = 1 << 16;
    private static final int TCP_AT = 0;
    private static final int UDP_AT = PORTS;
    private static final int ICMP_AT = 2 * PORTS; // echo identifiers of the guest's own queries
    private static final int ECHO_REQUEST_AT = 3 * PORTS;
    private static final int OTHER_PROTOCOLS_AT = 3 * PORTS + 1;
    private static final int SHARED_LENGTH = 3 * PORTS + 4096;
    private static final int POD_FLOWS = 8192;
    private static final int FLOW_KEY = 12; // remote address, local port, remote port, protocol

    private static final int NEXT = -1; // TCX_NEXT: on to other programs and the stack
    private static final int HANDED_BACK_MARK = 0x7664_7001;
    private static final int ETH_P_IP_BE = 0x0008;
    private static final int ETHERNET = 14;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMP = 1;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_RESET = 4;
    private static final int TCP_LISTEN = 10;

    // struct __sk_buff
    private static final int SKB_MARK = 8;
    private static final int SKB_PROTOCOL = 16;
    private static final int SKB_INGRESS_IFINDEX = 36;
    private static final int SOCK_STATE = 72; // struct bpf_sock.state

    // helpers, linux/bpf.h
    private static final int MAP_LOOKUP = 1;
    private static final int MAP_UPDATE = 2;
    private static final int CLONE_REDIRECT = 13;
    private static final int REDIRECT = 23;
    private static final int SKB_LOAD_BYTES = 26;
    private static final int SK_RELEASE = 86;
    private static final int SKC_LOOKUP_TCP = 99;
    private static final int REDIRECT_NEIGH = 152;
    private static final int TO_INGRESS = 1; // BPF_F_INGRESS

    // stack, from the frame pointer down
    private static final int IP = -24; // 20 bytes of IPv4 header
    private static final int L4 = -32; // first 8 bytes behind it
    private static final int KEY = -48; // FLOW_KEY bytes
    private static final int VALUE = -56;
    private static final int TUPLE = -72; // struct bpf_sock_tuple.ipv4: 12 bytes
    private static final int CONTEXT = 6;
    private static final int L4_OFFSET = 7;
    private static final int SLOT = 8;
    private static final int ADDRESS = 9;

    private final BpfMap steered = BpfMap.sharedBytes(SHARED_LENGTH);
    private final Mapping mapping = steered.map(SHARED_LENGTH);
    private final MemorySegment bytes = mapping.segment();
    private final BpfMap podFlows = BpfMap.recentKeys(FLOW_KEY, POD_FLOWS);
    private final AutoCloseable[] owned = new AutoCloseable[6];

    /** In the pod's namespace. {@code podAddress} is eth0's IPv4 address. */
    Steering(NetDevice uplink, NetDevice tap, int podAddress, Bpf.Mechanism mechanism) {
        try {
            Fd ingress = Bpf.load(ingressOfUplink(tap.index(), podAddress), "vdp_ingress");
            owned[0] = ingress;
            Fd egress = Bpf.load(egressOfUplink(tap.index(), podAddress), "vdp_egress");
            owned[1] = egress;
            Fd fromUs = Bpf.load(ingressOfTap(uplink.index(), podAddress), "vdp_tap");
            owned[2] = fromUs;
            owned[3] = Bpf.attach(fromUs, tap, Bpf.Hook.INGRESS, mechanism);
            owned[4] = Bpf.attach(egress, uplink, Bpf.Hook.EGRESS, mechanism);
            owned[5] = Bpf.attach(ingress, uplink, Bpf.Hook.INGRESS, mechanism);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Steers a TCP or UDP port, or an ICMP echo identifier, to us, or leaves it to the pod.
     * Worker's thread.
     */
    public void steer(int protocol, int port, boolean toUs) {
        bytes.set(ValueLayout.JAVA_BYTE, base(protocol) + port, (byte) (toUs ? 1 : 0));
    }

    /** Ping requests and protocols without ports. */
    public void steerPortless(boolean toUs) {
        bytes.set(ValueLayout.JAVA_BYTE, ECHO_REQUEST_AT, (byte) (toUs ? 1 : 0));
        bytes.set(ValueLayout.JAVA_BYTE, OTHER_PROTOCOLS_AT, (byte) (toUs ? 1 : 0));
    }

    /**
     * Whether the pod's kernel has sent on this flow lately: then its port cannot be the guest's
     * for that destination.
     */
    public boolean isPodFlow(int protocol, int localPort, int remoteAddress, int remotePort) {
        long first =
                Integer.reverseBytes(remoteAddress) & 0xffff_ffffL
                        | (long) swap(localPort) << 32
                        | (long) swap(remotePort) << 48;
        return podFlows.contains(first, protocol);
    }

    private static int base(int protocol) {
        return switch (protocol) {
            case TCP -> TCP_AT;
            case UDP -> UDP_AT;
            default -> ICMP_AT;
        };
    }

    private static int swap(int port) {
        return Short.reverseBytes((short) port) & 0xffff;
    }

    private BpfAssembler ingressOfUplink(int tapIndex, int podAddress) {
        BpfAssembler a = new BpfAssembler().copy(CONTEXT, 1);
        a.load(Size.WORD, 2, CONTEXT, SKB_MARK)
                .jumpIf(2, Condition.NOT_EQUAL, HANDED_BACK_MARK, "fresh");
        a.move(3, 0)
                .store(Size.WORD, CONTEXT, SKB_MARK, 3)
                .jump("next"); // the kernel is to see it as it was
        a.label("fresh").storeImmediate(Size.DOUBLE, 10, L4, 0); // not every path below loads it
        loadIpHeader(a, "next");
        a.load(Size.WORD, 2, 10, IP + 16);
        jumpUnlessAddress(a, 2, podAddress, "next");
        a.load(Size.HALF, 2, 10, IP + 6)
                .networkToHost(2, 16)
                .op(Operation.AND, 2, 0x1fff)
                .jumpIf(2, Condition.NOT_EQUAL, 0, "fragment");
        a.load(Size.BYTE, 3, 10, IP + 9);
        a.jumpIf(3, Condition.EQUAL, ICMP, "icmp");
        a.jumpIf(3, Condition.EQUAL, TCP, "ports").jumpIf(3, Condition.EQUAL, UDP, "ports");
        a.move(SLOT, OTHER_PROTOCOLS_AT).jump("lookup");

        a.label("ports");
        loadL4(a, 4, "next");
        a.load(Size.HALF, 2, 10, L4).store(Size.HALF, 10, KEY + 6, 2); // remote port
        a.load(Size.HALF, SLOT, 10, L4 + 2).store(Size.HALF, 10, KEY + 4, SLOT); // local port
        a.load(Size.WORD, 2, 10, IP + 12).store(Size.WORD, 10, KEY, 2);
        a.networkToHost(SLOT, 16)
                .load(Size.BYTE, 3, 10, IP + 9)
                .jumpIf(3, Condition.EQUAL, TCP, "flow");
        a.op(Operation.ADD, SLOT, UDP_AT).jump("flow");

        a.label("icmp");
        loadL4(a, 8, "next");
        a.load(Size.BYTE, 2, 10, L4);
        a.jumpIf(2, Condition.EQUAL, 8, "ping").jumpIf(2, Condition.EQUAL, 0, "pong");
        a.jumpIf(2, Condition.EQUAL, 3, "error")
                .jumpIf(2, Condition.EQUAL, 11, "error")
                .jumpIf(2, Condition.EQUAL, 12, "error")
                .jump("next");
        a.label("ping").move(SLOT, ECHO_REQUEST_AT).jump("lookup");
        a.label("pong");
        a.load(Size.WORD, 2, 10, IP + 12).store(Size.WORD, 10, KEY, 2);
        a.load(Size.HALF, SLOT, 10, L4 + 4)
                .store(Size.HALF, 10, KEY + 4, SLOT)
                .storeImmediate(Size.HALF, 10, KEY + 6, 0);
        a.move(3, ICMP).networkToHost(SLOT, 16).op(Operation.ADD, SLOT, ICMP_AT).jump("flow");
        errorAboutOwnPacket(a, podAddress);

        a.label("flow"); // KEY but for the protocol in r3; SLOT is the steering byte's place
        a.store(Size.WORD, 10, KEY + 8, 3).store(Size.WORD, 10, VALUE, 3);
        a.mapReference(1, podFlows)
                .copy(2, 10)
                .op(Operation.ADD, 2, KEY)
                .call(MAP_LOOKUP)
                .jumpIf(0, Condition.NOT_EQUAL, 0, "next");
        a.label("lookup");
        a.mapValue(1, steered, 0)
                .opRegister(Operation.ADD, 1, SLOT)
                .load(Size.BYTE, 2, 1, 0)
                .jumpIf(2, Condition.EQUAL, 0, "next");
        a.load(Size.BYTE, 3, 10, IP + 9).jumpIf(3, Condition.NOT_EQUAL, TCP, "take");
        unlessPodsSocket(a);
        a.label("take").move(1, tapIndex).move(2, 0).call(REDIRECT).exit();

        a.label("fragment"); // ports are not in it: both may need it, and neither answers one that
        // it cannot use
        a.copy(1, CONTEXT).move(2, tapIndex).move(3, 0).call(CLONE_REDIRECT);
        return a.label("next").move(0, NEXT).exit();
    }

    /**
     * A TCP connection that the pod had before we came, or that was silent for long, is known by
     * its socket.
     */
    private static void unlessPodsSocket(BpfAssembler a) {
        a.load(Size.WORD, 2, 10, IP + 12).store(Size.WORD, 10, TUPLE, 2);
        a.load(Size.WORD, 2, 10, IP + 16).store(Size.WORD, 10, TUPLE + 4, 2);
        a.load(Size.WORD, 2, 10, L4).store(Size.WORD, 10, TUPLE + 8, 2);
        a.copy(1, CONTEXT)
                .copy(2, 10)
                .op(Operation.ADD, 2, TUPLE)
                .move(3, 12)
                .move(4, -1)
                .move(5, 0)
                .call(SKC_LOOKUP_TCP);
        a.jumpIf(0, Condition.EQUAL, 0, "take");
        a.load(Size.WORD, SLOT, 0, SOCK_STATE).copy(1, 0).call(SK_RELEASE);
        a.jumpIf(SLOT, Condition.NOT_EQUAL, TCP_LISTEN, "next");
    }

    /** An ICMP error belongs to whom the packet inside it belongs to. */
    private static void errorAboutOwnPacket(BpfAssembler a, int podAddress) {
        a.label("error");
        a.op(Operation.ADD, L4_OFFSET, 8);
        a.copy(1, CONTEXT)
                .copy(2, L4_OFFSET)
                .copy(3, 10)
                .op(Operation.ADD, 3, IP)
                .move(4, 20)
                .call(SKB_LOAD_BYTES);
        a.jumpIf(0, Condition.NOT_EQUAL, 0, "next");
        a.load(Size.WORD, 2, 10, IP + 12);
        jumpUnlessAddress(a, 2, podAddress, "next");
        a.load(Size.BYTE, 2, 10, IP)
                .op(Operation.AND, 2, 0xf)
                .op(Operation.SHIFT_LEFT, 2, 2)
                .opRegister(Operation.ADD, L4_OFFSET, 2);
        loadL4(a, 8, "next");
        a.load(Size.WORD, 2, 10, IP + 16).store(Size.WORD, 10, KEY, 2);
        a.load(Size.BYTE, 3, 10, IP + 9)
                .storeImmediate(Size.BYTE, 10, IP + 9, ICMP); // what follows is no TCP segment
        a.jumpIf(3, Condition.EQUAL, ICMP, "error-about-ping");
        a.load(Size.HALF, 2, 10, L4 + 2).store(Size.HALF, 10, KEY + 6, 2);
        a.load(Size.HALF, SLOT, 10, L4).store(Size.HALF, 10, KEY + 4, SLOT).networkToHost(SLOT, 16);
        a.jumpIf(3, Condition.EQUAL, TCP, "flow")
                .jumpIf(3, Condition.NOT_EQUAL, UDP, "next")
                .op(Operation.ADD, SLOT, UDP_AT)
                .jump("flow");
        a.label("error-about-ping");
        a.load(Size.HALF, SLOT, 10, L4 + 4)
                .store(Size.HALF, 10, KEY + 4, SLOT)
                .storeImmediate(Size.HALF, 10, KEY + 6, 0);
        a.networkToHost(SLOT, 16).op(Operation.ADD, SLOT, ICMP_AT).jump("flow");
    }

    private BpfAssembler egressOfUplink(int tapIndex, int podAddress) {
        BpfAssembler a = new BpfAssembler().copy(CONTEXT, 1);
        a.load(Size.WORD, 2, CONTEXT, SKB_INGRESS_IFINDEX)
                .jumpIf(2, Condition.EQUAL, tapIndex, "next"); // the guest's, sent by us
        loadIpHeader(a, "next");
        a.load(Size.WORD, 2, 10, IP + 12);
        jumpUnlessAddress(a, 2, podAddress, "next");
        a.load(Size.HALF, 2, 10, IP + 6)
                .networkToHost(2, 16)
                .op(Operation.AND, 2, 0x1fff)
                .jumpIf(2, Condition.NOT_EQUAL, 0, "next");
        loadL4(a, 8, "next");
        a.load(Size.WORD, 2, 10, IP + 16).store(Size.WORD, 10, KEY, 2);
        a.load(Size.BYTE, 3, 10, IP + 9)
                .store(Size.WORD, 10, KEY + 8, 3)
                .store(Size.WORD, 10, VALUE, 3);
        noteNoReset(a);
        a.load(Size.BYTE, 3, 10, IP + 9);
        a.jumpIf(3, Condition.EQUAL, ICMP, "icmp")
                .jumpIf(3, Condition.EQUAL, TCP, "ports")
                .jumpIf(3, Condition.NOT_EQUAL, UDP, "next");
        a.label("ports");
        a.load(Size.HALF, 2, 10, L4).store(Size.HALF, 10, KEY + 4, 2);
        a.load(Size.HALF, 2, 10, L4 + 2).store(Size.HALF, 10, KEY + 6, 2).jump("note");
        a.label("icmp").load(Size.BYTE, 2, 10, L4).jumpIf(2, Condition.NOT_EQUAL, 8, "next");
        a.load(Size.HALF, 2, 10, L4 + 4)
                .store(Size.HALF, 10, KEY + 4, 2)
                .storeImmediate(Size.HALF, 10, KEY + 6, 0);
        a.label("note");
        a.mapReference(1, podFlows)
                .copy(2, 10)
                .op(Operation.ADD, 2, KEY)
                .call(MAP_LOOKUP)
                .jumpIf(0, Condition.NOT_EQUAL, 0, "next");
        a.mapReference(1, podFlows)
                .copy(2, 10)
                .op(Operation.ADD, 2, KEY)
                .copy(3, 10)
                .op(Operation.ADD, 3, VALUE)
                .move(4, 0)
                .call(MAP_UPDATE);
        return a.label("next").move(0, NEXT).exit();
    }

    /** A reset ends a flow, and the kernel may send one for a flow that never was its own. */
    private static void noteNoReset(BpfAssembler a) {
        a.jumpIf(3, Condition.NOT_EQUAL, TCP, "no-tcp");
        a.copy(1, CONTEXT).copy(2, L4_OFFSET).op(Operation.ADD, 2, TCP_FLAGS);
        a.copy(3, 10).op(Operation.ADD, 3, VALUE).move(4, 1).call(SKB_LOAD_BYTES);
        a.jumpIf(0, Condition.NOT_EQUAL, 0, "next");
        a.load(Size.BYTE, 2, 10, VALUE).jumpIf(2, Condition.ANY_BIT, TCP_RESET, "next");
        a.label("no-tcp");
    }

    private BpfAssembler ingressOfTap(int uplinkIndex, int podAddress) {
        BpfAssembler a = new BpfAssembler().copy(CONTEXT, 1);
        loadIpHeader(a, "drop");
        a.load(Size.WORD, 2, 10, IP + 16);
        jumpUnlessAddress(a, 2, podAddress, "out");
        a.move(3, HANDED_BACK_MARK).store(Size.WORD, CONTEXT, SKB_MARK, 3);
        a.move(1, uplinkIndex).move(2, TO_INGRESS).call(REDIRECT).exit();
        a.label("out")
                .move(1, uplinkIndex)
                .move(2, 0)
                .move(3, 0)
                .move(4, 0)
                .call(REDIRECT_NEIGH)
                .exit();
        return a.label("drop").move(0, 2).exit(); // TC_ACT_SHOT: we send nothing but IPv4
    }

    private static void loadIpHeader(BpfAssembler a, String otherwise) {
        a.load(Size.WORD, 2, CONTEXT, SKB_PROTOCOL)
                .jumpIf(2, Condition.NOT_EQUAL, ETH_P_IP_BE, otherwise);
        a.copy(1, CONTEXT)
                .move(2, ETHERNET)
                .copy(3, 10)
                .op(Operation.ADD, 3, IP)
                .move(4, 20)
                .call(SKB_LOAD_BYTES);
        a.jumpIf(0, Condition.NOT_EQUAL, 0, otherwise);
        a.load(Size.BYTE, L4_OFFSET, 10, IP)
                .op(Operation.AND, L4_OFFSET, 0xf)
                .op(Operation.SHIFT_LEFT, L4_OFFSET, 2);
        a.op(Operation.ADD, L4_OFFSET, ETHERNET);
    }

    private static void loadL4(BpfAssembler a, int length, String otherwise) {
        a.copy(1, CONTEXT)
                .copy(2, L4_OFFSET)
                .copy(3, 10)
                .op(Operation.ADD, 3, L4)
                .move(4, length)
                .call(SKB_LOAD_BYTES);
        a.jumpIf(0, Condition.NOT_EQUAL, 0, otherwise);
    }

    /**
     * Compares as the bytes lie in memory; through a 32-bit load, since an immediate would be
     * sign-extended.
     */
    private static void jumpUnlessAddress(BpfAssembler a, int register, int address, String label) {
        a.storeImmediate(Size.WORD, 10, VALUE, Integer.reverseBytes(address))
                .load(Size.WORD, ADDRESS, 10, VALUE);
        a.jumpIfRegister(register, Condition.NOT_EQUAL, ADDRESS, label);
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
        steered.close();
    }
}
