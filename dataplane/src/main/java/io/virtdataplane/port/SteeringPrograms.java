package io.virtdataplane.port;

import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Protocols;

/**
 * The three eBPF programs of {@link Steering}, of which its theory of operation tells. Each reads a
 * packet of either family into one form: a key of remote address, local port, remote port, protocol
 * and family, as {@link Steering#isPodFlow} asks for it.
 *
 * <pre>
 *   key: remote address (16 bytes, IPv4 as ::ffff:a.b.c.d)    local port (2)    remote port (2)    protocol (1)    IPv6 (1)    0 (2)
 * </pre>
 */
final class SteeringPrograms {
    static final int KEY_BYTES = 24;

    // the bytes shared with the kernel: a region for each family, in it one for each kind of port
    static final int PORTS = 1 << 16;
    static final int TCP_AT = 0;
    static final int UDP_AT = PORTS;
    static final int ICMP_AT = 2 * PORTS; // echo identifiers of the guest's own queries
    static final int PING_AT = 3 * PORTS;
    static final int OTHERS_AT = 3 * PORTS + 1;
    static final int FAMILY_SHIFT = 18;
    static final int SHARED_LENGTH = 2 << FAMILY_SHIFT;

    /** Steered since a session of the guest has the port. */
    static final int IN_SESSION = 2;

    /** Owners of a datagram in fragments. */
    private static final int OURS = 1;

    private static final int PODS = 2;
    private static final int NEXT = -1; // TCX_NEXT: on to other programs and the stack
    private static final int SHOT = 2; // TC_ACT_SHOT
    private static final int HANDED_BACK_MARK = 0x7664_7001;
    private static final int[] OTHERS_WITH_PORTS = {
        Protocols.SCTP, Protocols.UDPLITE, Protocols.DCCP
    };
    private static final int PACKET_HOST = 0; // linux/if_packet.h: to this station's own address
    private static final int TCP_RESET = 4;
    private static final int TCP_SYN_ACK_RESET = 0x16;
    private static final int TCP_SYN = 2;
    private static final int TCP_LISTEN = 10;

    // struct __sk_buff
    private static final int SKB_PKT_TYPE = 4;
    private static final int SKB_MARK = 8;
    private static final int SKB_INGRESS_IFINDEX = 36;
    private static final int SOCK_STATE = 72; // struct bpf_sock.state

    // helpers, linux/bpf.h
    private static final int MAP_LOOKUP = 1;
    private static final int MAP_UPDATE = 2;
    private static final int CLONE_REDIRECT = 13;
    private static final int REDIRECT = 23;
    private static final int SK_RELEASE = 86;
    private static final int SKC_LOOKUP_TCP = 99;
    private static final int REDIRECT_NEIGH = 152;
    private static final int TO_INGRESS = 1; // BPF_F_INGRESS

    private static final int TUPLE_4 = 12;
    private static final int TUPLE_6 = 36;

    private final BpfMap steered;
    private final BpfMap podFlows;
    private final BpfMap fragments;
    private final PodAddresses pod;
    private final SteeringHeaders headers;

    SteeringPrograms(BpfMap steered, BpfMap podFlows, BpfMap fragments, PodAddresses pod) {
        this.fragments = fragments;
        this.steered = steered;
        this.podFlows = podFlows;
        this.pod = pod;
        this.headers = new SteeringHeaders(pod);
    }

    /** What arrives at the pod's device: the guest's is taken to our tap. */
    BpfAssembler ingressOfUplink(int tapIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        a.load(Size.WORD, 2, SteeringHeaders.CONTEXT, SKB_MARK)
                .jumpIf(2, Condition.NOT_EQUAL, HANDED_BACK_MARK, "fresh");
        a.move(3, 0)
                .store(Size.WORD, SteeringHeaders.CONTEXT, SKB_MARK, 3)
                .jump("next"); // the kernel is to see it as it was
        // IP for another station, or unicast IP in a broadcast frame (RFC 1122 3.3.6, RFC 1812
        // 5.3.4): the kernel sees to it that nobody gets it.
        a.label("fresh").load(Size.WORD, 2, SteeringHeaders.CONTEXT, SKB_PKT_TYPE);
        a.jumpIf(2, Condition.NOT_EQUAL, PACKET_HOST, "next");
        headers.readHeaders(a, true, "fragment");

        a.label("transport");
        jumpByTransport(a);
        a.move(SteeringHeaders.SLOT, OTHERS_AT)
                .storeImmediate(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 0)
                .jump("flow");
        a.label("ports");
        SteeringHeaders.loadL4(a, 4, "next");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4 + 2, SteeringHeaders.L4);
        slotOfPorts(a);
        a.jump("flow");

        a.label("icmp4");
        SteeringHeaders.loadL4(a, 8, "next");
        a.load(Size.BYTE, 2, 10, SteeringHeaders.L4);
        SteeringHeaders.jumpIfAny(a, 2, "ping", Icmp.ECHO_REQUEST, Icmp.TIMESTAMP_REQUEST);
        SteeringHeaders.jumpIfAny(a, 2, "pong", Icmp.ECHO_REPLY, Icmp.TIMESTAMP_REPLY);
        SteeringHeaders.jumpIfAny(
                a,
                2,
                "error",
                Icmp.DESTINATION_UNREACHABLE,
                Icmp.TIME_EXCEEDED,
                Icmp.PARAMETER_PROBLEM);
        a.jump("leave");
        a.label("icmp6");
        SteeringHeaders.loadL4(a, 8, "next");
        a.load(Size.BYTE, 2, 10, SteeringHeaders.L4);
        SteeringHeaders.jumpIfAny(a, 2, "ping", Icmpv6.ECHO_REQUEST);
        SteeringHeaders.jumpIfAny(a, 2, "pong", Icmpv6.ECHO_REPLY);
        SteeringHeaders.jumpIfAny(
                a,
                2,
                "error",
                Icmpv6.DESTINATION_UNREACHABLE,
                Icmpv6.PACKET_TOO_BIG,
                Icmpv6.TIME_EXCEEDED,
                Icmpv6.PARAMETER_PROBLEM);
        a.jump("leave"); // neighbours, multicast groups: the kernel's
        a.label("ping").move(SteeringHeaders.SLOT, PING_AT).jump("lookup");
        a.label("pong");
        SteeringHeaders.keepIdentifier(a);
        a.jump("flow");
        errorAboutOwnPacket(a);

        a.label("flow");
        lookupFlow(a).jumpIf(0, Condition.NOT_EQUAL, 0, "leave");
        a.label("lookup");
        loadSteering(a);
        a.jumpIf(2, Condition.EQUAL, 0, "leave");
        a.load(Size.WORD, 2, 10, SteeringHeaders.ABOUT_ERROR)
                .jumpIf(2, Condition.NOT_EQUAL, 0, "take");
        a.load(Size.BYTE, 2, 10, SteeringHeaders.PROTOCOL)
                .jumpIf(2, Condition.NOT_EQUAL, Protocols.TCP, "take");
        // A connection that the pod had before we came, or that was silent for long, is known by
        // its socket.
        lookupSocket(a);
        a.jumpIf(0, Condition.EQUAL, 0, "take");
        a.load(Size.WORD, SteeringHeaders.SLOT, 0, SOCK_STATE).copy(1, 0).call(SK_RELEASE);
        a.jumpIf(SteeringHeaders.SLOT, Condition.NOT_EQUAL, TCP_LISTEN, "leave");
        a.label("take");
        noteFragment(a, OURS, "redirect");
        a.label("redirect").move(1, tapIndex).move(2, 0).call(REDIRECT).exit();
        a.label("leave");
        noteFragment(a, PODS, "next");
        a.jump("next");

        // Ports are not in a later fragment: it follows the first of its datagram. Where that has
        // not come yet both sides may need it, and neither answers one that it cannot use.
        a.label("fragment");
        a.load(Size.WORD, 2, 10, SteeringHeaders.FRAGMENT_ID)
                .store(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 2);
        a.mapReference(1, fragments).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        a.call(MAP_LOOKUP).jumpIf(0, Condition.EQUAL, 0, "unknown");
        a.load(Size.WORD, 2, 0, 0).jumpIf(2, Condition.EQUAL, OURS, "redirect").jump("next");
        a.label("unknown").copy(1, SteeringHeaders.CONTEXT).move(2, tapIndex).move(3, 0);
        a.call(CLONE_REDIRECT);
        return a.label("next").move(0, NEXT).exit();
    }

    /** Whose a datagram is, where this is its first fragment; else on to {@code otherwise}. */
    private void noteFragment(BpfAssembler a, int owner, String otherwise) {
        a.load(Size.WORD, 2, 10, SteeringHeaders.IS_FRAGMENT)
                .jumpIf(2, Condition.EQUAL, 0, otherwise);
        a.load(Size.WORD, 2, 10, SteeringHeaders.FRAGMENT_ID)
                .store(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 2)
                .storeImmediate(Size.BYTE, 10, SteeringHeaders.PROTOCOL, 0)
                .storeImmediate(Size.WORD, 10, SteeringHeaders.VALUE, owner);
        a.mapReference(1, fragments).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        a.copy(3, 10).op(Operation.ADD, 3, SteeringHeaders.VALUE).move(4, 0).call(MAP_UPDATE);
    }

    /** What the pod's kernel sends itself: its flows are noted. */
    BpfAssembler egressOfUplink(int tapIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        a.load(Size.WORD, 2, SteeringHeaders.CONTEXT, SKB_INGRESS_IFINDEX)
                .jumpIf(2, Condition.EQUAL, tapIndex, "next"); // the guest's, sent by us
        headers.readHeaders(a, false, "next");

        a.label("transport");
        a.jumpIf(SteeringHeaders.SLOT, Condition.NOT_EQUAL, Protocols.TCP, "no-tcp");
        // A reset ends a flow, and the kernel may send one for a flow that never was its own.
        SteeringHeaders.loadFlags(a, "next");
        a.jumpIf(2, Condition.ANY_BIT, TCP_RESET, "next");
        a.label("no-tcp");
        jumpByTransport(a);
        a.storeImmediate(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 0).jump("note");
        a.label("ports");
        SteeringHeaders.loadL4(a, 4, "next");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4, SteeringHeaders.L4 + 2);
        a.jump("note");
        a.label("icmp4");
        SteeringHeaders.loadL4(a, 8, "next");
        a.load(Size.BYTE, 2, 10, SteeringHeaders.L4);
        SteeringHeaders.jumpIfAny(a, 2, "query", Icmp.ECHO_REQUEST, Icmp.TIMESTAMP_REQUEST);
        a.jump("next");
        a.label("icmp6");
        SteeringHeaders.loadL4(a, 8, "next");
        a.load(Size.BYTE, 2, 10, SteeringHeaders.L4)
                .jumpIf(2, Condition.NOT_EQUAL, Icmpv6.ECHO_REQUEST, "next");
        a.label("query");
        SteeringHeaders.keepIdentifier(a);
        a.label("note");
        lookupFlow(a).jumpIf(0, Condition.NOT_EQUAL, 0, "next");
        a.storeImmediate(Size.WORD, 10, SteeringHeaders.VALUE, 1);
        a.mapReference(1, podFlows).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        a.copy(3, 10).op(Operation.ADD, 3, SteeringHeaders.VALUE).move(4, 0).call(MAP_UPDATE);
        return a.label("next").move(0, NEXT).exit();
    }

    /** What we send: by the pod's device, or back to the pod's kernel as if it had come there. */
    BpfAssembler ingressOfTap(int uplinkIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        headers.readHeaders(a, true, "back");
        // Addressed to the pod itself. An unsolicited SYN to a port that a session of the guest has
        // is not refused by a kernel that does not listen there (RFC 5382 REQ-4).
        a.label("transport");
        a.jumpIf(SteeringHeaders.SLOT, Condition.NOT_EQUAL, Protocols.TCP, "back");
        SteeringHeaders.loadFlags(a, "back");
        a.op(Operation.AND, 2, TCP_SYN_ACK_RESET).jumpIf(2, Condition.NOT_EQUAL, TCP_SYN, "back");
        SteeringHeaders.loadL4(a, 4, "back");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4 + 2, SteeringHeaders.L4);
        slotOfPorts(a);
        loadSteering(a);
        a.jumpIf(2, Condition.NOT_EQUAL, IN_SESSION, "back");
        lookupSocket(a);
        a.jumpIf(0, Condition.EQUAL, 0, "drop").copy(1, 0).call(SK_RELEASE);
        a.label("back")
                .move(3, HANDED_BACK_MARK)
                .store(Size.WORD, SteeringHeaders.CONTEXT, SKB_MARK, 3);
        a.move(1, uplinkIndex).move(2, TO_INGRESS).call(REDIRECT).exit();
        a.label("next"); // not for the pod: out
        a.move(1, uplinkIndex).move(2, 0).move(3, 0).move(4, 0).call(REDIRECT_NEIGH).exit();
        return a.label("drop").move(0, SHOT).exit();
    }

    /** An ICMP error belongs to whom the packet inside it belongs to: its source is the pod. */
    private void errorAboutOwnPacket(BpfAssembler a) {
        a.label("error")
                .op(Operation.ADD, SteeringHeaders.AT, 8)
                .storeImmediate(Size.WORD, 10, SteeringHeaders.ABOUT_ERROR, 1);
        a.load(Size.BYTE, 2, 10, SteeringHeaders.FAMILY);
        if (pod.hasIpv6()) {
            a.jumpIf(2, Condition.NOT_EQUAL, 0, "error6");
        }
        if (pod.hasIpv4()) {
            headers.readIpv4(a, false, "next");
            a.jump("quoted");
        } else {
            a.jump("next");
        }
        if (pod.hasIpv6()) {
            a.label("error6");
            headers.readIpv6(a, false, "next", "inner");
        }
        a.label("quoted");
        SteeringHeaders.loadL4(a, 8, "next");
        SteeringHeaders.jumpIfAny(
                a, SteeringHeaders.SLOT, "quoted-query", Protocols.ICMP, Protocols.ICMPV6);
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4, SteeringHeaders.L4 + 2);
        SteeringHeaders.jumpIfAny(
                a, SteeringHeaders.SLOT, "quoted-ports", Protocols.TCP, Protocols.UDP);
        SteeringHeaders.jumpIfAny(a, SteeringHeaders.SLOT, "quoted-ports", OTHERS_WITH_PORTS);
        a.storeImmediate(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 0);
        a.label("quoted-ports");
        slotOfPorts(a);
        a.jump("flow");
        a.label("quoted-query");
        SteeringHeaders.keepIdentifier(a);
        a.jump("flow");
    }

    private static void jumpByTransport(BpfAssembler a) {
        a.load(Size.BYTE, 2, 10, SteeringHeaders.FAMILY)
                .jumpIf(2, Condition.NOT_EQUAL, 0, "transport6");
        a.jumpIf(SteeringHeaders.SLOT, Condition.EQUAL, Protocols.ICMP, "icmp4")
                .jump("transport-ports");
        a.label("transport6")
                .jumpIf(SteeringHeaders.SLOT, Condition.EQUAL, Protocols.ICMPV6, "icmp6");
        a.label("transport-ports");
        SteeringHeaders.jumpIfAny(a, SteeringHeaders.SLOT, "ports", Protocols.TCP, Protocols.UDP);
        SteeringHeaders.jumpIfAny(a, SteeringHeaders.SLOT, "ports", OTHERS_WITH_PORTS);
    }

    /** The place of the steering byte of the key's local port, within its family. */
    private static void slotOfPorts(BpfAssembler a) {
        a.load(Size.BYTE, 3, 10, SteeringHeaders.PROTOCOL);
        a.load(Size.HALF, SteeringHeaders.SLOT, 10, SteeringHeaders.LOCAL_PORT)
                .networkToHost(SteeringHeaders.SLOT, 16);
        String done = "slot-" + a.position();
        a.jumpIf(3, Condition.EQUAL, Protocols.TCP, done)
                .op(Operation.ADD, SteeringHeaders.SLOT, UDP_AT);
        a.jumpIf(3, Condition.EQUAL, Protocols.UDP, done).move(SteeringHeaders.SLOT, OTHERS_AT);
        a.label(done);
    }

    private BpfAssembler lookupFlow(BpfAssembler a) {
        a.mapReference(1, podFlows).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        return a.call(MAP_LOOKUP);
    }

    /** Register 2 becomes the steering byte. */
    private void loadSteering(BpfAssembler a) {
        a.load(Size.BYTE, 3, 10, SteeringHeaders.FAMILY)
                .op(Operation.AND, 3, 1)
                .op(Operation.SHIFT_LEFT, 3, FAMILY_SHIFT)
                .opRegister(Operation.ADD, SteeringHeaders.SLOT, 3);
        a.mapValue(1, steered, 0)
                .opRegister(Operation.ADD, 1, SteeringHeaders.SLOT)
                .load(Size.BYTE, 2, 1, 0);
    }

    /** Register 0 becomes the pod's TCP socket for the key, or 0; it is to be released. */
    private void lookupSocket(BpfAssembler a) {
        String ipv6 = "socket6-" + a.position();
        String lookup = "socket-" + a.position();
        a.load(Size.BYTE, 2, 10, SteeringHeaders.FAMILY).jumpIf(2, Condition.NOT_EQUAL, 0, ipv6);
        a.load(Size.WORD, 2, 10, SteeringHeaders.KEY + 12)
                .store(Size.WORD, 10, SteeringHeaders.TUPLE, 2);
        a.moveLong(2, pod.ipv4InMemory()).store(Size.WORD, 10, SteeringHeaders.TUPLE + 4, 2);
        a.load(Size.HALF, 2, 10, SteeringHeaders.REMOTE_PORT)
                .store(Size.HALF, 10, SteeringHeaders.TUPLE + 8, 2);
        a.load(Size.HALF, 2, 10, SteeringHeaders.LOCAL_PORT)
                .store(Size.HALF, 10, SteeringHeaders.TUPLE + 10, 2);
        a.move(4, TUPLE_4).jump(lookup);
        a.label(ipv6);
        for (int half = 0; half < 2; half++) {
            int at = SteeringHeaders.TUPLE + 8 * half;
            a.load(Size.DOUBLE, 2, 10, SteeringHeaders.KEY + 8 * half)
                    .store(Size.DOUBLE, 10, at, 2);
            a.moveLong(2, pod.ipv6InMemory(half)).store(Size.DOUBLE, 10, at + 16, 2);
        }
        a.load(Size.HALF, 2, 10, SteeringHeaders.REMOTE_PORT)
                .store(Size.HALF, 10, SteeringHeaders.TUPLE + 32, 2);
        a.load(Size.HALF, 2, 10, SteeringHeaders.LOCAL_PORT)
                .store(Size.HALF, 10, SteeringHeaders.TUPLE + 34, 2);
        a.move(4, TUPLE_6);
        a.label(lookup)
                .copy(1, SteeringHeaders.CONTEXT)
                .copy(2, 10)
                .op(Operation.ADD, 2, SteeringHeaders.TUPLE);
        a.copy(3, 4).move(4, -1).move(5, 0); // size, this namespace, no flags
        a.call(SKC_LOOKUP_TCP);
    }
}
