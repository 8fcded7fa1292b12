package io.virtdataplane.nat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The outside port numbers of a NIC, both families, each kind of {@link Transport#slot}: which
 * inside port has which (endpoint-independent mapping, RFC 4787 REQ-1) and how many sessions use
 * it. Lies in memory that is zero at first and backed only where it is used.
 *
 * <p>A mapping lives as long as a session uses it. A session may have an outside port other than
 * its inside port's mapping, where that one is taken for the session's remote endpoint; it does not
 * count for the mapping.
 */
final class OutsidePool {
    static final int PORTS = 1 << 16;
    static final int NONE = -1;
    private static final int FAMILIES = 2;
    private static final int WORDS = FAMILIES * Transport.SLOTS * PORTS;
    private static final long SESSIONS_BY_OUTSIDE = 0;
    private static final long SESSIONS_BY_INSIDE = WORDS * 4L; // those that use the mapping
    private static final long OUTSIDE_BY_INSIDE = WORDS * 8L;
    private static final long INSIDE_BY_OUTSIDE = WORDS * 10L;
    static final long BYTES = WORDS * 12L;
    private static final ValueLayout.OfInt COUNT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfShort PORT = ValueLayout.JAVA_SHORT;

    private final MemorySegment memory;

    /** {@code memory} holds {@link #BYTES} zero bytes. */
    OutsidePool(MemorySegment memory) {
        this.memory = memory;
    }

    /** How many sessions have this outside port. */
    int sessions(boolean ipv6, int protocol, int outside) {
        return memory.get(COUNT, SESSIONS_BY_OUTSIDE + index(ipv6, protocol, outside) * 4);
    }

    /** Adds {@link #bits} to those of all ports. */
    void addSessions(boolean ipv6, int protocol, byte[] bits) {
        for (int port = 0; port < PORTS; port++) {
            bits[port] |= (byte) bits(ipv6, protocol, port);
        }
    }

    /** {@link PodPorts}' bits of what sessions have of this number. */
    int bits(boolean ipv6, int protocol, int port) {
        return (sessions(ipv6, protocol, port) > 0 ? PodPorts.IN_SESSION : 0)
                | (isElsewhere(ipv6, protocol, port) ? PodPorts.ELSEWHERE : 0);
    }

    private boolean isElsewhere(boolean ipv6, int protocol, int port) {
        int outside = mapping(ipv6, protocol, port);
        int inside = owner(ipv6, protocol, port);
        return outside != NONE && outside != port || inside != NONE && inside != port;
    }

    /** The outside port that this inside port is mapped to, or {@link #NONE}. */
    int mapping(boolean ipv6, int protocol, int inside) {
        long at = index(ipv6, protocol, inside);
        return memory.get(COUNT, SESSIONS_BY_INSIDE + at * 4) == 0
                ? NONE
                : memory.get(PORT, OUTSIDE_BY_INSIDE + at * 2) & 0xffff;
    }

    /** The inside port that is mapped to this outside port, or {@link #NONE}. */
    int owner(boolean ipv6, int protocol, int outside) {
        long at = index(ipv6, protocol, outside);
        int inside = memory.get(PORT, INSIDE_BY_OUTSIDE + at * 2) & 0xffff;
        return mapping(ipv6, protocol, inside) == outside ? inside : NONE;
    }

    /** A session takes these ports; true when it uses the inside port's mapping. */
    boolean take(boolean ipv6, int protocol, int inside, int outside) {
        add(SESSIONS_BY_OUTSIDE + index(ipv6, protocol, outside) * 4, 1);
        int mapping = mapping(ipv6, protocol, inside);
        if (mapping == NONE && owner(ipv6, protocol, outside) == NONE) {
            memory.set(
                    PORT, OUTSIDE_BY_INSIDE + index(ipv6, protocol, inside) * 2, (short) outside);
            memory.set(
                    PORT, INSIDE_BY_OUTSIDE + index(ipv6, protocol, outside) * 2, (short) inside);
            mapping = outside;
        }
        if (mapping != outside) {
            return false;
        }
        add(SESSIONS_BY_INSIDE + index(ipv6, protocol, inside) * 4, 1);
        return true;
    }

    /** A session gives its ports back. */
    void giveBack(boolean ipv6, int protocol, int inside, int outside, boolean usedMapping) {
        add(SESSIONS_BY_OUTSIDE + index(ipv6, protocol, outside) * 4, -1);
        if (usedMapping) {
            add(SESSIONS_BY_INSIDE + index(ipv6, protocol, inside) * 4, -1);
        }
    }

    private void add(long at, int change) {
        memory.set(COUNT, at, memory.get(COUNT, at) + change);
    }

    /**
     * A protocol without ports has its own number in their place: each is a resource of its own.
     */
    private static long index(boolean ipv6, int protocol, int port) {
        int slot = Transport.slot(protocol) + (ipv6 ? Transport.SLOTS : 0);
        return (long) slot * PORTS + (Transport.hasPorts(protocol) ? port : protocol);
    }
}
