package io.virtdataplane.port;

import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.sys.BpfMap;
import io.virtdataplane.wire.Protocols;

/**
 * Assembles the questions that a steering program asks about a packet whose headers {@link
 * SteeringHeaders} has read: whose is its port, its flow, its datagram, its socket?
 *
 * <pre>
 *   a flow's key:    remote address (16 bytes, IPv4 as ::ffff:a.b.c.d)    local port (2)    remote port (2)    protocol (1)    IPv6 (1)    0 (2)
 *   a flow's value:  what the pod's kernel has of it (1)    0 (1)    the other port (2)
 * </pre>
 */
final class SteeringTables {
    static final int KEY_BYTES = 24;

    // the bytes shared with the kernel: a region for each family, in it one for each kind of port
    private static final int PORTS = 1 << 16;
    static final int TCP_AT = 0;
    static final int UDP_AT = PORTS;
    static final int ICMP_AT = 2 * PORTS; // echo identifiers of the guest's own queries
    static final int PING_AT = 3 * PORTS;
    static final int OTHERS_AT = 3 * PORTS + 1;
    static final int FAMILY_SHIFT = 18;
    static final int SHARED_LENGTH = 2 << FAMILY_SHIFT;

    /** Of a flow: the pod's under its own port. */
    static final int PLAIN = 1;

    /** The pod's, but it is seen outside under the other port: this one is the guest's. */
    static final int MOVED = 2;

    /** What of the pod's is seen outside under this port has the other one. */
    static final int ALIAS = 3;

    /** The pod has sent on it, and we are to say which of the above it is. */
    static final int ASKED = 4;

    /** Of a datagram in fragments. */
    static final int OURS = 1;

    static final int PODS = 2;

    static final int OTHER_PORT = 2; // in a flow's value
    static final int[] OTHERS_WITH_PORTS = {Protocols.SCTP, Protocols.UDPLITE, Protocols.DCCP};
    static final int TCP_LISTEN = 10;

    private static final int SOCK_STATE = 72; // struct bpf_sock.state

    // helpers, linux/bpf.h
    private static final int MAP_LOOKUP = 1;
    private static final int MAP_UPDATE = 2;
    private static final int SK_LOOKUP_UDP = 85;
    private static final int SK_RELEASE = 86;
    private static final int SKC_LOOKUP_TCP = 99;

    private static final int TUPLE_4 = 12;
    private static final int TUPLE_6 = 36;

    private final BpfMap steered;
    private final BpfMap podFlows;
    private final BpfMap fragments;

    SteeringTables(BpfMap steered, BpfMap podFlows, BpfMap fragments) {
        this.steered = steered;
        this.podFlows = podFlows;
        this.fragments = fragments;
    }

    /** The place of the steering byte of the key's local port, within its family. */
    static void slotOfPorts(BpfAssembler a) {
        a.load(Size.BYTE, 3, 10, SteeringHeaders.PROTOCOL);
        a.load(Size.HALF, SteeringHeaders.SLOT, 10, SteeringHeaders.LOCAL_PORT)
                .networkToHost(SteeringHeaders.SLOT, 16);
        String done = "slot-" + a.position();
        a.jumpIf(3, Condition.EQUAL, Protocols.TCP, done)
                .op(Operation.ADD, SteeringHeaders.SLOT, UDP_AT);
        a.jumpIf(3, Condition.EQUAL, Protocols.UDP, done).move(SteeringHeaders.SLOT, OTHERS_AT);
        a.label(done);
    }

    /** Register 2 becomes the steering byte, {@link Steering}'s bits. */
    void loadSteering(BpfAssembler a) {
        a.load(Size.BYTE, 3, 10, SteeringHeaders.FAMILY)
                .op(Operation.AND, 3, 1)
                .op(Operation.SHIFT_LEFT, 3, FAMILY_SHIFT)
                .opRegister(Operation.ADD, SteeringHeaders.SLOT, 3);
        a.mapValue(1, steered, 0)
                .opRegister(Operation.ADD, 1, SteeringHeaders.SLOT)
                .load(Size.BYTE, 2, 1, 0);
    }

    /** Register 0 becomes the address of the flow's value, or 0. */
    BpfAssembler lookupFlow(BpfAssembler a) {
        a.mapReference(1, podFlows).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        return a.call(MAP_LOOKUP);
    }

    void noteFlow(BpfAssembler a, int value) {
        a.storeImmediate(Size.WORD, 10, SteeringHeaders.VALUE, value);
        update(a, podFlows);
    }

    /** Register 0 becomes the address of the datagram's owner, or 0. */
    void lookupDatagram(BpfAssembler a) {
        keyOfDatagram(a);
        a.mapReference(1, fragments).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        a.call(MAP_LOOKUP);
    }

    /** Whose a datagram is, where this is its first fragment; else on to {@code otherwise}. */
    void noteDatagram(BpfAssembler a, int owner, String otherwise) {
        a.load(Size.WORD, 2, 10, SteeringHeaders.IS_FRAGMENT)
                .jumpIf(2, Condition.EQUAL, 0, otherwise);
        keyOfDatagram(a);
        a.storeImmediate(Size.BYTE, 10, SteeringHeaders.PROTOCOL, 0)
                .storeImmediate(Size.WORD, 10, SteeringHeaders.VALUE, owner);
        update(a, fragments);
    }

    private static void keyOfDatagram(BpfAssembler a) {
        a.load(Size.WORD, 2, 10, SteeringHeaders.FRAGMENT_ID)
                .store(Size.WORD, 10, SteeringHeaders.LOCAL_PORT, 2);
    }

    private static void update(BpfAssembler a, BpfMap map) {
        a.mapReference(1, map).copy(2, 10).op(Operation.ADD, 2, SteeringHeaders.KEY);
        a.copy(3, 10).op(Operation.ADD, 3, SteeringHeaders.VALUE).move(4, 0).call(MAP_UPDATE);
    }

    /**
     * Register 0 becomes the TCP socket in this namespace that gets what comes from the key's
     * remote side to the destination on the stack, or 0; it is to be released.
     */
    static void lookupTcp(BpfAssembler a) {
        lookup(a, SKC_LOOKUP_TCP);
    }

    /** The same of UDP. */
    static void lookupUdp(BpfAssembler a) {
        lookup(a, SK_LOOKUP_UDP);
    }

    static void release(BpfAssembler a) {
        a.copy(1, 0).call(SK_RELEASE);
    }

    /** {@link SteeringHeaders#SLOT} becomes the state of the socket in register 0. */
    static void releaseForState(BpfAssembler a) {
        a.load(Size.WORD, SteeringHeaders.SLOT, 0, SOCK_STATE);
        release(a);
    }

    private static void lookup(BpfAssembler a, int helper) {
        String ipv6 = "socket6-" + a.position();
        String call = "socket-" + a.position();
        int tuple = SteeringHeaders.TUPLE;
        a.load(Size.BYTE, 2, 10, SteeringHeaders.FAMILY).jumpIf(2, Condition.NOT_EQUAL, 0, ipv6);
        move(a, Size.WORD, SteeringHeaders.KEY + 12, tuple);
        move(a, Size.WORD, SteeringHeaders.DESTINATION_4, tuple + 4);
        move(a, Size.HALF, SteeringHeaders.REMOTE_PORT, tuple + 8);
        move(a, Size.HALF, SteeringHeaders.LOCAL_PORT, tuple + 10);
        a.move(4, TUPLE_4).jump(call);
        a.label(ipv6);
        for (int half = 0; half < 16; half += 8) {
            move(a, Size.DOUBLE, SteeringHeaders.KEY + half, tuple + half);
            move(a, Size.DOUBLE, SteeringHeaders.DESTINATION_6 + half, tuple + 16 + half);
        }
        move(a, Size.HALF, SteeringHeaders.REMOTE_PORT, tuple + 32);
        move(a, Size.HALF, SteeringHeaders.LOCAL_PORT, tuple + 34);
        a.move(4, TUPLE_6);
        a.label(call).copy(1, SteeringHeaders.CONTEXT).copy(2, 10).op(Operation.ADD, 2, tuple);
        a.copy(3, 4).move(4, -1).move(5, 0); // size, this namespace, no flags
        a.call(helper);
    }

    private static void move(BpfAssembler a, Size size, int from, int to) {
        a.load(size, 2, 10, from).store(size, 10, to, 2);
    }
}
