package io.virtdataplane.port;

import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Protocols;

/**
 * The two eBPF programs of {@link Steering} at the pod's device. Each reads a packet of either
 * family into one form, the key of its flow, and decides who has it.
 */
final class SteeringPrograms {
    static final int NEXT = -1; // TCX_NEXT: on to other programs and the stack
    static final int SHOT = 2; // TC_ACT_SHOT
    static final int HANDED_BACK_MARK = 0x7664_7001;
    static final int PACKET_HOST = 0; // linux/if_packet.h: to this station's own address
    private static final int TCP_RESET = 4;
    static final int TCP_SYN_ACK_RESET = 0x16;
    static final int TCP_SYN = 2;

    // struct __sk_buff
    private static final int SKB_PKT_TYPE = 4;
    static final int SKB_MARK = 8;
    private static final int SKB_INGRESS_IFINDEX = 36;

    // helpers, linux/bpf.h
    private static final int CLONE_REDIRECT = 13;
    static final int REDIRECT = 23;

    private final PodAddresses pod;
    private final SteeringHeaders headers;
    private final SteeringTables tables;

    SteeringPrograms(PodAddresses pod, SteeringTables tables) {
        this.pod = pod;
        this.headers = new SteeringHeaders(pod);
        this.tables = tables;
    }

    /** What arrives at the pod's device: the guest's is taken to our tap. */
    BpfAssembler ingressOfUplink(int tapIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        a.load(Size.WORD, 2, SteeringHeaders.CONTEXT, SKB_MARK)
                .jumpIf(2, Condition.NOT_EQUAL, HANDED_BACK_MARK, "fresh");
        unmark(a).jump("next");
        // IP for another station, or unicast IP in a broadcast frame (RFC 1122 3.3.6, RFC 1812
        // 5.3.4): the kernel sees to it that nobody gets it.
        a.label("fresh").load(Size.WORD, 2, SteeringHeaders.CONTEXT, SKB_PKT_TYPE);
        a.jumpIf(2, Condition.NOT_EQUAL, PACKET_HOST, "next");
        headers.readHeaders(a, true, "fragment");

        a.label("transport");
        jumpByTransport(a);
        a.move(SteeringHeaders.SLOT, SteeringTables.OTHERS_AT)
                .storeImmediate(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 0)
                .jump("flow");
        a.label("ports");
        SteeringHeaders.loadL4(a, 4, "next");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4 + 2, SteeringHeaders.L4);
        SteeringTables.slotOfPorts(a);
        a.jump("flow");
        icmpInward(a);
        errorAboutOwnPacket(a);

        a.label("flow");
        tables.lookupFlow(a).jumpIf(0, Condition.EQUAL, 0, "lookup");
        a.load(Size.BYTE, 2, 0, 0);
        SteeringHeaders.jumpIfAny(a, 2, "not-here", SteeringTables.MOVED, SteeringTables.ASKED);
        a.jumpIf(2, Condition.NOT_EQUAL, SteeringTables.ALIAS, "leave");
        new SteeringRewrite(a).inward("leave");
        // The pod has sent on this flow, but not by this port: what comes here is the guest's, or
        // nobody's. The pod's socket would take it for its own.
        a.label("not-here");
        tables.loadSteering(a);
        a.jumpIf(2, Condition.NOT_EQUAL, 0, "take").move(0, SHOT).exit();
        a.label("lookup");
        tables.loadSteering(a);
        a.jumpIf(2, Condition.EQUAL, 0, "leave");
        a.load(Size.WORD, 2, 10, SteeringHeaders.ABOUT_ERROR)
                .jumpIf(2, Condition.NOT_EQUAL, 0, "take");
        a.load(Size.BYTE, 2, 10, SteeringHeaders.PROTOCOL)
                .jumpIf(2, Condition.NOT_EQUAL, Protocols.TCP, "take");
        // A connection that the pod had before we came, or that was silent for long, is known by
        // its socket.
        SteeringTables.lookupTcp(a);
        a.jumpIf(0, Condition.EQUAL, 0, "take");
        SteeringTables.releaseForState(a);
        a.jumpIf(SteeringHeaders.SLOT, Condition.NOT_EQUAL, SteeringTables.TCP_LISTEN, "leave");
        a.label("take");
        tables.noteDatagram(a, SteeringTables.OURS, "redirect");
        redirect(a.label("redirect"), tapIndex);
        a.label("leave");
        tables.noteDatagram(a, SteeringTables.PODS, "next");
        a.jump("next");

        // Ports are not in a later fragment: it follows the first of its datagram. Where that has
        // not come yet both sides may need it, and neither answers one that it cannot use.
        a.label("fragment");
        tables.lookupDatagram(a);
        a.jumpIf(0, Condition.EQUAL, 0, "unknown");
        a.load(Size.WORD, 2, 0, 0)
                .jumpIf(2, Condition.EQUAL, SteeringTables.OURS, "redirect")
                .jump("next");
        a.label("unknown").copy(1, SteeringHeaders.CONTEXT).move(2, tapIndex).move(3, 0);
        a.call(CLONE_REDIRECT);
        return pass(a.label("next"));
    }

    private void icmpInward(BpfAssembler a) {
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
        a.label("ping").move(SteeringHeaders.SLOT, SteeringTables.PING_AT).jump("lookup");
        a.label("pong");
        SteeringHeaders.keepIdentifier(a);
        a.jump("flow");
    }

    /**
     * What the pod's kernel sends itself: its flows are noted. A new one whose local port has a
     * session of the guest goes to our tap: only we know whether it is the very same flow.
     */
    BpfAssembler egressOfUplink(int tapIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        a.load(Size.WORD, 2, SteeringHeaders.CONTEXT, SKB_INGRESS_IFINDEX)
                .jumpIf(2, Condition.EQUAL, tapIndex, "next"); // sent by us
        headers.readHeaders(a, false, "next");

        a.label("transport");
        jumpByTransport(a);
        a.move(SteeringHeaders.SLOT, SteeringTables.OTHERS_AT)
                .storeImmediate(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 0)
                .jump("flow");
        a.label("ports");
        SteeringHeaders.loadL4(a, 4, "next");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4, SteeringHeaders.L4 + 2);
        SteeringTables.slotOfPorts(a);
        a.jump("flow");
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

        a.label("flow");
        tables.lookupFlow(a).jumpIf(0, Condition.EQUAL, 0, "new");
        a.load(Size.BYTE, 2, 0, 0).jumpIf(2, Condition.EQUAL, SteeringTables.PLAIN, "next");
        a.jumpIf(2, Condition.NOT_EQUAL, SteeringTables.MOVED, "ask");
        new SteeringRewrite(a).outward("next");
        a.label("new").load(Size.BYTE, 2, 10, SteeringHeaders.PROTOCOL);
        a.jumpIf(2, Condition.NOT_EQUAL, Protocols.TCP, "port");
        // A reset ends a flow, and the kernel may send one for a flow that never was its own. What
        // does not open a connection is of one that was there before us.
        SteeringHeaders.loadFlags(a, "next");
        a.jumpIf(2, Condition.ANY_BIT, TCP_RESET, "next");
        a.op(Operation.AND, 2, TCP_SYN_ACK_RESET).jumpIf(2, Condition.NOT_EQUAL, TCP_SYN, "note");
        a.label("port");
        tables.loadSteering(a);
        a.jumpIf(2, Condition.ANY_BIT, Steering.IN_SESSION, "first");
        a.label("note");
        tables.noteFlow(a, SteeringTables.PLAIN);
        a.jump("next").label("first");
        tables.noteFlow(a, SteeringTables.ASKED);
        redirect(a.label("ask"), tapIndex);
        return pass(a.label("next"));
    }

    /** An ICMP error belongs to whom the packet inside it belongs to: its source is the pod. */
    private void errorAboutOwnPacket(BpfAssembler a) {
        a.label("error").copy(2, SteeringHeaders.AT).op(Operation.ADD, 2, SteeringRewrite.ICMP_SUM);
        a.store(Size.WORD, 10, SteeringHeaders.ABOUT_ERROR, 2)
                .op(Operation.ADD, SteeringHeaders.AT, 8);
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
        SteeringHeaders.jumpIfAny(
                a, SteeringHeaders.SLOT, "quoted-ports", SteeringTables.OTHERS_WITH_PORTS);
        a.storeImmediate(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 0);
        a.label("quoted-ports");
        SteeringTables.slotOfPorts(a);
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
        SteeringHeaders.jumpIfAny(
                a, SteeringHeaders.SLOT, "ports", SteeringTables.OTHERS_WITH_PORTS);
    }

    /** The kernel is to see the packet as it was. */
    static BpfAssembler unmark(BpfAssembler a) {
        return a.move(3, 0).store(Size.WORD, SteeringHeaders.CONTEXT, SKB_MARK, 3);
    }

    static void redirect(BpfAssembler a, int device) {
        a.move(1, device).move(2, 0).call(REDIRECT).exit();
    }

    static BpfAssembler pass(BpfAssembler a) {
        return a.move(0, NEXT).exit();
    }
}
