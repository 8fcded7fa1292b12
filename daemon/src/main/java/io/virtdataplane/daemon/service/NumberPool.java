package io.virtdataplane.daemon.service;

import java.util.BitSet;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Numbers from 0 on that are each given to one at a time. What nobody chose comes from the upper
 * band as long as that has any, so that the lower one is left to those who choose (KEP 3070, KEP
 * 3668). One thread.
 */
final class NumberPool {
    private final BitSet taken = new BitSet();
    private final BitSet avoided = new BitSet();
    private final int size;
    private final int lowerBand;
    private final RandomGenerator random;

    /**
     * @param lowerBand how many of the first numbers are given last
     */
    NumberPool(int size, int lowerBand, RandomGenerator random) {
        this.size = size;
        this.lowerBand = lowerBand;
        this.random = random;
    }

    /** The same as it is now, to try on. */
    NumberPool copy() {
        NumberPool copy = new NumberPool(size, lowerBand, random);
        copy.taken.or(taken);
        return copy;
    }

    /** From now on it is given to whoever asks for it, and to nobody else. */
    void avoid(int number) {
        avoided.set(number);
    }

    /** Whether that one was free; now it is not. */
    boolean take(int number) {
        boolean wasFree = !taken.get(number);
        taken.set(number);
        return wasFree;
    }

    /** Any, or none if all are taken. */
    OptionalInt takeNext() {
        OptionalInt upper = takeBetween(lowerBand, size);
        return upper.isPresent() ? upper : takeBetween(0, lowerBand);
    }

    void give(int number) {
        taken.clear(number);
    }

    private OptionalInt takeBetween(int first, int end) {
        if (first >= end) {
            return OptionalInt.empty();
        }
        int free = free(first + random.nextInt(end - first));
        if (free >= end) {
            free = free(first);
        }
        if (free >= end) {
            return OptionalInt.empty();
        }
        taken.set(free);
        return OptionalInt.of(free);
    }

    private int free(int from) {
        int free = taken.nextClearBit(from);
        while (avoided.get(free)) {
            free = taken.nextClearBit(free + 1);
        }
        return free;
    }
}
