package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * What the program has carried of a NIC, all flows together.
 *
 * <pre>
 *   for each processor 64 bytes: frames out, bytes out, frames in, bytes in, GSO frames (8 each)
 * </pre>
 */
final class FlowCounts {
    private static final int LINE = 64;
    private static final int COUNTS = 5;
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment memory;
    private final long[] taken = new long[COUNTS];

    /** What was carried before does not count. */
    FlowCounts(MemorySegment memory) {
        this.memory = memory;
        collect(new Counters());
    }

    /** Adds what was carried since the last call. */
    void collect(Counters counters) {
        if (memory.byteSize() > 0) {
            counters.carried(take(0), take(1), take(2), take(3), take(4));
        }
    }

    private long take(int count) {
        long sum = 0;
        for (long at = (long) count * Long.BYTES; at < memory.byteSize(); at += LINE) {
            sum += (long) WORD.getOpaque(memory, at);
        }
        long before = taken[count];
        taken[count] = sum;
        return sum - before;
    }
}
