package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Datagrams of which fragments have come: an open-addressed index by their key (RFC 791 3.2, RFC
 * 8200 4.5), a list in order of arrival, and for each a bitmap of the 8-byte units that came. One
 * thread.
 */
final class Datagrams {
    /** How a fragment relates to those before it. */
    enum Mark {
        NEW,
        REPEATED,
        OVERLAPPING
    }

    private static final int NONE = -1;
    private static final int UNIT = 8;
    private static final int UNITS = 8192; // 65,535 bytes and one
    private static final int BITMAP = UNITS / 8;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final MemorySegment bitmaps;
    private final int[] index;
    private final int mask;
    private final long seed;
    private final long[] srcHigh;
    private final long[] srcLow;
    private final long[] dstHigh;
    private final long[] dstLow;
    private final long[] key;
    private final int[] arrived; // units
    private final int[] length; // of the whole, in bytes; 0 until the last fragment has come
    private final int[] highest; // end of the furthest fragment, in bytes
    private final int[] previous;
    private final int[] next;
    final long[] createdNs;

    /** Ordinal of the verdict of the first fragment, or the owner's marks. */
    final int[] verdict;

    /** Head of the list of fragments that wait for the first one. */
    final int[] waiting;

    /** What the address of the remote becomes; 0: it stays. */
    final long[] remoteHigh;

    final long[] remoteLow;

    private int oldest = NONE;
    private int newest = NONE;
    private int free;
    private int count;

    Datagrams(MemorySegment memory, int capacity, long seed) {
        this.bitmaps = memory.asSlice(0, bytes(capacity));
        this.seed = seed;
        int slots = Integer.highestOneBit(capacity * 2 - 1) * 2;
        index = new int[slots];
        Arrays.fill(index, NONE);
        mask = slots - 1;
        srcHigh = new long[capacity];
        srcLow = new long[capacity];
        dstHigh = new long[capacity];
        dstLow = new long[capacity];
        key = new long[capacity];
        createdNs = new long[capacity];
        arrived = new int[capacity];
        length = new int[capacity];
        highest = new int[capacity];
        verdict = new int[capacity];
        waiting = new int[capacity];
        remoteHigh = new long[capacity];
        remoteLow = new long[capacity];
        previous = new int[capacity];
        next = new int[capacity];
        for (int i = 0; i < capacity; i++) {
            next[i] = i + 1 < capacity ? i + 1 : NONE;
        }
    }

    static long bytes(int capacity) {
        return (long) capacity * BITMAP;
    }

    int count() {
        return count;
    }

    /** The one that came first, or NONE. */
    int oldest() {
        return oldest;
    }

    int lookup(Frame frame) {
        long wanted = key(frame);
        int slot = (int) hash(wanted, frame.srcHigh, frame.srcLow, frame.dstHigh, frame.dstLow);
        int datagram;
        while ((datagram = index[slot & mask]) != NONE) {
            if (key[datagram] == wanted
                    && srcLow[datagram] == frame.srcLow
                    && dstLow[datagram] == frame.dstLow
                    && srcHigh[datagram] == frame.srcHigh
                    && dstHigh[datagram] == frame.dstHigh) {
                return datagram;
            }
            slot++;
        }
        return NONE;
    }

    /** A new one; fewer than the capacity may be there. */
    int add(Frame frame, int firstVerdict, long nowNs) {
        int datagram = free;
        free = next[datagram];
        srcHigh[datagram] = frame.srcHigh;
        srcLow[datagram] = frame.srcLow;
        dstHigh[datagram] = frame.dstHigh;
        dstLow[datagram] = frame.dstLow;
        key[datagram] = key(frame);
        createdNs[datagram] = nowNs;
        verdict[datagram] = firstVerdict;
        waiting[datagram] = NONE;
        arrived[datagram] = 0;
        length[datagram] = 0;
        highest[datagram] = 0;
        int slot = home(datagram);
        while (index[slot & mask] != NONE) {
            slot++;
        }
        index[slot & mask] = datagram;
        previous[datagram] = newest;
        next[datagram] = NONE;
        if (newest == NONE) {
            oldest = datagram;
        } else {
            next[newest] = datagram;
        }
        newest = datagram;
        count++;
        return datagram;
    }

    void remove(int datagram) {
        clear(datagram);
        int slot = home(datagram) & mask;
        while (index[slot] != datagram) {
            slot = slot + 1 & mask;
        }
        closeGap(slot);
        int before = previous[datagram];
        int after = next[datagram];
        if (before == NONE) {
            oldest = after;
        } else {
            next[before] = after;
        }
        if (after == NONE) {
            newest = before;
        } else {
            previous[after] = before;
        }
        next[datagram] = free;
        free = datagram;
        count--;
    }

    /** A bitmap is clear while nobody has it; what was set lies below the furthest byte. */
    private void clear(int datagram) {
        int units = (highest[datagram] + UNIT - 1) / UNIT;
        for (int word = 0; word <= units >>> 6 && word < BITMAP / 8; word++) {
            bitmaps.set(LONG, (long) datagram * BITMAP + word * 8L, 0);
        }
    }

    private void closeGap(int gap) {
        int hole = gap;
        int slot = gap;
        while (true) {
            slot = slot + 1 & mask;
            if (index[slot] == NONE) {
                index[hole] = NONE;
                return;
            }
            int home = home(index[slot]) & mask;
            if ((slot - home & mask) >= (slot - hole & mask)) {
                index[hole] = index[slot];
                hole = slot;
            }
        }
    }

    /** Bytes {@code from} to {@code to} have come; nothing is changed unless they are NEW. */
    Mark mark(int datagram, int from, int to, boolean last) {
        Mark mark = compare(datagram, from, to, last);
        if (mark == Mark.NEW) {
            int end = (to + UNIT - 1) / UNIT;
            for (int unit = from / UNIT; unit < end; unit++) {
                flip(datagram, unit);
            }
            arrived[datagram] += end - from / UNIT;
            highest[datagram] = Math.max(highest[datagram], to);
            length[datagram] = last ? to : length[datagram];
        }
        return mark;
    }

    /** How those bytes relate to what has come; nothing is changed. */
    Mark compare(int datagram, int from, int to, boolean last) {
        int first = from / UNIT;
        int end = (to + UNIT - 1) / UNIT;
        int there = 0;
        for (int unit = first; unit < end; unit++) {
            there += bit(datagram, unit);
        }
        if (there == end - first) {
            return Mark.REPEATED;
        }
        boolean beyond = length[datagram] != 0 && to > length[datagram];
        boolean tooShort = last && (highest[datagram] > to || length[datagram] != 0);
        return there > 0 || beyond || tooShort ? Mark.OVERLAPPING : Mark.NEW;
    }

    /** Takes a NEW mark back: the fragment will come once more. */
    void unmark(int datagram, int from, int to) {
        int first = from / UNIT;
        int end = (to + UNIT - 1) / UNIT;
        for (int unit = first; unit < end; unit++) {
            flip(datagram, unit);
        }
        arrived[datagram] -= end - first;
        if (to == length[datagram]) {
            length[datagram] = 0;
        }
    }

    boolean isComplete(int datagram) {
        int bytes = length[datagram];
        return bytes != 0 && arrived[datagram] == (bytes + UNIT - 1) / UNIT;
    }

    private int bit(int datagram, int unit) {
        long word = bitmaps.get(LONG, (long) datagram * BITMAP + (unit >>> 6) * 8L);
        return (int) (word >>> (unit & 63)) & 1;
    }

    private void flip(int datagram, int unit) {
        long at = (long) datagram * BITMAP + (unit >>> 6) * 8L;
        bitmaps.set(LONG, at, bitmaps.get(LONG, at) ^ 1L << (unit & 63));
    }

    private static long key(Frame frame) {
        return (long) frame.identification << 16
                | (frame.isIpv4() ? frame.protocol : 0x100); // RFC 8200 4.5: not the next header
    }

    private int home(int datagram) {
        return (int)
                hash(
                        key[datagram],
                        srcHigh[datagram],
                        srcLow[datagram],
                        dstHigh[datagram],
                        dstLow[datagram]);
    }

    private long hash(
            long wanted, long sourceHigh, long sourceLow, long targetHigh, long targetLow) {
        long h = (wanted ^ seed) * 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 29 ^ sourceHigh) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 32 ^ sourceLow) * 0x94d049bb133111ebL;
        h = (h ^ h >>> 29 ^ targetHigh) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 32 ^ targetLow) * 0x94d049bb133111ebL;
        return h >>> 33;
    }
}
