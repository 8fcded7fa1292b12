package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Which processor a thread runs on: sched_setaffinity(2). */
public final class Affinity {
    public static final int MAX_CPU = 1023;
    private static final int SET_BYTES = (MAX_CPU + 1) / Byte.SIZE; // cpu_set_t

    private Affinity() {}

    /** Binds the calling thread to a processor, or throws: EINVAL where there is none. */
    public static void pin(int cpu) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(SET_BYTES, 8);
            set.set(ValueLayout.JAVA_LONG, cpu / Long.SIZE * 8L, 1L << cpu % Long.SIZE);
            SystemCallException.check(
                    Libc.result(Libc.C.sched_setaffinity(0, SET_BYTES, set.address())),
                    "sched_setaffinity to CPU " + cpu);
        }
    }
}
