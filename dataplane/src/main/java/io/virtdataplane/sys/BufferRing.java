package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Buffers that an {@link IoUring} reads into, of one group: a read that is armed with the group
 * takes the next one for each frame, and ends where there is none. struct io_uring_buf_ring of
 * linux/io_uring.h. Used by the ring's thread.
 */
public final class BufferRing {
    private static final int ENTRY = 16; // struct io_uring_buf
    private static final long TAIL = 14; // lies over the first entry's spare bytes
    private static final int LEAST_BYTES = 4096;
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private final int group;
    private final int mask;
    private final Mapping memory;
    private final MemorySegment ring;
    private int tail;

    /** {@code buffers}: how many there can be, a power of two. */
    BufferRing(int group, int buffers) {
        this.group = group;
        this.mask = buffers - 1;
        this.memory = Mapping.anonymous(Math.max(LEAST_BYTES, (long) buffers * ENTRY));
        this.ring = memory.segment();
    }

    int group() {
        return group;
    }

    /** struct io_uring_buf_reg. */
    MemorySegment registration(Arena arena) {
        MemorySegment registration = arena.allocate(40, 8);
        registration.set(Scratch.U64, 0, ring.address());
        registration.set(Scratch.U32, 8, mask + 1);
        registration.set(ValueLayout.JAVA_SHORT, 12, (short) group);
        return registration;
    }

    /** Hands a buffer to the kernel; it comes back with a completion's number. */
    public void provide(int id, long address, int length) {
        long at = (long) (tail & mask) * ENTRY;
        ring.set(ValueLayout.JAVA_LONG, at, address);
        ring.set(ValueLayout.JAVA_INT, at + 8, length);
        ring.set(ValueLayout.JAVA_SHORT, at + 12, (short) id);
        tail++;
    }

    /** Makes all {@link #provide}d buffers visible to the kernel. */
    public void publish() {
        SHORT.setRelease(ring, TAIL, (short) tail);
    }

    void close() {
        memory.close();
    }
}
