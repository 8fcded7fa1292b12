package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.KeyedHash;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Conversations that the kernel carries itself, in memory that the program at each port's device
 * reads (bridge.bpf.c in src/main/bpf). A conversation is what one station sends to another (IEEE
 * 802.1AX 6.1.1), here by one port and under one tag. User space decides, the program repeats: it
 * puts the other tag on and sends the frame on, and leaves all that is not plain to the walk.
 *
 * <p>The worker's thread alone writes what a conversation is; no system call, and a change holds
 * for the next frame. The program adds to what it has carried. An entry's hash is written last when
 * it comes and first when it goes, and read once more when all else was read.
 *
 * <pre>
 *   entry of 64 bytes: hash, 0: free (8)
 *                      source, MAC address as it lies (6)    TCI of its tag (2)
 *                      destination, likewise (6)    number of the port (15 bits)    it has a tag (1 bit)
 *                      device that it leaves by (4)    tag that it leaves with: TCI (2), 1: it has one, 2: to the device's other end, 4: a guard looks into the frame (2)
 *                      numbers of the stations, source and destination (2 each)    longest frame (4)
 *                      their versions (4 each)    frames (4)    GSO frames (4)    bytes (8)
 * </pre>
 *
 * Numbers are in the machine's order. An entry is in one of two buckets of {@link #WAYS}; where
 * both are full the conversation is not carried.
 */
public final class ConversationTable {
    /** No such conversation, or no room for it. */
    static final int NONE = -1;

    /** Entries of a bucket. */
    public static final int WAYS = 4;

    private static final int ENTRY = 64;

    /** Bytes of a bucket. */
    public static final int BUCKET = WAYS * ENTRY;

    private static final int HASH = 0;
    private static final int SOURCE = 8;
    private static final int DESTINATION = 16;
    private static final int EGRESS = 24;
    private static final int TAG = 28;
    private static final int STATIONS = 32;
    private static final int LONGEST = 36;
    private static final int SOURCE_VERSION = 40;
    private static final int DESTINATION_VERSION = 44;
    private static final int FRAMES = 48;
    private static final int BYTES = 56;

    private static final int HIGH_SHIFT = 48;
    private static final int TAGGED = 0x8000;
    private static final int PUSHED = 0x10000;
    private static final int PEER = 0x20000;
    private static final int GUARDED = 0x40000;
    private static final int TCI = 0xffff;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final VarHandle WORD = LONG.varHandle();

    private final MemorySegment memory;
    private final long seed;
    private final int buckets;

    ConversationTable(FastPath path) {
        this.memory = path.conversations();
        this.seed = path.seed();
        this.buckets = (int) (memory.byteSize() / BUCKET);
    }

    int capacity() {
        return buckets * WAYS;
    }

    /** {@code tag}: as {@link Frame#tag}. */
    static long source(long mac, int tag) {
        return asItLies(mac) | (tag == Frame.UNTAGGED ? 0 : (long) (tag & TCI) << HIGH_SHIFT);
    }

    /**
     * @param port by which it comes in, below 32768
     * @param tag that it comes in with, as {@link Frame#tag}
     */
    static long destination(long mac, int port, int tag) {
        return asItLies(mac) | (long) (port | (tag == Frame.UNTAGGED ? 0 : TAGGED)) << HIGH_SHIFT;
    }

    private static long asItLies(long mac) {
        return Long.reverseBytes(mac) >>> Short.SIZE;
    }

    int find(long source, long destination) {
        long hash = hash(source, destination);
        for (int choice = 0; choice < 2; choice++) {
            int first = KeyedHash.bucket(hash, choice, buckets) * WAYS;
            for (int place = first; place < first + WAYS; place++) {
                long at = at(place);
                if (memory.get(LONG, at + HASH) == hash
                        && memory.get(LONG, at + SOURCE) == source
                        && memory.get(LONG, at + DESTINATION) == destination) {
                    return place;
                }
            }
        }
        return NONE;
    }

    /** A free place for it, or {@link #NONE}. */
    int free(long source, long destination) {
        long hash = hash(source, destination);
        for (int choice = 0; choice < 2; choice++) {
            int first = KeyedHash.bucket(hash, choice, buckets) * WAYS;
            for (int place = first; place < first + WAYS; place++) {
                if (!isUsed(place)) {
                    return place;
                }
            }
        }
        return NONE;
    }

    /**
     * Of a free place, before {@link #publish}: how its frames leave.
     *
     * @param isGuarded the program is to look into each as the strict guard does
     */
    void way(int place, KernelPort egress, boolean isGuarded, int tag, int longest) {
        long at = at(place);
        int how = (egress.isCrossing() ? PEER : 0) | (isGuarded ? GUARDED : 0);
        memory.set(INT, at + EGRESS, egress.device());
        memory.set(INT, at + TAG, tag == Frame.UNTAGGED ? how : how | PUSHED | tag & TCI);
        memory.set(INT, at + LONGEST, longest);
        memory.set(LONG, at + FRAMES, 0);
        memory.set(LONG, at + BYTES, 0);
    }

    /** The same: who talks to whom, as they stand now. */
    void between(int place, Stations stations, int source, int destination) {
        long at = at(place);
        memory.set(INT, at + STATIONS, source | destination << Short.SIZE);
        memory.set(INT, at + SOURCE_VERSION, stations.version(source));
        memory.set(INT, at + DESTINATION_VERSION, stations.version(destination));
    }

    /** From the next frame on the kernel carries it. */
    void publish(int place, long source, long destination) {
        long at = at(place);
        memory.set(LONG, at + SOURCE, source);
        memory.set(LONG, at + DESTINATION, destination);
        WORD.setRelease(memory, at + HASH, hash(source, destination));
    }

    /** From the next frame on it is walked again. */
    void remove(int place) {
        WORD.setRelease(memory, at(place) + HASH, 0L);
    }

    boolean isUsed(int place) {
        return memory.get(LONG, at(place) + HASH) != 0;
    }

    /** Neither station has moved or gone since. */
    boolean holds(int place, Stations stations) {
        long at = at(place);
        int numbers = memory.get(INT, at + STATIONS);
        return memory.get(INT, at + SOURCE_VERSION) == stations.version(numbers & 0xffff)
                && memory.get(INT, at + DESTINATION_VERSION)
                        == stations.version(numbers >>> Short.SIZE);
    }

    /**
     * Frames it has carried in all (low half, wraps around), and GSO frames of them (high half).
     */
    long frames(int place) {
        return (long) WORD.getOpaque(memory, at(place) + FRAMES);
    }

    long bytes(int place) {
        return (long) WORD.getOpaque(memory, at(place) + BYTES);
    }

    private static long at(int place) {
        return (long) place * ENTRY;
    }

    private long hash(long source, long destination) {
        long h = KeyedHash.mix(seed, source, KeyedHash.FIRST);
        return KeyedHash.closed(KeyedHash.mix(h, destination, KeyedHash.SECOND));
    }
}
