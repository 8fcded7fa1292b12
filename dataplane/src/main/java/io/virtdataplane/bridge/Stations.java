package io.virtdataplane.bridge;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The numbers of a bridge's stations, and what the programs at its ports know by them, in memory
 * that they share (bridge.bpf.c in src/main/bpf): a station that moves or goes has another version
 * from then on, and no conversation of it that they have holds any more; and they note when it last
 * sent a frame. Worker's thread.
 *
 * <pre>
 *   entry of 16 bytes: when it last sent a frame that was carried, CLOCK_MONOTONIC ns (8)    version (4)    IPv4 address, 0: any (4)
 *   entry 0: when the worker last was alive, ns (8)
 * </pre>
 */
final class Stations {
    static final int ENTRY = 16;

    /** A station without one: the memory is full, or there is none. */
    static final int NO_NUMBER = 0;

    private static final long VERSION = 8;
    private static final long ADDRESS = 12;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfInt NETWORK = INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle HALF = INT.varHandle();

    private final MemorySegment memory;
    private final int[] free;
    private int freeCount;

    /** Of a bridge whose frames are all walked. */
    static Stations none() {
        return new Stations(MemorySegment.NULL);
    }

    Stations(MemorySegment memory) {
        this.memory = memory;
        int numbers = (int) (memory.byteSize() / ENTRY);
        this.free = new int[Math.max(numbers - 1, 0)];
        for (int number = numbers - 1; number > NO_NUMBER; number--) {
            free[freeCount++] = number;
        }
    }

    /** For a new station. */
    int take() {
        return freeCount == 0 ? NO_NUMBER : free[--freeCount];
    }

    /** The station is gone. */
    void give(int number) {
        if (number != NO_NUMBER) {
            changed(number);
            WORD.setOpaque(memory, (long) number * ENTRY, 0L);
            free[freeCount++] = number;
        }
    }

    /** It is elsewhere from the next frame on. */
    void changed(int number) {
        if (number != NO_NUMBER) {
            HALF.setRelease(memory, (long) number * ENTRY + VERSION, version(number) + 1);
        }
    }

    int version(int number) {
        return memory.get(INT, (long) number * ENTRY + VERSION);
    }

    /** Which IPv4 address alone a guard lets it send from; 0: any. */
    void address(int number, int address) {
        memory.set(NETWORK, (long) number * ENTRY + ADDRESS, address);
    }

    /** When a frame of it was last carried, as System.nanoTime; 0: never. */
    long lastNs(int number) {
        return number == NO_NUMBER ? 0 : (long) WORD.getOpaque(memory, (long) number * ENTRY);
    }

    /** The worker lives: frames are carried for some seconds more. */
    void beat(long nowNs) {
        WORD.setRelease(memory, 0L, nowNs);
    }
}
