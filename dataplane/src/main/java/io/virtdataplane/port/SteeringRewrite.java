package io.virtdataplane.port;

import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.wire.Protocols;

/**
 * Assembles the change of the local port, or echo identifier, of a packet of the pod's kernel to
 * the other one of its flow, with the checksum over it: what has to be done where the guest has the
 * very same flow. Register 0 has the flow's value, {@link SteeringHeaders#AT} is at the transport
 * header (in an error, at the quoted one).
 */
final class SteeringRewrite {
    static final int ICMP_SUM = 2; // offset of the checksum in an ICMP header
    private static final int ICMP_IDENTIFIER = 4;
    private static final int TCP_SUM = 16;
    private static final int UDP_SUM = 6;
    private static final int PORT_AT = SteeringHeaders.SLOT;
    private static final int SUM_AT = SteeringHeaders.WANTED;

    // helpers, linux/bpf.h
    private static final int SKB_STORE_BYTES = 9;
    private static final int L4_CSUM_REPLACE = 11;
    private static final int TWO_BYTES = 2; // BPF_F_HDR_FIELD_MASK: the size
    private static final int ZERO_IS_NONE = 1 << 5; // BPF_F_MARK_MANGLED_0

    private final BpfAssembler a;

    SteeringRewrite(BpfAssembler a) {
        this.a = a;
    }

    /** What the pod sends leaves by its other port. */
    void outward(String then) {
        keepNewPort();
        rewrite(0, then);
    }

    /** What comes to the other port gets the pod's own; an error about it quotes the pod's own. */
    void inward(String then) {
        keepNewPort();
        a.load(Size.WORD, 2, 10, SteeringHeaders.ABOUT_ERROR)
                .jumpIf(2, Condition.NOT_EQUAL, 0, "rewrite-quoted");
        rewrite(2, then);
        a.label("rewrite-quoted").copy(SUM_AT, 2).copy(PORT_AT, SteeringHeaders.AT);
        a.load(Size.BYTE, 2, 10, SteeringHeaders.PROTOCOL);
        SteeringHeaders.jumpIfAny(a, 2, "rewrite-quoted-query", Protocols.ICMP, Protocols.ICMPV6);
        a.jump("rewrite-any");
        a.label("rewrite-quoted-query")
                .op(Operation.ADD, PORT_AT, ICMP_IDENTIFIER)
                .jump("rewrite-any");
    }

    private void keepNewPort() {
        a.load(Size.HALF, 2, 0, SteeringTables.OTHER_PORT)
                .store(Size.HALF, 10, SteeringHeaders.NEW_PORT, 2);
    }

    /** {@code portOffset} in a TCP or UDP header. */
    private void rewrite(int portOffset, String then) {
        a.copy(PORT_AT, SteeringHeaders.AT).copy(SUM_AT, SteeringHeaders.AT);
        a.load(Size.BYTE, 2, 10, SteeringHeaders.PROTOCOL)
                .jumpIf(2, Condition.EQUAL, Protocols.TCP, "rewrite-tcp")
                .jumpIf(2, Condition.EQUAL, Protocols.UDP, "rewrite-udp");
        a.op(Operation.ADD, PORT_AT, ICMP_IDENTIFIER)
                .op(Operation.ADD, SUM_AT, ICMP_SUM)
                .jump("rewrite-any");
        a.label("rewrite-udp")
                .op(Operation.ADD, PORT_AT, portOffset)
                .op(Operation.ADD, SUM_AT, UDP_SUM)
                .move(5, TWO_BYTES | ZERO_IS_NONE)
                .jump("rewrite");
        a.label("rewrite-tcp")
                .op(Operation.ADD, PORT_AT, portOffset)
                .op(Operation.ADD, SUM_AT, TCP_SUM);
        a.label("rewrite-any").move(5, TWO_BYTES);
        a.label("rewrite")
                .load(Size.HALF, 3, 10, SteeringHeaders.LOCAL_PORT)
                .load(Size.HALF, 4, 10, SteeringHeaders.NEW_PORT)
                .copy(1, SteeringHeaders.CONTEXT)
                .copy(2, SUM_AT)
                .call(L4_CSUM_REPLACE);
        a.copy(1, SteeringHeaders.CONTEXT)
                .copy(2, PORT_AT)
                .copy(3, 10)
                .op(Operation.ADD, 3, SteeringHeaders.NEW_PORT)
                .move(4, TWO_BYTES)
                .move(5, 0)
                .call(SKB_STORE_BYTES);
        a.jump(then);
    }
}
