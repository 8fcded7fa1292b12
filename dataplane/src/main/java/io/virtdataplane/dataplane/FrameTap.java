package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Copies the frames of one NIC for a capture: a ring of bytes with one writer, the worker, and one
 * reader. A full ring loses and counts; the worker never waits.
 *
 * <pre>
 *   record: length of what is kept (4), length on the wire (4), time ns (8), side (4), unused (4), bytes, padded to 8
 * </pre>
 */
public final class FrameTap {
    /** Where a frame was seen: before the NAT or behind it. */
    public enum Side {
        GUEST,
        UPLINK;

        private static final Side[] VALUES = values();
    }

    /** Receives frames on the reader's thread; {@code bytes} is valid during the call. */
    @FunctionalInterface
    public interface Reader {
        void frame(long timeNs, Side side, MemorySegment bytes, int wireLength);
    }

    private static final int HEADER = 24;
    private static final int SKIP = -1; // the rest of the ring is unused
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle TAIL;
    private static final VarHandle HEAD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TAIL = lookup.findVarHandle(FrameTap.class, "tail", long.class);
            HEAD = lookup.findVarHandle(FrameTap.class, "head", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MemorySegment ring;
    private final long capacity;
    private final int snapLength;
    private volatile long lost;
    private long tail;
    private long head;

    /** {@code ring} is a multiple of 8 bytes long, and well above a frame's length. */
    public FrameTap(MemorySegment ring, int snapLength) {
        this.ring = ring;
        this.capacity = ring.byteSize();
        this.snapLength = snapLength;
    }

    /** Worker's thread. */
    void offer(Frame frame, Side side, long nowNs) {
        int kept = Math.min(snapLength, frame.length);
        long size = HEADER + (kept + 7L & ~7L);
        long at = tail % capacity;
        long skipped = at + size > capacity ? capacity - at : 0;
        if (tail + skipped + size - (long) HEAD.getAcquire(this) > capacity) {
            lost = lost + 1; // one writer: no update is lost
            return;
        }
        if (skipped > 0) {
            ring.set(INT, at, SKIP);
            at = 0;
        }
        ring.set(INT, at, kept);
        ring.set(INT, at + 4, frame.length);
        ring.set(LONG, at + 8, nowNs);
        ring.set(INT, at + 16, side.ordinal());
        MemorySegment.copy(frame.data, frame.start, ring, at + HEADER, kept);
        TAIL.setRelease(this, tail + skipped + size);
    }

    /** Reader's thread: how many frames there were. */
    public int drain(Reader reader) {
        long end = (long) TAIL.getAcquire(this);
        int count = 0;
        while (head < end) {
            long at = head % capacity;
            int kept = ring.get(INT, at);
            if (kept == SKIP) {
                HEAD.setRelease(this, head + capacity - at);
                continue;
            }
            reader.frame(
                    ring.get(LONG, at + 8),
                    Side.VALUES[ring.get(INT, at + 16)],
                    ring.asSlice(at + HEADER, kept),
                    ring.get(INT, at + 4));
            HEAD.setRelease(this, head + HEADER + (kept + 7L & ~7L));
            count++;
        }
        return count;
    }

    /** Frames that found no room. */
    public long lost() {
        return lost;
    }
}
