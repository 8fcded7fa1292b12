package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Places of {@link FlowTable}'s entries that the program has opened, or whose senders have said
 * something new. Where more are written than there is room for, the oldest are lost.
 *
 * <pre>
 *   how many there ever were (8)    places, plus 1 (4 each), the oldest overwritten first; 0: read, or not yet written
 * </pre>
 */
public final class FlowNotes {
    /** How many there is room for. */
    public static final int MOST = 4096;

    /** Of all. */
    public static final int BYTES = Long.BYTES + MOST * Integer.BYTES;

    private static final int WRITERS = 64; // at a time: processors
    private static final VarHandle COUNT = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle PLACE = ValueLayout.JAVA_INT.varHandle();

    private final MemorySegment memory;
    private final int places;
    private long read;

    /**
     * What an earlier daemon has not read nobody reads.
     *
     * @param places how many there are
     */
    FlowNotes(MemorySegment memory, int places) {
        this.memory = memory;
        this.places = places;
        if (isThere()) {
            memory.asSlice(Long.BYTES).fill((byte) 0);
            read = count();
        }
    }

    private boolean isThere() {
        return memory.byteSize() > 0;
    }

    private long count() {
        return (long) COUNT.getOpaque(memory, 0L);
    }

    private long at() {
        return Long.BYTES + (read & MOST - 1) * Integer.BYTES;
    }

    /** How many have not been read. */
    public long left() {
        return isThere() ? count() - read : 0;
    }

    /** The next place; or {@link FlowTable#NONE}: it is being written. */
    public int read() {
        read = Math.max(read, count() - MOST);
        long at = at();
        int noted;
        while ((noted = (int) PLACE.getAcquire(memory, at)) == 0) {
            if (count() - read <= WRITERS) {
                return FlowTable.NONE;
            }
            read++; // it was overwritten while it was read
            at = at();
        }
        PLACE.setOpaque(memory, at, 0);
        read++;
        return Integer.remainderUnsigned(noted - 1, places);
    }
}
