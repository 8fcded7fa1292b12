package io.virtdataplane.port;

import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Protocols;

/**
 * The two eBPF programs of {@link Steering} between us and the pod's kernel: one where what we send
 * enters it, one at its loopback device.
 *
 * <p>What goes back over the loopback device needs a route that the kernel takes for its own, or it
 * is a martian there, whatever sysctls would say. The kernel makes one when it is asked to send to
 * 127.0.0.1 by that device ({@code bpf_redirect_neigh}), and the route stays with the packet. So a
 * packet for the pod's own address travels as one for 127.0.0.1, and gets its destination back at
 * the other side of the device.
 */
final class PodSidePrograms {
    private static final int LOOPBACK_MARK = 0x7664_7002;

    /** As the other, and the destination is to be the pod's address again. */
    private static final int LOOPBACK_POD_MARK = 0x7664_7003;

    private static final int DESTINATION_4_AT = Ethernet.HEADER + 16;
    private static final int DESTINATION_6_AT = Ethernet.HEADER + 24;

    // helpers, linux/bpf.h
    private static final int SKB_STORE_BYTES = 9;
    private static final int SKB_CHANGE_TYPE = 32;
    private static final int REDIRECT_NEIGH = 152;
    private static final int TO_INGRESS = 1; // BPF_F_INGRESS

    private final PodAddresses pod;
    private final SteeringHeaders headers;
    private final SteeringTables tables;

    PodSidePrograms(PodAddresses pod, SteeringTables tables) {
        this.pod = pod;
        this.headers = new SteeringHeaders(pod);
        this.tables = tables;
    }

    /**
     * What we send: by the pod's device; or back to the pod's kernel as if it had come there; or to
     * one of the pod's processes, by the loopback device.
     */
    BpfAssembler ingressOfTap(int uplinkIndex, int loopbackIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        headers.byFamily(a);
        if (pod.hasIpv4()) {
            a.label("ipv4");
            SteeringHeaders.loadIpv4(a);
            SteeringHeaders.jumpUnlessLoopback4(a, SteeringHeaders.DESTINATION_4, "pod4");
            a.jump("loopback").label("pod4");
            headers.jumpUnlessPod4(a, SteeringHeaders.DESTINATION_4, "next");
            headers.jumpUnlessPod4(a, SteeringHeaders.SOURCE_4, "foreign4");
            loopback4(a);
            a.jump("loopback-pod").label("foreign4");
            SteeringHeaders.keyIpv4(a, SteeringHeaders.SOURCE_4, "back");
            a.jump("transport");
        }
        if (pod.hasIpv6()) {
            a.label("ipv6");
            SteeringHeaders.loadIpv6(a);
            SteeringHeaders.jumpUnlessLoopback6(a, SteeringHeaders.DESTINATION_6, "pod6");
            a.jump("loopback").label("pod6");
            headers.jumpUnlessPod6(a, SteeringHeaders.DESTINATION_6, "next");
            headers.jumpUnlessPod6(a, SteeringHeaders.SOURCE_6, "foreign6");
            loopback6(a);
            a.jump("loopback-pod").label("foreign6");
            SteeringHeaders.keyIpv6(a, SteeringHeaders.SOURCE_6, "back", "outer");
        }
        // Addressed to the pod itself. An unsolicited SYN to a port that a session of the guest has
        // is not refused by a kernel that does not listen there (RFC 5382 REQ-4).
        a.label("transport");
        a.jumpIf(SteeringHeaders.SLOT, Condition.NOT_EQUAL, Protocols.TCP, "back");
        SteeringHeaders.loadFlags(a, "back");
        jumpUnlessSyn(a, "back");
        SteeringHeaders.loadL4(a, 4, "back");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4 + 2, SteeringHeaders.L4);
        SteeringTables.slotOfPorts(a);
        tables.loadSteering(a);
        a.jumpIf(2, Condition.NOT_EQUAL, Steering.IN_SESSION, "back");
        SteeringTables.lookupTcp(a);
        a.jumpIf(0, Condition.EQUAL, 0, "drop");
        SteeringTables.release(a);
        mark(a.label("back"), SteeringPrograms.HANDED_BACK_MARK);
        a.move(1, uplinkIndex).move(2, TO_INGRESS).call(SteeringPrograms.REDIRECT).exit();
        mark(a.label("loopback"), LOOPBACK_MARK).jump("by-loopback");
        mark(a.label("loopback-pod"), LOOPBACK_POD_MARK);
        // It came in by the tap, whose station it is not for.
        a.label("by-loopback").copy(1, SteeringHeaders.CONTEXT);
        a.move(2, SteeringPrograms.PACKET_HOST).call(SKB_CHANGE_TYPE);
        redirectNeighbour(a, loopbackIndex);
        redirectNeighbour(a.label("next"), uplinkIndex); // not for the pod: out
        return a.label("drop").move(0, SteeringPrograms.SHOT).exit();
    }

    /**
     * What the pod's processes send one another: where the guest has the port open, and the pod has
     * no socket for it, it is the guest's.
     */
    BpfAssembler ingressOfLoopback(int tapIndex) {
        BpfAssembler a = SteeringHeaders.begin();
        a.load(Size.WORD, 2, SteeringHeaders.CONTEXT, SteeringPrograms.SKB_MARK)
                .jumpIf(2, Condition.EQUAL, LOOPBACK_MARK, "ours")
                .jumpIf(2, Condition.EQUAL, LOOPBACK_POD_MARK, "ours-to-pod");
        headers.byFamily(a);
        if (pod.hasIpv4()) {
            a.label("ipv4");
            SteeringHeaders.loadIpv4(a);
            SteeringHeaders.jumpUnlessLoopback4(a, SteeringHeaders.SOURCE_4, "pod4");
            SteeringHeaders.jumpUnlessLoopback4(a, SteeringHeaders.DESTINATION_4, "next");
            a.jump("key4").label("pod4");
            headers.jumpUnlessPod4(a, SteeringHeaders.SOURCE_4, "next");
            headers.jumpUnlessPod4(a, SteeringHeaders.DESTINATION_4, "next");
            SteeringHeaders.keyIpv4(a.label("key4"), SteeringHeaders.SOURCE_4, "next");
            a.jump("transport");
        }
        if (pod.hasIpv6()) {
            a.label("ipv6");
            SteeringHeaders.loadIpv6(a);
            SteeringHeaders.jumpUnlessLoopback6(a, SteeringHeaders.SOURCE_6, "pod6");
            SteeringHeaders.jumpUnlessLoopback6(a, SteeringHeaders.DESTINATION_6, "next");
            a.jump("key6").label("pod6");
            headers.jumpUnlessPod6(a, SteeringHeaders.SOURCE_6, "next");
            headers.jumpUnlessPod6(a, SteeringHeaders.DESTINATION_6, "next");
            SteeringHeaders.keyIpv6(a.label("key6"), SteeringHeaders.SOURCE_6, "next", "outer");
        }
        a.label("transport").load(Size.WORD, 2, 10, SteeringHeaders.IS_FRAGMENT);
        a.jumpIf(2, Condition.NOT_EQUAL, 0, "next");
        SteeringHeaders.jumpIfAny(a, SteeringHeaders.SLOT, "ports", Protocols.TCP, Protocols.UDP);
        a.jump("next").label("ports");
        SteeringHeaders.loadL4(a, 4, "next");
        SteeringHeaders.keepPorts(a, SteeringHeaders.L4 + 2, SteeringHeaders.L4);
        SteeringTables.slotOfPorts(a);
        tables.loadSteering(a);
        a.op(Operation.AND, 2, Steering.OPEN).jumpIf(2, Condition.EQUAL, 0, "next");
        jumpToOwner(a);
        SteeringPrograms.redirect(a.label("guests"), tapIndex);
        restoreDestination(a.label("ours-to-pod"));
        SteeringPrograms.unmark(a.label("ours"));
        return SteeringPrograms.pass(a.label("next"));
    }

    /** To "guests" or "next". */
    private static void jumpToOwner(BpfAssembler a) {
        a.load(Size.BYTE, 2, 10, SteeringHeaders.PROTOCOL)
                .jumpIf(2, Condition.EQUAL, Protocols.UDP, "udp");
        SteeringTables.lookupTcp(a);
        a.jumpIf(0, Condition.EQUAL, 0, "guests");
        SteeringTables.releaseForState(a);
        a.jumpIf(SteeringHeaders.SLOT, Condition.NOT_EQUAL, SteeringTables.TCP_LISTEN, "next");
        // Connections that the guest had before the pod began to listen go on.
        SteeringHeaders.loadFlags(a, "next");
        jumpUnlessSyn(a, "guests");
        a.jump("next").label("udp");
        SteeringTables.lookupUdp(a);
        a.jumpIf(0, Condition.EQUAL, 0, "guests");
        SteeringTables.release(a);
        a.jump("next");
    }

    /** Register 2 has the TCP flags. */
    private static void jumpUnlessSyn(BpfAssembler a, String label) {
        a.op(Operation.AND, 2, SteeringPrograms.TCP_SYN_ACK_RESET)
                .jumpIf(2, Condition.NOT_EQUAL, SteeringPrograms.TCP_SYN, label);
    }

    private static BpfAssembler mark(BpfAssembler a, int mark) {
        return a.move(3, mark)
                .store(Size.WORD, SteeringHeaders.CONTEXT, SteeringPrograms.SKB_MARK, 3);
    }

    private static void redirectNeighbour(BpfAssembler a, int device) {
        a.move(1, device).move(2, 0).move(3, 0).move(4, 0).call(REDIRECT_NEIGH).exit();
    }

    private static void loopback4(BpfAssembler a) {
        a.storeImmediate(
                Size.WORD, 10, SteeringHeaders.TUPLE, SteeringHeaders.LOOPBACK_4_IN_MEMORY);
        storeDestination(a, DESTINATION_4_AT, 4);
    }

    private static void loopback6(BpfAssembler a) {
        a.storeImmediate(Size.DOUBLE, 10, SteeringHeaders.TUPLE, 0)
                .moveLong(2, SteeringHeaders.LOOPBACK_6_LOW_IN_MEMORY)
                .store(Size.DOUBLE, 10, SteeringHeaders.TUPLE + 8, 2);
        storeDestination(a, DESTINATION_6_AT, 16);
    }

    /** To what it was before it was {@link #loopback4} or the like. */
    private void restoreDestination(BpfAssembler a) {
        if (pod.hasIpv6()) {
            a.load(Size.WORD, 2, SteeringHeaders.CONTEXT, SteeringHeaders.SKB_PROTOCOL);
            a.jumpIf(2, Condition.NOT_EQUAL, SteeringHeaders.IPV6_IN_MEMORY, "restore4");
            for (int half = 0; half < 2; half++) {
                a.moveLong(2, pod.ipv6InMemory(half))
                        .store(Size.DOUBLE, 10, SteeringHeaders.TUPLE + 8 * half, 2);
            }
            storeDestination(a, DESTINATION_6_AT, 16);
            a.jump("ours").label("restore4");
        }
        if (pod.hasIpv4()) {
            a.moveLong(2, pod.ipv4InMemory()).store(Size.WORD, 10, SteeringHeaders.TUPLE, 2);
            storeDestination(a, DESTINATION_4_AT, 4);
        }
    }

    /** Checksums are for the destination that the packet has in the end. */
    private static void storeDestination(BpfAssembler a, int at, int length) {
        a.copy(1, SteeringHeaders.CONTEXT)
                .move(2, at)
                .copy(3, 10)
                .op(Operation.ADD, 3, SteeringHeaders.TUPLE)
                .move(4, length)
                .move(5, 0)
                .call(SKB_STORE_BYTES);
    }
}
