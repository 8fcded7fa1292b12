package io.virtdataplane.port;

import io.virtdataplane.sys.BpfAssembler;
import io.virtdataplane.sys.BpfAssembler.Condition;
import io.virtdataplane.sys.BpfAssembler.Operation;
import io.virtdataplane.sys.BpfAssembler.Size;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Protocols;

/**
 * Assembles the part of a steering program that reads a packet's headers into the key of its flow,
 * whatever its family; and says what lies where on the program's stack.
 */
final class SteeringHeaders {
    private static final int IPV4_IN_MEMORY = swapped(Ethernet.IPV4);
    static final int IPV6_IN_MEMORY = swapped(Ethernet.IPV6);
    static final int LOOPBACK_4_IN_MEMORY = 0x0100_007f; // 127.0.0.1
    static final long LOOPBACK_6_LOW_IN_MEMORY = 1L << 56; // of ::1
    private static final int IPV6_FAMILY = 0x100; // in the word of protocol and family
    private static final int[] EXTENSIONS = {
        Protocols.HOP_BY_HOP, Protocols.ROUTING, Protocols.DESTINATION_OPTIONS
    };
    private static final int MAX_EXTENSIONS = 5;
    private static final int TCP_FLAGS = 13;
    static final int SKB_PROTOCOL = 16;
    private static final int SKB_LOAD_BYTES = 26;
    private static final int ICMP_AT = SteeringTables.ICMP_AT;

    // stack, from the frame pointer down
    static final int IP = -40; // an IP header, 40 bytes
    static final int L4 = -48; // first 8 bytes behind it
    static final int KEY = -72;
    static final int LOCAL_PORT = KEY + 16;
    static final int REMOTE_PORT = KEY + 18;
    static final int PROTOCOL = KEY + 20;
    static final int FAMILY = KEY + 21;
    static final int VALUE = -80; // 4 bytes
    static final int ABOUT_ERROR = -76; // 4 bytes: where the error's checksum is, if it is one
    static final int FRAGMENT_ID = -128; // 4 bytes
    static final int IS_FRAGMENT = -124; // 4 bytes
    static final int TUPLE = -120; // struct bpf_sock_tuple: 36 bytes
    static final int NEW_PORT = -136; // 2 bytes
    private static final int LOWEST = NEW_PORT;

    // within the IP header on the stack
    static final int SOURCE_4 = IP + 12;
    static final int DESTINATION_4 = IP + 16;
    static final int SOURCE_6 = IP + 8;
    static final int DESTINATION_6 = IP + 24;

    // registers kept over calls
    static final int CONTEXT = 6;
    static final int AT = 7; // offset of the header that is read next
    static final int SLOT = 8; // protocol while headers are read, then the steering byte
    static final int WANTED = 9;

    private final PodAddresses pod;

    SteeringHeaders(PodAddresses pod) {
        this.pod = pod;
    }

    /** As a load of a field of 16 bits has it in a register. */
    private static int swapped(int number) {
        return Short.reverseBytes((short) number) & 0xffff;
    }

    /** All of the stack that any path below may read is set. */
    static BpfAssembler begin() {
        BpfAssembler a = new BpfAssembler().copy(CONTEXT, 1);
        for (int at = LOWEST; at < 0; at += 8) {
            a.storeImmediate(Size.DOUBLE, 10, at, 0);
        }
        return a;
    }

    /**
     * A packet from the outside to the pod, or the other way round. A source of the pod's own is
     * not from outside.
     */
    void readHeaders(BpfAssembler a, boolean inward, String laterFragment) {
        byFamily(a);
        if (pod.hasIpv4()) {
            a.label("ipv4");
            readIpv4(a, inward, laterFragment);
            a.jump("transport");
        }
        if (pod.hasIpv6()) {
            a.label("ipv6");
            readIpv6(a, inward, laterFragment, "outer");
        }
    }

    /** To "ipv4" or "ipv6" where the pod has the family, else to "next". */
    void byFamily(BpfAssembler a) {
        a.move(AT, Ethernet.HEADER).load(Size.WORD, 2, CONTEXT, SKB_PROTOCOL);
        if (pod.hasIpv4()) {
            a.jumpIf(2, Condition.EQUAL, IPV4_IN_MEMORY, "ipv4");
        }
        if (pod.hasIpv6()) {
            a.jumpIf(2, Condition.EQUAL, IPV6_IN_MEMORY, "ipv6");
        }
        a.jump("next");
    }

    void readIpv4(BpfAssembler a, boolean inward, String laterFragment) {
        loadIpv4(a);
        jumpUnlessPod4(a, inward ? DESTINATION_4 : SOURCE_4, "next");
        if (inward) {
            a.load(Size.WORD, 2, 10, SOURCE_4);
            a.jumpIfRegister(2, Condition.EQUAL, WANTED, "next");
        }
        keyIpv4(a, inward ? SOURCE_4 : DESTINATION_4, laterFragment);
    }

    void readIpv6(BpfAssembler a, boolean inward, String laterFragment, String tag) {
        loadIpv6(a);
        jumpUnlessPod6(a, inward ? DESTINATION_6 : SOURCE_6, "next");
        if (inward) {
            String foreign = "foreign-" + tag;
            jumpUnlessPod6(a, SOURCE_6, foreign);
            a.jump("next").label(foreign);
        }
        keyIpv6(a, inward ? SOURCE_6 : DESTINATION_6, laterFragment, tag);
    }

    static void loadIpv4(BpfAssembler a) {
        loadBytes(a, IP, 20, "next");
    }

    static void loadIpv6(BpfAssembler a) {
        loadBytes(a, IP, 40, "next");
    }

    void jumpUnlessPod4(BpfAssembler a, int at, String label) {
        a.load(Size.WORD, 2, 10, at).moveLong(WANTED, pod.ipv4InMemory());
        a.jumpIfRegister(2, Condition.NOT_EQUAL, WANTED, label);
    }

    void jumpUnlessPod6(BpfAssembler a, int at, String label) {
        for (int half = 0; half < 2; half++) {
            a.load(Size.DOUBLE, 2, 10, at + 8 * half).moveLong(WANTED, pod.ipv6InMemory(half));
            a.jumpIfRegister(2, Condition.NOT_EQUAL, WANTED, label);
        }
    }

    static void jumpUnlessLoopback4(BpfAssembler a, int at, String label) {
        a.load(Size.WORD, 2, 10, at).jumpIf(2, Condition.NOT_EQUAL, LOOPBACK_4_IN_MEMORY, label);
    }

    static void jumpUnlessLoopback6(BpfAssembler a, int at, String label) {
        a.load(Size.DOUBLE, 2, 10, at).jumpIf(2, Condition.NOT_EQUAL, 0, label);
        a.load(Size.DOUBLE, 2, 10, at + 8).moveLong(WANTED, LOOPBACK_6_LOW_IN_MEMORY);
        a.jumpIfRegister(2, Condition.NOT_EQUAL, WANTED, label);
    }

    /** The key's address and protocol; {@link #SLOT} is the protocol, too. */
    static void keyIpv4(BpfAssembler a, int remote, String laterFragment) {
        a.storeImmediate(Size.DOUBLE, 10, KEY, 0)
                .storeImmediate(Size.WORD, 10, KEY + 8, 0xffff_0000) // ::ffff:, as it lies
                .load(Size.WORD, 2, 10, remote)
                .store(Size.WORD, 10, KEY + 12, 2);
        String whole = "whole-" + a.position();
        a.load(Size.HALF, 2, 10, IP + 6)
                .networkToHost(2, 16)
                .copy(3, 2)
                .op(Operation.AND, 3, 0x3fff)
                .jumpIf(3, Condition.EQUAL, 0, whole)
                .load(Size.HALF, 3, 10, IP + 4);
        keepFragment(a, 0);
        a.label(whole)
                .op(Operation.AND, 2, 0x1fff)
                .jumpIf(2, Condition.NOT_EQUAL, 0, laterFragment);
        a.load(Size.BYTE, SLOT, 10, IP + 9).store(Size.WORD, 10, PROTOCOL, SLOT);
        a.load(Size.BYTE, 2, 10, IP)
                .op(Operation.AND, 2, 0xf)
                .op(Operation.SHIFT_LEFT, 2, 2)
                .opRegister(Operation.ADD, AT, 2);
    }

    static void keyIpv6(BpfAssembler a, int remote, String laterFragment, String tag) {
        for (int half = 0; half < 2; half++) {
            a.load(Size.DOUBLE, 2, 10, remote + 8 * half).store(Size.DOUBLE, 10, KEY + 8 * half, 2);
        }
        a.load(Size.BYTE, SLOT, 10, IP + 6).op(Operation.ADD, AT, 40);
        for (int i = 0; i < MAX_EXTENSIONS; i++) {
            String step = tag + i;
            jumpIfAny(a, SLOT, "option-" + step, EXTENSIONS);
            a.jumpIf(SLOT, Condition.NOT_EQUAL, Protocols.FRAGMENT, "done-" + tag);
            loadBytes(a, L4, 8, "next");
            a.load(Size.WORD, 3, 10, L4 + 4);
            keepFragment(a, IPV6_FAMILY);
            a.load(Size.HALF, 2, 10, L4 + 2)
                    .networkToHost(2, 16)
                    .op(Operation.AND, 2, 0xfff8)
                    .jumpIf(2, Condition.NOT_EQUAL, 0, laterFragment);
            a.load(Size.BYTE, SLOT, 10, L4).op(Operation.ADD, AT, 8).jump("after-" + step);
            a.label("option-" + step);
            loadBytes(a, L4, 8, "next");
            a.load(Size.BYTE, SLOT, 10, L4).load(Size.BYTE, 2, 10, L4 + 1);
            a.op(Operation.ADD, 2, 1)
                    .op(Operation.SHIFT_LEFT, 2, 3)
                    .opRegister(Operation.ADD, AT, 2);
            a.label("after-" + step);
        }
        a.label("done-" + tag).copy(2, SLOT).op(Operation.OR, 2, IPV6_FAMILY);
        a.store(Size.WORD, 10, PROTOCOL, 2);
    }

    /** Register 3 is the identification; with the key's address it names the datagram. */
    private static void keepFragment(BpfAssembler a, int family) {
        a.store(Size.WORD, 10, FRAGMENT_ID, 3).storeImmediate(Size.WORD, 10, IS_FRAGMENT, 1);
        a.storeImmediate(Size.WORD, 10, PROTOCOL, family);
    }

    static void jumpIfAny(BpfAssembler a, int register, String label, int... values) {
        for (int value : values) {
            a.jumpIf(register, Condition.EQUAL, value, label);
        }
    }

    static void keepPorts(BpfAssembler a, int local, int remote) {
        a.load(Size.HALF, 2, 10, local).store(Size.HALF, 10, LOCAL_PORT, 2);
        a.load(Size.HALF, 2, 10, remote).store(Size.HALF, 10, REMOTE_PORT, 2);
    }

    static void keepIdentifier(BpfAssembler a) {
        a.load(Size.HALF, SLOT, 10, L4 + 4).store(Size.HALF, 10, LOCAL_PORT, SLOT);
        a.storeImmediate(Size.HALF, 10, REMOTE_PORT, 0);
        a.networkToHost(SLOT, 16).op(Operation.ADD, SLOT, ICMP_AT);
    }

    static void loadL4(BpfAssembler a, int length, String otherwise) {
        loadBytes(a, L4, length, otherwise);
    }

    /** Register 2 becomes the TCP flags. */
    static void loadFlags(BpfAssembler a, String otherwise) {
        a.copy(1, CONTEXT).copy(2, AT).op(Operation.ADD, 2, TCP_FLAGS);
        a.copy(3, 10).op(Operation.ADD, 3, VALUE).move(4, 1).call(SKB_LOAD_BYTES);
        a.jumpIf(0, Condition.NOT_EQUAL, 0, otherwise).load(Size.BYTE, 2, 10, VALUE);
    }

    /** Copies bytes of the packet from {@link #AT} on to the stack. */
    private static void loadBytes(BpfAssembler a, int to, int length, String otherwise) {
        a.copy(1, CONTEXT).copy(2, AT).copy(3, 10).op(Operation.ADD, 3, to);
        a.move(4, length).call(SKB_LOAD_BYTES).jumpIf(0, Condition.NOT_EQUAL, 0, otherwise);
    }
}
