package io.virtdataplane.nat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Finds the session of a flow: the open-addressed index of a {@link SessionTable}, in which each
 * session stands twice, by its outward and by its inward flow. A slot is 64 bits: the upper half of
 * the hash, and 2 * session + direction + 2 (0: empty). Linear probing, at most half full, removal
 * by shifting back: no tombstones. The hash is seeded, so a guest cannot aim at one chain. Both
 * flows of a session have mostly the same ports, and then the same hash but for their direction:
 * that sets them half a cache line apart, in one line and not in each other's way.
 *
 * <p>What a lookup in a full table of sessions costs, one in no order that a cache foresees; in
 * brackets the ratio to the smallest table:
 *
 * <pre>
 *    sessions   index's fill   slots looked at    found          not found     memory a session
 *                              mean   longest
 *       1,000           0.49   1.50        31     14 ns (1.0)    19 ns (1.0)   96 bytes
 *      65,536           0.50   1.69        68     21 ns (1.5)    24 ns (1.3)   96 bytes
 *   1,000,000           0.48   1.59        77    118 ns (8.6)    63 ns (3.3)   97 bytes
 * </pre>
 *
 * First deciles of {@code bench/jmh SessionTable -f 1 -i 150 -r 20ms}, which prints the fill too;
 * JDK 25, two cores of a shared machine, with 32 MB of last-level cache. A million sessions are in
 * none: their lookups are the memory's two answers, one of the index and one of the record.
 */
final class FlowIndex {
    private static final long SLOT = 8;
    private static final int HALF_LINE = 4; // slots
    private static final long HASH_MASK = 0xffff_ffff_0000_0000L;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private final MemorySegment slots;
    private final int mask;
    private final long seed;
    private final SessionTable sessions;

    /** {@code memory} holds {@link #bytes} zero bytes. */
    FlowIndex(MemorySegment memory, long seed, SessionTable sessions) {
        this.slots = memory;
        this.mask = (int) (memory.byteSize() / SLOT) - 1;
        this.seed = seed;
        this.sessions = sessions;
    }

    /** Of an index for so many flows. */
    static long bytes(int flows) {
        return Integer.highestOneBit(2 * flows - 1) * 2 * SLOT;
    }

    /** The session with this flow, or {@link SessionTable#NONE}. */
    int lookup(
            int direction,
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort) {
        long hash = hash(direction, protocol, localPort, remoteHigh, remoteLow, remotePort);
        int slot = (int) hash & mask;
        long entry;
        while ((entry = slots.get(LONG, slot * SLOT)) != 0) {
            if (((entry ^ hash) & HASH_MASK) == 0 && (entry & 1) == direction) {
                int session = session(entry);
                if (sessions.matches(
                        session,
                        direction,
                        protocol,
                        localPort,
                        remoteHigh,
                        remoteLow,
                        remotePort)) {
                    return session;
                }
            }
            slot = slot + 1 & mask;
        }
        return SessionTable.NONE;
    }

    void put(int session, int direction) {
        long hash = hashOf(session, direction);
        int slot = (int) hash & mask;
        while (slots.get(LONG, slot * SLOT) != 0) {
            slot = slot + 1 & mask;
        }
        slots.set(LONG, slot * SLOT, entry(hash, session, direction));
    }

    void erase(int session, int direction) {
        int hole = slotOf(session, direction);
        int slot = hole;
        while (true) {
            slot = slot + 1 & mask;
            long entry = slots.get(LONG, slot * SLOT);
            if (entry == 0) {
                break;
            }
            int home = (int) hashOf(session(entry), (int) entry & 1) & mask;
            boolean mayMoveUp = (slot - home & mask) >= (slot - hole & mask);
            if (mayMoveUp) { // its home is not between hole and slot
                slots.set(LONG, hole * SLOT, entry);
                hole = slot;
            }
        }
        slots.set(LONG, hole * SLOT, 0);
    }

    /** How many slots a lookup that finds this flow looks at. */
    int probes(int session, int direction) {
        int home = (int) hashOf(session, direction) & mask;
        return (slotOf(session, direction) - home & mask) + 1;
    }

    /** How many slots there are. */
    int capacity() {
        return mask + 1;
    }

    private int slotOf(int session, int direction) {
        long hash = hashOf(session, direction);
        long wanted = entry(hash, session, direction);
        int slot = (int) hash & mask;
        while (slots.get(LONG, slot * SLOT) != wanted) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private long hashOf(int session, int direction) {
        boolean outward = direction == SessionTable.OUTWARD;
        if (outward && sessions.hasFrontEnd(session)) {
            FrontEnds fronts = sessions.frontEnds();
            return hash(
                    direction,
                    sessions.protocol(session),
                    sessions.insidePort(session),
                    fronts.high(session),
                    fronts.low(session),
                    fronts.port(session));
        }
        return hash(
                direction,
                sessions.protocol(session),
                outward ? sessions.insidePort(session) : sessions.outsidePort(session),
                sessions.remoteHigh(session),
                sessions.remoteLow(session),
                sessions.remotePort(session));
    }

    private long hash(
            int direction,
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort) {
        long ports = (long) localPort << 32 | (long) remotePort << 16 | protocol;
        long h = (remoteLow ^ seed) * 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 29 ^ remoteHigh) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 32 ^ ports) * 0x94d049bb133111ebL;
        return h ^ h >>> 31 ^ direction * HALF_LINE;
    }

    private static int session(long entry) {
        return ((int) entry >>> 1) - 1;
    }

    private static long entry(long hash, int session, int direction) {
        return hash & HASH_MASK | (long) (session + 1) << 1 | direction;
    }
}
