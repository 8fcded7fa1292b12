package io.virtdataplane.nat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The sessions of one guest NIC. One thread.
 *
 * <p>A session has two flows, outward (keyed by the guest's port) and inward (keyed by the outside
 * port), both with the remote endpoint and the protocol; they stand in one open-addressed index, so
 * a frame of either direction costs one probe. Index and records lie in one segment that the caller
 * maps and that may be lazily backed: a table for a million sessions costs what the sessions in it
 * cost. A record is one cache line of 64 bytes:
 *
 * <pre>
 *   0 remote address, high 64 bits                  4 previous, next of its lifetime's list (int each)
 *   1 remote address, low 64 bits                   5 created (s, 32 bits), lifetime (8), state (8), flags (8)
 *   2 inside, outside, remote port (16 each),       6 frames outward, inward (32 bits each)
 *     protocol (8)                                  7 when it last moved in its list (ns)
 *   3 last seen (ns)
 * </pre>
 *
 * An index slot is 64 bits: the upper half of the hash, and 2 * record + direction + 2 (0: empty).
 * Linear probing, at most half full, removal by shifting back: no tombstones. The hash is seeded,
 * so a guest cannot aim at one chain.
 *
 * <p>Each lifetime has a list, oldest first, and so ageing looks only at sessions that are due. A
 * session moves to its list's end at most once a second; the order is that exact and no more.
 */
final class SessionTable {
    static final int NONE = -1;
    static final int OUTWARD = 0;
    static final int INWARD = 1;

    /** Flags of a session: it was opened from outside; it uses its inside port's mapping. */
    static final int INBOUND = 1;

    static final int USES_MAPPING = 2;
    private static final int RECORD = 64;
    private static final int SLOTS_PER_SESSION = 4;
    private static final long MOVE_NS = 1_000_000_000L;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final int PREVIOUS = 32;
    private static final int NEXT = 36;
    private static final int STATE = 40;

    private final MemorySegment records;
    private final MemorySegment index;
    private final int capacity;
    private final int mask;
    private final long seed;
    private final int[] oldest = new int[Lifetime.COUNT];
    private final int[] newest = new int[Lifetime.COUNT];
    private int free = NONE;
    private int fresh;
    private int size;

    /** {@code memory} holds {@link #bytes} zero bytes. */
    SessionTable(MemorySegment memory, int capacity, long seed) {
        this.capacity = capacity;
        this.mask = slots(capacity) - 1;
        this.seed = seed;
        this.records = memory.asSlice(0, (long) capacity * RECORD);
        this.index = memory.asSlice((long) capacity * RECORD, slots(capacity) * 8L);
        Arrays.fill(oldest, NONE);
        Arrays.fill(newest, NONE);
    }

    static long bytes(int capacity) {
        return (long) capacity * RECORD + slots(capacity) * 8L;
    }

    private static int slots(int capacity) {
        return Integer.highestOneBit(capacity * SLOTS_PER_SESSION - 1) * 2;
    }

    int size() {
        return size;
    }

    int capacity() {
        return capacity;
    }

    /** The session with this flow, or {@link #NONE}. */
    int lookup(
            int direction,
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort) {
        long hash = hash(direction, ports(localPort, remotePort, protocol), remoteHigh, remoteLow);
        int slot = (int) hash & mask;
        long entry;
        while ((entry = index.get(LONG, slot * 8L)) != 0) {
            if ((entry ^ hash) >>> 32 == 0 && (entry & 1) == direction) {
                int session = session(entry);
                if (matches(
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
        return NONE;
    }

    private boolean matches(
            int session,
            int direction,
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort) {
        long at = (long) session * RECORD;
        long wanted = (long) remotePort << 16 | (long) protocol << 8;
        long ports = records.get(LONG, at + 16);
        boolean samePorts =
                direction == OUTWARD
                        ? (ports & 0xffff_0000_ffff_ff00L) == ((long) localPort << 48 | wanted)
                        : (ports & 0x0000_ffff_ffff_ff00L) == ((long) localPort << 32 | wanted);
        return samePorts
                && records.get(LONG, at + 8) == remoteLow
                && records.get(LONG, at) == remoteHigh;
    }

    /** A new session; neither flow may exist, and the table may not be full. */
    int insert(
            int protocol,
            int insidePort,
            int outsidePort,
            long remoteHigh,
            long remoteLow,
            int remotePort,
            int lifetime,
            int flags,
            long nowNs) {
        int session = free != NONE ? free : fresh++;
        if (session == free) {
            free = records.get(INT, (long) session * RECORD + NEXT);
        }
        long at = (long) session * RECORD;
        records.set(LONG, at, remoteHigh);
        records.set(LONG, at + 8, remoteLow);
        records.set(
                LONG,
                at + 16,
                (long) insidePort << 48
                        | (long) outsidePort << 32
                        | (long) remotePort << 16
                        | (long) protocol << 8);
        records.set(LONG, at + 24, nowNs);
        records.set(LONG, at + STATE, nowNs / 1_000_000_000L << 32 | (long) lifetime << 16 | flags);
        records.set(LONG, at + 48, 0);
        append(session, lifetime, nowNs);
        put(session, OUTWARD);
        put(session, INWARD);
        size++;
        return session;
    }

    /**
     * A frame of the session passed; it now belongs to {@code lifetime}. {@code keepsAlive}: its
     * time starts anew.
     */
    void use(int session, int lifetime, boolean outward, boolean keepsAlive, long nowNs) {
        long at = (long) session * RECORD;
        records.set(LONG, at + 48, records.get(LONG, at + 48) + (outward ? 1L << 32 : 1L));
        if (keepsAlive) {
            records.set(LONG, at + 24, nowNs);
        }
        int before = lifetime(session);
        boolean moves = keepsAlive && nowNs - records.get(LONG, at + 56) >= MOVE_NS;
        if (before != lifetime || moves) {
            unlink(session, before);
            records.set(
                    LONG,
                    at + STATE,
                    records.get(LONG, at + STATE) & ~0xff_0000L | (long) lifetime << 16);
            append(session, lifetime, nowNs);
        }
    }

    /** Takes all sessions of {@code from}, which is smaller, in their order; it must be empty. */
    void adopt(SessionTable from) {
        for (int lifetime = 0; lifetime < Lifetime.COUNT; lifetime++) {
            for (int old = from.oldest(lifetime); old != NONE; old = from.next(old)) {
                int session = fresh++;
                MemorySegment.copy(
                        from.records,
                        (long) old * RECORD,
                        records,
                        (long) session * RECORD,
                        RECORD);
                append(session, lifetime, from.records.get(LONG, (long) old * RECORD + 56));
                put(session, OUTWARD);
                put(session, INWARD);
                size++;
            }
        }
    }

    void remove(int session) {
        erase(session, OUTWARD);
        erase(session, INWARD);
        unlink(session, lifetime(session));
        records.set(INT, (long) session * RECORD + NEXT, free);
        free = session;
        size--;
    }

    /** The session of that lifetime that was idle longest, or {@link #NONE}. */
    int oldest(int lifetime) {
        return oldest[lifetime];
    }

    /** The session after this one in its lifetime's list, or {@link #NONE}. */
    int next(int session) {
        return records.get(INT, (long) session * RECORD + NEXT);
    }

    long lastSeenNs(int session) {
        return records.get(LONG, (long) session * RECORD + 24);
    }

    int insidePort(int session) {
        return (int) (records.get(LONG, (long) session * RECORD + 16) >>> 48);
    }

    int outsidePort(int session) {
        return (int) (records.get(LONG, (long) session * RECORD + 16) >>> 32) & 0xffff;
    }

    int remotePort(int session) {
        return (int) records.get(LONG, (long) session * RECORD + 16) >>> 16;
    }

    int protocol(int session) {
        return (int) records.get(LONG, (long) session * RECORD + 16) >>> 8 & 0xff;
    }

    long remoteHigh(int session) {
        return records.get(LONG, (long) session * RECORD);
    }

    long remoteLow(int session) {
        return records.get(LONG, (long) session * RECORD + 8);
    }

    int lifetime(int session) {
        return (int) records.get(LONG, (long) session * RECORD + STATE) >>> 16 & 0xff;
    }

    /** {@link TcpState}'s bits. */
    int state(int session) {
        return (int) records.get(LONG, (long) session * RECORD + STATE) >>> 8 & 0xff;
    }

    void state(int session, int state) {
        long at = (long) session * RECORD + STATE;
        records.set(LONG, at, records.get(LONG, at) & ~0xff00L | (long) state << 8);
    }

    boolean isInbound(int session) {
        return (records.get(LONG, (long) session * RECORD + STATE) & INBOUND) != 0;
    }

    boolean usesMapping(int session) {
        return (records.get(LONG, (long) session * RECORD + STATE) & USES_MAPPING) != 0;
    }

    long createdSeconds(int session) {
        return records.get(LONG, (long) session * RECORD + STATE) >> 32;
    }

    long framesOut(int session) {
        return records.get(LONG, (long) session * RECORD + 48) >>> 32;
    }

    long framesIn(int session) {
        return records.get(LONG, (long) session * RECORD + 48) & 0xffff_ffffL;
    }

    private static long ports(int localPort, int remotePort, int protocol) {
        return (long) localPort << 32 | (long) remotePort << 16 | protocol;
    }

    private long hash(int direction, long ports, long remoteHigh, long remoteLow) {
        long h = (remoteLow ^ seed) * 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 29 ^ remoteHigh) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 32 ^ ports ^ (long) direction << 63) * 0x94d049bb133111ebL;
        return h ^ h >>> 31;
    }

    private long hashOf(int session, int direction) {
        long at = (long) session * RECORD;
        int local = direction == OUTWARD ? insidePort(session) : outsidePort(session);
        return hash(
                direction,
                ports(local, remotePort(session), protocol(session)),
                records.get(LONG, at),
                records.get(LONG, at + 8));
    }

    private static int session(long entry) {
        return ((int) entry >>> 1) - 1;
    }

    private static long entry(long hash, int session, int direction) {
        return hash & 0xffff_ffff_0000_0000L | (long) (session + 1) << 1 | direction;
    }

    private void put(int session, int direction) {
        long hash = hashOf(session, direction);
        int slot = (int) hash & mask;
        while (index.get(LONG, slot * 8L) != 0) {
            slot = slot + 1 & mask;
        }
        index.set(LONG, slot * 8L, entry(hash, session, direction));
    }

    private void erase(int session, int direction) {
        long hash = hashOf(session, direction);
        long wanted = entry(hash, session, direction);
        int slot = (int) hash & mask;
        while (index.get(LONG, slot * 8L) != wanted) {
            slot = slot + 1 & mask;
        }
        int hole = slot;
        long entry;
        while (true) {
            slot = slot + 1 & mask;
            entry = index.get(LONG, slot * 8L);
            if (entry == 0) {
                break;
            }
            int home = (int) hashOf(session(entry), (int) entry & 1) & mask;
            if ((slot - home & mask)
                    >= (slot - hole
                            & mask)) { // its home is not between hole and slot: it may move up
                index.set(LONG, hole * 8L, entry);
                hole = slot;
            }
        }
        index.set(LONG, hole * 8L, 0);
    }

    private void append(int session, int lifetime, long nowNs) {
        long at = (long) session * RECORD;
        int last = newest[lifetime];
        records.set(LONG, at + 56, nowNs);
        records.set(INT, at + PREVIOUS, last);
        records.set(INT, at + NEXT, NONE);
        if (last == NONE) {
            oldest[lifetime] = session;
        } else {
            records.set(INT, (long) last * RECORD + NEXT, session);
        }
        newest[lifetime] = session;
    }

    private void unlink(int session, int lifetime) {
        long at = (long) session * RECORD;
        int previous = records.get(INT, at + PREVIOUS);
        int next = records.get(INT, at + NEXT);
        if (previous == NONE) {
            oldest[lifetime] = next;
        } else {
            records.set(INT, (long) previous * RECORD + NEXT, next);
        }
        if (next == NONE) {
            newest[lifetime] = previous;
        } else {
            records.set(INT, (long) next * RECORD + PREVIOUS, previous);
        }
    }
}
