package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ip;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The flows of one NIC that the kernel carries itself, in memory that a program at the NIC's
 * devices reads (carry.h in src/main/bpf). User space decides, the program repeats: it translates
 * and sends on what is plain in an established session, and leaves all else to the walk.
 *
 * <p>The worker's thread writes what a flow is; no system call, and a change holds for the next
 * frame. The program adds to what a flow has carried; and it adds the flows of connections that it
 * may open, which the worker makes sessions of ({@link Openings}). Who adds an entry claims it
 * first; its hash is written last when it comes and first when it goes, and the port that is looked
 * for stands in one word with the one it becomes, so that a frame is translated right or not
 * carried, whatever is written meanwhile.
 *
 * <pre>
 *   entry of 64 bytes: hash, 0: free (8)    remote address, IPv4 as ::ffff:a.b.c.d (16)    tuple (8)
 *                      when it last carried a frame, CLOCK_MONOTONIC ns (8)    frames (8)    of those, taken (8)    session (4)    said (4)
 *   tuple: {@link FlowKey}
 *   bucket: {@link #WAYS} entries, and what the remotes of those are translated to ({@link FlowRemotes})
 *   NIC: {@link FlowNic}, {@link Openings}
 *   {@link FlowCounts}
 *   {@link FlowNotes}
 * </pre>
 *
 * What the sender of a flow says of its TCP connection, that it opens, ends or resets it, the
 * program adds to the entry, and notes its place where that is new.
 *
 * <p>Numbers are in the machine's order, addresses and ports as they lie in a frame. An entry is in
 * one of two buckets of {@link #WAYS}, found by the halves of its hash; where both are full the
 * flow is not carried.
 */
public final class FlowTable {
    /** No such flow, or no room for it. */
    public static final int NONE = -1;

    public static final int INWARD = 0;
    public static final int OUTWARD = 1;

    /** Entries of a bucket. */
    public static final int WAYS = 4;

    private static final int ENTRY = 64;

    /** Bytes of a bucket. */
    public static final int BUCKET = WAYS * (ENTRY + FlowRemotes.ENTRY);

    /** Bytes of what holds for the whole NIC. */
    public static final int NIC = FlowNic.BYTES + Openings.BYTES;

    /** Of a TCP connection the sender of a flow has sent anything but a first SYN. */
    public static final int SAID_OPEN = 1;

    public static final int SAID_FIN = 2;
    public static final int SAID_RST = 4;

    /** Until it has opened, nothing but a SYN that answers is carried. */
    public static final int AWAITS_ANSWER = 8;

    /** The session, of any protocol, began with a frame of this flow. */
    public static final int OPENED = 16;

    private static final int HASH = 0;
    private static final int REMOTE_HIGH = 8;
    private static final int REMOTE_LOW = 16;
    private static final int TUPLE = 24;
    private static final int LAST = 32;
    private static final int FRAMES = 40;
    private static final int TAKEN = 48;
    private static final int SESSION = 56;
    private static final int SAID = 60;
    private static final long CLAIMED = 2; // no hash: those are odd
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final VarHandle WORD = LONG.varHandle();
    private static final VarHandle HALF = INT.varHandle();

    private final MemorySegment flows;
    private final FlowRemotes remotes;
    private final FlowNic nic;
    private final FlowCounts counts;
    private final FlowNotes notes;
    private final Openings openings;
    private final long seed;
    private final int buckets;

    /** Of a NIC whose frames are all walked. */
    public static FlowTable none() {
        return none(Arena.ofAuto().allocate(NIC, Long.BYTES));
    }

    /**
     * The same, where programs ask whether the worker lives.
     *
     * @param nic as for the others
     */
    public static FlowTable none(MemorySegment nic) {
        return new FlowTable(MemorySegment.NULL, nic, MemorySegment.NULL, MemorySegment.NULL, 0);
    }

    /**
     * All may be zero, or as an earlier daemon of this machine's run has left it; what that one has
     * not read of the notes nobody reads.
     *
     * @param flows any number of buckets
     * @param nic {@link #NIC} bytes
     * @param carried a line of {@link FlowCounts} for each processor
     * @param notes {@link FlowNotes#BYTES} bytes
     * @param seed not to be guessed by a guest; the program has it, too
     */
    public FlowTable(
            MemorySegment flows,
            MemorySegment nic,
            MemorySegment carried,
            MemorySegment notes,
            long seed) {
        this.flows = flows;
        this.remotes = new FlowRemotes(flows, BUCKET, WAYS * ENTRY);
        this.nic = new FlowNic(nic);
        this.counts = new FlowCounts(carried);
        this.seed = seed;
        this.buckets = (int) (flows.byteSize() / BUCKET);
        this.notes = new FlowNotes(notes, capacity());
        this.openings = new Openings(nic.asSlice(FlowNic.BYTES, Openings.BYTES), seed);
        takeOver();
    }

    /** Whoever was killed while it wrote an entry has left it claimed. */
    private void takeOver() {
        for (int place = 0; place < capacity(); place++) {
            WORD.compareAndSet(flows, at(place) + HASH, CLAIMED, 0L);
        }
    }

    /** Adds what was carried since the last call. */
    void collect(Counters counters) {
        counts.collect(counters);
    }

    /** Which entries there is news of. */
    public FlowNotes notes() {
        return notes;
    }

    /** Flows can be carried at all. */
    public boolean isOn() {
        return buckets > 0;
    }

    /** What holds for all flows. */
    public FlowNic nic() {
        return nic;
    }

    /** Which connections the program may open. */
    public Openings openings() {
        return openings;
    }

    /** How many entries there are room for. */
    public int capacity() {
        return buckets * WAYS;
    }

    private static long at(int place) {
        return (long) place / WAYS * BUCKET + (long) place % WAYS * ENTRY;
    }

    /**
     * From the next frame on the kernel carries this flow, which may not be in the table.
     *
     * @param localPort the guest's outward, the outside one inward
     * @param becomes what it is translated to
     * @param remote as it is in the frame
     * @param remoteBecomes what it is translated to, or {@code null}: it stays
     * @param said what its sender has said before
     * @return its place, or {@link #NONE}
     */
    public int add(
            int session,
            int direction,
            int protocol,
            int localPort,
            int becomes,
            RemoteEnd remote,
            RemoteEnd remoteBecomes,
            int said) {
        long key = tuple(direction, protocol, localPort, remote);
        long hash = hash(remote, key);
        int place = claim(hash);
        if (place == NONE) {
            return NONE;
        }
        long at = at(place);
        long ends = remoteBecomes == null ? 0 : FlowKey.BOTH_ENDS;
        if (remoteBecomes != null) {
            remotes.set(place, remote, remoteBecomes);
        }
        flows.set(LONG, at + REMOTE_HIGH, Long.reverseBytes(remote.high()));
        flows.set(LONG, at + REMOTE_LOW, Long.reverseBytes(remote.low()));
        flows.set(LONG, at + TUPLE, key | FlowKey.swap(becomes) << FlowKey.BECOMES_SHIFT | ends);
        flows.set(LONG, at + LAST, 0);
        flows.set(LONG, at + FRAMES, 0);
        flows.set(LONG, at + TAKEN, 0);
        flows.set(INT, at + SESSION, session);
        flows.set(INT, at + SAID, said);
        WORD.setRelease(flows, at + HASH, hash);
        return place;
    }

    /** The place of the flow, or {@link #NONE}. */
    public int find(int direction, int protocol, int localPort, RemoteEnd remote) {
        long key = tuple(direction, protocol, localPort, remote);
        long hash = hash(remote, key);
        for (int choice = 0; choice < 2; choice++) {
            int first = KeyedHash.bucket(hash, choice, buckets) * WAYS;
            for (int place = first; place < first + WAYS; place++) {
                if (has(place, hash, remote, key)) {
                    return place;
                }
            }
        }
        return NONE;
    }

    private boolean has(int place, long hash, RemoteEnd remote, long key) {
        long at = at(place);
        return flows.get(LONG, at + HASH) == hash
                && (flows.get(LONG, at + TUPLE) & ~FlowKey.NO_KEY) == key
                && flows.get(LONG, at + REMOTE_HIGH) == Long.reverseBytes(remote.high())
                && flows.get(LONG, at + REMOTE_LOW) == Long.reverseBytes(remote.low());
    }

    /** In the bucket with more room: so few flows find none, even where the table is half full. */
    private int claim(long hash) {
        int first = KeyedHash.bucket(hash, 0, buckets) * WAYS;
        int second = KeyedHash.bucket(hash, 1, buckets) * WAYS;
        boolean isFirstFuller = used(first) > used(second);
        int place = claimIn(isFirstFuller ? second : first);
        return place != NONE ? place : claimIn(isFirstFuller ? first : second);
    }

    private int used(int first) {
        int used = 0;
        for (int place = first; place < first + WAYS; place++) {
            used += flows.get(LONG, at(place) + HASH) == 0 ? 0 : 1;
        }
        return used;
    }

    private int claimIn(int first) {
        for (int place = first; place < first + WAYS; place++) {
            long at = at(place) + HASH;
            if (flows.get(LONG, at) == 0 && WORD.compareAndSet(flows, at, 0L, CLAIMED)) {
                return place;
            }
        }
        return NONE;
    }

    /** The same as {@link #remove}, but that the entry is not free yet. */
    public void hide(int place) {
        WORD.setRelease(flows, at(place) + HASH, CLAIMED);
    }

    /** All entries of that flow which the program has opened, and nobody has a session for. */
    public void removeOpened(int direction, int protocol, int localPort, RemoteEnd remote) {
        long key = tuple(direction, protocol, localPort, remote);
        long hash = hash(remote, key);
        for (int choice = 0; choice < 2; choice++) {
            int first = KeyedHash.bucket(hash, choice, buckets) * WAYS;
            for (int place = first; place < first + WAYS; place++) {
                if (has(place, hash, remote, key) && session(place) == NONE) {
                    remove(place);
                }
            }
        }
    }

    /** From the next frame on the flow is walked again. */
    public void remove(int place) {
        WORD.setRelease(flows, at(place) + HASH, 0L);
    }

    public boolean isUsed(int place) {
        return ((long) WORD.getAcquire(flows, at(place) + HASH) & 1) != 0;
    }

    public boolean isOutward(int place) {
        return (flows.get(LONG, at(place) + TUPLE) & OUTWARD) != 0;
    }

    /** The port that it is translated to. */
    public int becomes(int place) {
        return port(place, FlowKey.BECOMES_SHIFT);
    }

    public int localPort(int place) {
        return port(place, FlowKey.LOCAL_SHIFT);
    }

    private int port(int place, int shift) {
        return Short.reverseBytes((short) (flows.get(LONG, at(place) + TUPLE) >>> shift)) & 0xffff;
    }

    public int protocol(int place) {
        return (int) (flows.get(LONG, at(place) + TUPLE) >>> FlowKey.PROTOCOL_SHIFT) & 0xff;
    }

    /** Who it is by, as in its frames. */
    public void remote(int place, RemoteEnd to) {
        long at = at(place);
        to.set(
                Long.reverseBytes(flows.get(LONG, at + REMOTE_HIGH)),
                Long.reverseBytes(flows.get(LONG, at + REMOTE_LOW)),
                port(place, FlowKey.REMOTE_SHIFT));
    }

    public boolean changesRemote(int place) {
        return (flows.get(LONG, at(place) + TUPLE) & FlowKey.BOTH_ENDS) != 0;
    }

    /** What its remote is translated to, or the remote itself. */
    public void remoteBecomes(int place, RemoteEnd to) {
        if (changesRemote(place)) {
            remotes.get(place, to);
        } else {
            remote(place, to);
        }
    }

    /** Its session has another number from now on. */
    public void session(int place, int number) {
        flows.set(INT, at(place) + SESSION, number);
    }

    /** The number that its session was added with; {@link #NONE}: the program has opened it. */
    public int session(int place) {
        return flows.get(INT, at(place) + SESSION);
    }

    /** When the flow last carried a frame, as System.nanoTime; 0 where it has carried none. */
    public long lastNs(int place) {
        return (long) WORD.getOpaque(flows, at(place) + LAST);
    }

    /** What its sender has said of its TCP connection: SAID_OPEN and so on. */
    public int said(int place) {
        return (int) HALF.getOpaque(flows, at(place) + SAID);
    }

    /** How many frames since this was last asked. */
    public long takeFrames(int place) {
        long at = at(place);
        long frames = (long) WORD.getOpaque(flows, at + FRAMES);
        long before = flows.get(LONG, at + TAKEN);
        flows.set(LONG, at + TAKEN, frames);
        return frames - before;
    }

    private long hash(RemoteEnd remote, long key) {
        return FlowKey.hash(seed, remote.high(), remote.low(), key);
    }

    private static long tuple(int direction, int protocol, int localPort, RemoteEnd remote) {
        boolean ipv6 = !Ip.isMapped(remote.high(), remote.low());
        return FlowKey.tuple(direction, protocol, localPort, remote.port(), ipv6);
    }
}
