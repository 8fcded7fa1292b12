package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Short-lived native memory for the arguments of one control-path call. */
final class Scratch implements AutoCloseable {
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private final Arena arena = Arena.ofConfined();

    MemorySegment zeroed(int length) {
        return arena.allocate(length, 8);
    }

    /** Address of {@code text} as a C string. */
    long string(String text) {
        return arena.allocateFrom(text).address();
    }

    @Override
    public void close() {
        arena.close();
    }
}
