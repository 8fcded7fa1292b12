package io.virtdataplane.nat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the guest addresses in sessions by a Service, where the remote of the session is the
 * endpoint that answers: for each session 24 bytes beside its record, which only those sessions
 * use, so that others cost no memory. The address's two halves, the port (16 bits), and which table
 * of Services the session was last compared with (32).
 */
final class FrontEnds {
    private static final int BYTES = 24;
    private static final int HIGH = 0;
    private static final int LOW = 8;
    private static final int PORT = 16;
    private static final int GENERATION = 20;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private final MemorySegment memory;

    /** {@code memory} holds {@link #bytes}. */
    FrontEnds(MemorySegment memory) {
        this.memory = memory;
    }

    static long bytes(int sessions) {
        return (long) sessions * BYTES;
    }

    void set(int session, long high, long low, int port) {
        long at = (long) session * BYTES;
        memory.set(LONG, at + HIGH, high);
        memory.set(LONG, at + LOW, low);
        memory.set(INT, at + PORT, port);
        memory.set(INT, at + GENERATION, 0);
    }

    /** Of the same session in a smaller table. */
    void copy(int session, FrontEnds from, int old) {
        if (from.port(old) != 0) { // or it was never set, and its memory is not to be touched
            set(session, from.high(old), from.low(old), from.port(old));
        }
    }

    boolean is(int session, long high, long low, int port) {
        return low(session) == low && port(session) == port && high(session) == high;
    }

    long high(int session) {
        return memory.get(LONG, (long) session * BYTES + HIGH);
    }

    long low(int session) {
        return memory.get(LONG, (long) session * BYTES + LOW);
    }

    int port(int session) {
        return memory.get(INT, (long) session * BYTES + PORT);
    }

    /** 0: with none. */
    int generation(int session) {
        return memory.get(INT, (long) session * BYTES + GENERATION);
    }

    void generation(int session, int generation) {
        memory.set(INT, (long) session * BYTES + GENERATION, generation);
    }
}
