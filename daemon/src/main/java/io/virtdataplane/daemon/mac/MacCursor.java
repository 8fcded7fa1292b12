package io.virtdataplane.daemon.mac;

import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;

/**
 * Goes round a range from a place drawn by lot, so that an address that was given back is not given
 * out again before the others had their turn: switches and neighbours have forgotten it by then.
 * Not thread-safe.
 */
public final class MacCursor {
    private final MacRange range;
    private long position;

    public MacCursor(MacRange range, RandomGenerator random) {
        this.range = range;
        this.position = random.nextLong(range.first(), range.last() + 1);
    }

    /**
     * The next address that is free; the one after it comes next.
     *
     * @throws MacRangeFullException all are used
     */
    public long next(LongPredicate isUsed) {
        long addresses = range.last() - range.first() + 1;
        for (long looked = 0; looked < addresses; looked++) {
            long candidate = position;
            position = candidate == range.last() ? range.first() : candidate + 1;
            if (candidate != MacRange.GATEWAY && !isUsed.test(candidate)) {
                return candidate;
            }
        }
        throw new MacRangeFullException(range);
    }

    public MacRange range() {
        return range;
    }
}
