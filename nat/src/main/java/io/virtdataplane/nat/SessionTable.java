package io.virtdataplane.nat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The sessions of one guest NIC. One thread.
 *
 * <p>A session has two flows, outward (keyed by the guest's port) and inward (keyed by the outside
 * port), both with the remote endpoint and the protocol; they stand in one {@link FlowIndex}, so a
 * frame of either direction costs one lookup. Index and records lie in one segment that the caller
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
 * Each lifetime has a list, oldest first, and so ageing looks only at sessions that are due. A
 * session moves to its list's end at most once a second; the order is that exact and no more.
 */
final class SessionTable {
    static final int NONE = -1;
    static final int OUTWARD = 0;
    static final int INWARD = 1;

    /** Flags of a session: it was opened from outside; it uses its inside port's mapping. */
    static final int INBOUND = 1;

    static final int USES_MAPPING = 2;

    /** A process of the pod is its remote side: by a loopback address, or by the pod's own. */
    static final int FROM_LOOPBACK = 4;

    static final int FROM_POD = 8;

    /** The kernel carries its plain frames: see {@link CarriedSessions}. */
    private static final int CARRIED = 16;

    /** The guest addresses a Service, of which its remote is the endpoint: {@link FrontEnds}. */
    static final int BY_SERVICE = 32;

    static final int FROM_PROXY = 64; // by the loopback address that only a mesh's proxy has
    static final int WALKED = 128; // never carried

    // a record
    private static final int REMOTE_HIGH = 0;
    private static final int REMOTE_LOW = 8;
    private static final int PORTS = 16;
    private static final int LAST_SEEN = 24;
    private static final int PREVIOUS = 32;
    private static final int NEXT = 36;
    private static final int STATE = 40;
    private static final int FRAMES = 48;
    private static final int MOVED = 56;
    private static final int RECORD = 64;

    // within its PORTS
    private static final int INSIDE_SHIFT = 48;
    private static final int OUTSIDE_SHIFT = 32;
    private static final int REMOTE_SHIFT = 16;
    private static final int PROTOCOL_SHIFT = 8;
    private static final long OUTWARD_MASK = 0xffff_0000_ffff_ff00L; // without the outside port
    private static final long INWARD_MASK = 0x0000_ffff_ffff_ff00L; // without the inside port

    // within its STATE
    private static final int CREATED_SHIFT = 32;
    private static final int LIFETIME_SHIFT = 16;
    private static final int STATE_SHIFT = 8;

    // within its FRAMES: those inward are the lower half
    private static final int FRAMES_OUT_SHIFT = 32;
    private static final long FRAMES_IN_MASK = 0xffff_ffffL;

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MOVE_NS = SECOND_NS;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final MemorySegment records;
    private final FlowIndex index;
    private final FrontEnds frontEnds;
    private final int capacity;
    private final int[] oldest = new int[Lifetime.COUNT];
    private final int[] newest = new int[Lifetime.COUNT];
    private int free = NONE;
    private int fresh;
    private int size;

    /** {@code memory} holds {@link #bytes} zero bytes. */
    SessionTable(MemorySegment memory, int capacity, long seed) {
        this.capacity = capacity;
        long recordBytes = (long) capacity * RECORD;
        this.records = memory.asSlice(0, recordBytes);
        this.index =
                new FlowIndex(
                        memory.asSlice(recordBytes, FlowIndex.bytes(2 * capacity)), seed, this);
        this.frontEnds = new FrontEnds(memory.asSlice(recordBytes + FlowIndex.bytes(2 * capacity)));
        Arrays.fill(oldest, NONE);
        Arrays.fill(newest, NONE);
    }

    static long bytes(int capacity) {
        return (long) capacity * RECORD + FlowIndex.bytes(2 * capacity) + FrontEnds.bytes(capacity);
    }

    int size() {
        return size;
    }

    FlowIndex index() {
        return index;
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
        return index.lookup(direction, protocol, localPort, remoteHigh, remoteLow, remotePort);
    }

    /** The session has this flow. */
    boolean matches(
            int session,
            int direction,
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort) {
        if (direction == OUTWARD && hasFrontEnd(session)) {
            return insidePort(session) == localPort
                    && protocol(session) == protocol
                    && frontEnds.is(session, remoteHigh, remoteLow, remotePort);
        }
        long at = (long) session * RECORD;
        long ports = records.get(LONG, at + PORTS);
        boolean samePorts =
                direction == OUTWARD
                        ? (ports & OUTWARD_MASK) == ports(localPort, 0, remotePort, protocol)
                        : (ports & INWARD_MASK) == ports(0, localPort, remotePort, protocol);
        return samePorts
                && records.get(LONG, at + REMOTE_LOW) == remoteLow
                && records.get(LONG, at + REMOTE_HIGH) == remoteHigh;
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
        records.set(LONG, at + REMOTE_HIGH, remoteHigh);
        records.set(LONG, at + REMOTE_LOW, remoteLow);
        records.set(LONG, at + PORTS, ports(insidePort, outsidePort, remotePort, protocol));
        records.set(LONG, at + LAST_SEEN, nowNs);
        records.set(
                LONG,
                at + STATE,
                nowNs / SECOND_NS << CREATED_SHIFT | (long) lifetime << LIFETIME_SHIFT | flags);
        records.set(LONG, at + FRAMES, 0);
        append(session, lifetime, nowNs);
        index.put(session, OUTWARD);
        index.put(session, INWARD);
        size++;
        return session;
    }

    /**
     * A frame of the session passed; it now belongs to {@code lifetime}. {@code keepsAlive}: its
     * time starts anew.
     */
    void use(int session, int lifetime, boolean outward, boolean keepsAlive, long nowNs) {
        long at = (long) session * RECORD;
        long one = outward ? 1L << FRAMES_OUT_SHIFT : 1L;
        records.set(LONG, at + FRAMES, records.get(LONG, at + FRAMES) + one);
        if (keepsAlive) {
            records.set(LONG, at + LAST_SEEN, nowNs);
        }
        move(session, lifetime, keepsAlive, nowNs);
    }

    private void move(int session, int lifetime, boolean keepsAlive, long nowNs) {
        int before = lifetime(session);
        long movedNs = records.get(LONG, (long) session * RECORD + MOVED);
        if (before != lifetime || keepsAlive && nowNs - movedNs >= MOVE_NS) {
            unlink(session, before);
            setState(session, LIFETIME_SHIFT, lifetime);
            append(session, lifetime, nowNs);
        }
    }

    /**
     * So many frames were carried, the last one then; 0: none of those that keep it alive. It now
     * belongs to {@code lifetime}.
     */
    void addCarried(
            int session, long framesOut, long framesIn, int lifetime, long lastNs, long nowNs) {
        long at = (long) session * RECORD;
        long out = framesOut(session) + framesOut;
        long in = framesIn(session) + framesIn & FRAMES_IN_MASK;
        records.set(LONG, at + FRAMES, out << FRAMES_OUT_SHIFT | in);
        boolean keepsAlive = lastNs != 0 && lastNs - records.get(LONG, at + LAST_SEEN) > 0;
        if (keepsAlive) {
            records.set(LONG, at + LAST_SEEN, lastNs);
        }
        move(session, lifetime, keepsAlive, nowNs);
    }

    boolean isCarried(int session) {
        return (field(session, STATE) & CARRIED) != 0;
    }

    void carried(int session, boolean carried) {
        long at = (long) session * RECORD + STATE;
        long others = records.get(LONG, at) & ~CARRIED;
        records.set(LONG, at, carried ? others | CARRIED : others);
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
                frontEnds.copy(session, from.frontEnds, old);
                append(session, lifetime, from.records.get(LONG, (long) old * RECORD + MOVED));
                index.put(session, OUTWARD);
                index.put(session, INWARD);
                size++;
            }
        }
    }

    void remove(int session) {
        index.erase(session, OUTWARD);
        index.erase(session, INWARD);
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
        return field(session, LAST_SEEN);
    }

    int insidePort(int session) {
        return (int) (field(session, PORTS) >>> INSIDE_SHIFT);
    }

    int outsidePort(int session) {
        return (int) (field(session, PORTS) >>> OUTSIDE_SHIFT) & 0xffff;
    }

    int remotePort(int session) {
        return (int) (field(session, PORTS) >>> REMOTE_SHIFT) & 0xffff;
    }

    int protocol(int session) {
        return (int) (field(session, PORTS) >>> PROTOCOL_SHIFT) & 0xff;
    }

    long remoteHigh(int session) {
        return field(session, REMOTE_HIGH);
    }

    long remoteLow(int session) {
        return field(session, REMOTE_LOW);
    }

    int lifetime(int session) {
        return (int) (field(session, STATE) >>> LIFETIME_SHIFT) & 0xff;
    }

    /** {@link TcpState}'s bits. */
    int state(int session) {
        return (int) (field(session, STATE) >>> STATE_SHIFT) & 0xff;
    }

    void state(int session, int state) {
        setState(session, STATE_SHIFT, state);
    }

    boolean isInbound(int session) {
        return (field(session, STATE) & INBOUND) != 0;
    }

    /** FROM_LOOPBACK or FROM_POD, with FROM_PROXY; or {@link Loopback#NONE}. */
    int origin(int session) {
        return (int) field(session, STATE) & (FROM_LOOPBACK | FROM_POD | FROM_PROXY);
    }

    boolean isWalked(int session) {
        return (field(session, STATE) & WALKED) != 0;
    }

    boolean hasFrontEnd(int session) {
        return (field(session, STATE) & BY_SERVICE) != 0;
    }

    FrontEnds frontEnds() {
        return frontEnds;
    }

    /** What the guest addresses, where that is a Service; the remote is the endpoint. */
    void frontEnd(int session, long high, long low, int port) {
        index.erase(session, OUTWARD);
        long at = (long) session * RECORD + STATE;
        records.set(LONG, at, records.get(LONG, at) | BY_SERVICE);
        frontEnds.set(session, high, low, port);
        index.put(session, OUTWARD);
    }

    boolean usesMapping(int session) {
        return (field(session, STATE) & USES_MAPPING) != 0;
    }

    long createdSeconds(int session) {
        return field(session, STATE) >> CREATED_SHIFT;
    }

    void createdSeconds(int session, long seconds) {
        long at = (long) session * RECORD + STATE;
        records.set(INT, at + Integer.BYTES, (int) seconds); // its upper half
    }

    long framesOut(int session) {
        return field(session, FRAMES) >>> FRAMES_OUT_SHIFT;
    }

    long framesIn(int session) {
        return field(session, FRAMES) & FRAMES_IN_MASK;
    }

    private long field(int session, int offset) {
        return records.get(LONG, (long) session * RECORD + offset);
    }

    /** Eight bits of the session's STATE. */
    private void setState(int session, int shift, int value) {
        long at = (long) session * RECORD + STATE;
        records.set(LONG, at, records.get(LONG, at) & ~(0xffL << shift) | (long) value << shift);
    }

    private static long ports(int inside, int outside, int remote, int protocol) {
        return (long) inside << INSIDE_SHIFT
                | (long) outside << OUTSIDE_SHIFT
                | (long) remote << REMOTE_SHIFT
                | (long) protocol << PROTOCOL_SHIFT;
    }

    private void append(int session, int lifetime, long nowNs) {
        long at = (long) session * RECORD;
        int last = newest[lifetime];
        records.set(LONG, at + MOVED, nowNs);
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
