package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Headers;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;

/**
 * Lets fragments of one direction through NAT without putting datagrams together (RFC 4787 REQ-14).
 *
 * <p>Theory of operation. Only the first fragment of a datagram has ports, so what becomes of it
 * becomes of all: its verdict is kept by (source, destination, protocol, identification), and later
 * fragments get the addresses rewritten and no more; the transport checksum stands in the first and
 * is repaired there. Fragments that come before the first one are copied and wait; once it has
 * passed, {@link #release} gives them back to be walked again. Each datagram has a bitmap of its
 * 8-byte units, so an overlap is seen whatever the order: an exact repetition is dropped, anything
 * else that overlaps spoils the datagram (RFC 5722). Datagrams and waiting fragments are bounded;
 * the oldest datagram gives way to a new one, and none lives longer than 30 s. A datagram whose
 * last byte has passed is forgotten at once.
 */
final class Fragments {
    static final long TIMEOUT_NS = 30_000_000_000L; // Linux' ipfrag_time; RFC 791 suggests 15 s
    private static final int NONE = -1;
    private static final int UNKNOWN = -1; // no verdict yet
    private static final int SPOILED = -2;
    private static final Verdict[] VERDICTS = Verdict.values();

    private final Datagrams datagrams;
    private final WaitingFragments waiting;
    private int limit;
    private int releasing = NONE; // head of the list of fragments to walk again
    private int givenUp;
    private long remoteHigh;
    private long remoteLow;

    /** {@code memory} holds {@link #bytes} zero bytes, for up to {@code capacity} of both kinds. */
    Fragments(MemorySegment memory, int capacity, int limit, int longest, long seed) {
        this.datagrams = new Datagrams(memory, capacity, seed);
        this.waiting =
                new WaitingFragments(memory.asSlice(Datagrams.bytes(capacity)), capacity, longest);
        this.limit = limit;
    }

    static long bytes(int capacity, int longest) {
        return Datagrams.bytes(capacity) + WaitingFragments.bytes(capacity, longest);
    }

    void limit(int newLimit) {
        limit = newLimit;
    }

    /**
     * CONTINUE: a first fragment is to be walked on, and {@link #decide} told how it ended; a later
     * one is to follow {@link #decided}. Else what became of the frame.
     */
    Verdict admit(Frame frame, long nowNs) {
        frame.note(Step.FRAGMENT, frame.fragmentOffset, frame.identification & 0xffff_ffffL);
        int datagram = datagrams.lookup(frame);
        if (frame.isDryRun()) {
            return foretell(datagram, frame);
        }
        if (datagram == NONE) {
            while (datagrams.count() >= limit) {
                forget(datagrams.oldest());
            }
            datagram = datagrams.add(frame, UNKNOWN, nowNs);
        }
        if (datagrams.verdict[datagram] == SPOILED) {
            return Verdict.DROP_FRAGMENT_OVERLAP;
        }
        return switch (datagrams.mark(datagram, frame.fragmentOffset, end(frame), isLast(frame))) {
            case NEW -> pass(datagram, frame);
            case REPEATED -> Verdict.DROP_FRAGMENT_OVERLAP;
            case OVERLAPPING -> {
                giveUpWaiting(datagram);
                datagrams.verdict[datagram] = SPOILED;
                yield Verdict.DROP_FRAGMENT_OVERLAP;
            }
        };
    }

    /** What {@link #admit} would say, as far as no table is full. */
    private Verdict foretell(int datagram, Frame frame) {
        if (datagram == NONE) {
            return frame.isLaterFragment() ? Verdict.HELD : Verdict.CONTINUE;
        }
        boolean isNew =
                datagrams.verdict[datagram] != SPOILED
                        && datagrams.compare(
                                        datagram, frame.fragmentOffset, end(frame), isLast(frame))
                                == Datagrams.Mark.NEW;
        if (!isNew) {
            return Verdict.DROP_FRAGMENT_OVERLAP;
        }
        boolean waits = frame.isLaterFragment() && datagrams.verdict[datagram] == UNKNOWN;
        return waits ? Verdict.HELD : Verdict.CONTINUE;
    }

    private Verdict pass(int datagram, Frame frame) {
        if (!frame.isLaterFragment() || datagrams.verdict[datagram] != UNKNOWN) {
            return Verdict.CONTINUE;
        }
        while (waiting.count() >= limit && datagrams.oldest() != datagram) {
            forget(datagrams.oldest()); // the longest on its way will be missed least
        }
        int slot = waiting.count() < limit ? waiting.put(frame) : NONE;
        if (slot == NONE) {
            datagrams.unmark(datagram, frame.fragmentOffset, end(frame));
            return Verdict.DROP_FRAGMENT_LIMIT;
        }
        waiting.next[slot] = datagrams.waiting[datagram];
        datagrams.waiting[datagram] = slot;
        return Verdict.HELD;
    }

    /** What became of the first fragment of a later one that {@link #admit} let continue. */
    Verdict decided(Frame frame) {
        int datagram = datagrams.lookup(frame);
        Verdict verdict = VERDICTS[datagrams.verdict[datagram]];
        remoteHigh = datagrams.remoteHigh[datagram];
        remoteLow = datagrams.remoteLow[datagram];
        if (!frame.isDryRun()) {
            forgetWhenComplete(datagram);
        }
        return verdict;
    }

    /** What {@link #decided} has said the remote's address becomes, if anything else. */
    boolean changesRemote() {
        return (remoteHigh | remoteLow) != 0;
    }

    long remoteHigh() {
        return remoteHigh;
    }

    long remoteLow() {
        return remoteLow;
    }

    /**
     * The first fragment, which {@link #admit} let continue, has ended so.
     *
     * @param services that have seen it
     */
    void decide(Frame frame, Verdict verdict, Services services) {
        if (frame.isDryRun()) {
            return;
        }
        int datagram = datagrams.lookup(frame);
        datagrams.verdict[datagram] = verdict.ordinal();
        datagrams.remoteHigh[datagram] = services.remoteHigh();
        datagrams.remoteLow[datagram] = services.remoteLow();
        int slot = datagrams.waiting[datagram];
        datagrams.waiting[datagram] = NONE;
        while (slot != NONE) {
            int next = waiting.next[slot];
            datagrams.unmark(datagram, waiting.from(slot), waiting.to(slot));
            waiting.next[slot] = releasing;
            releasing = slot;
            slot = next;
        }
        forgetWhenComplete(datagram);
    }

    /** A fragment that waited is now to be walked. */
    boolean hasReleased() {
        return releasing != NONE;
    }

    /** Fills {@code frame} with it. */
    void release(Frame frame) {
        int slot = releasing;
        releasing = waiting.next[slot];
        waiting.take(slot, frame);
    }

    /** True while a datagram is on its way. */
    boolean age(long nowNs) {
        int datagram;
        while ((datagram = datagrams.oldest()) != NONE
                && nowNs - datagrams.createdNs[datagram] >= TIMEOUT_NS) {
            forget(datagram);
        }
        return datagrams.count() > 0;
    }

    int takeGivenUp() {
        int count = givenUp;
        givenUp = 0;
        return count;
    }

    int waitingCount() {
        return waiting.count();
    }

    private void forgetWhenComplete(int datagram) {
        if (datagrams.isComplete(datagram)) {
            forget(datagram);
        }
    }

    private void forget(int datagram) {
        giveUpWaiting(datagram);
        datagrams.remove(datagram);
    }

    private void giveUpWaiting(int datagram) {
        int slot = datagrams.waiting[datagram];
        datagrams.waiting[datagram] = NONE;
        while (slot != NONE) {
            int next = waiting.next[slot];
            waiting.free(slot);
            givenUp++;
            slot = next;
        }
    }

    private static int end(Frame frame) {
        return frame.fragmentOffset + Headers.fragmentLength(frame);
    }

    private static boolean isLast(Frame frame) {
        return !frame.moreFragments;
    }

    /** Copies of fragments that wait, each in a slot of fixed length. */
    private static final class WaitingFragments {
        private final MemorySegment memory;
        private final int slotBytes;
        private final int[] from;
        private final int[] to;
        private final int[] lengths;
        private final int[] free;
        final int[] next;
        private int freeCount;

        WaitingFragments(MemorySegment memory, int capacity, int longest) {
            this.memory = memory;
            this.slotBytes = slotBytes(longest);
            from = new int[capacity];
            to = new int[capacity];
            lengths = new int[capacity];
            next = new int[capacity];
            free = new int[capacity];
            for (int i = capacity - 1; i >= 0; i--) {
                free[freeCount++] = i;
            }
        }

        private static int slotBytes(int longest) {
            return VirtioNetHdr.LENGTH + longest + 63 & ~63;
        }

        static long bytes(int capacity, int longest) {
            return (long) capacity * slotBytes(longest);
        }

        int count() {
            return free.length - freeCount;
        }

        /** The slot, or NONE where there is none or the frame is too long for it. */
        int put(Frame frame) {
            int length = VirtioNetHdr.LENGTH + frame.length;
            if (freeCount == 0 || length > slotBytes) {
                return NONE;
            }
            int slot = free[--freeCount];
            from[slot] = frame.fragmentOffset;
            to[slot] = end(frame);
            lengths[slot] = length;
            MemorySegment.copy(frame.data, frame.vnet(), memory, (long) slot * slotBytes, length);
            return slot;
        }

        void take(int slot, Frame frame) {
            frame.received(null, lengths[slot]);
            MemorySegment.copy(
                    memory, (long) slot * slotBytes, frame.data, frame.vnet(), lengths[slot]);
            free(slot);
        }

        void free(int slot) {
            free[freeCount++] = slot;
        }

        int from(int slot) {
            return from[slot];
        }

        int to(int slot) {
            return to[slot];
        }
    }
}
