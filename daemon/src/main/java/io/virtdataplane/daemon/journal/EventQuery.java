package io.virtdataplane.daemon.journal;

/**
 * Which recorded events somebody wants.
 *
 * @param follow go on with new ones
 * @param tail only the last so many of what is recorded; {@link #ALL}: all
 * @param sinceMs only those from this time on (UNIX time in milliseconds); 0: any time
 * @param after only those behind the one of this sequence number; 0: all. Where the journal was
 *     begun anew, and has no number as high, all that it has
 */
public record EventQuery(boolean follow, int tail, long sinceMs, long after) {
    public static final int ALL = -1;

    /**
     * @throws IllegalArgumentException where a number is not one of these
     */
    public EventQuery {
        atLeast("tail", tail, ALL);
        atLeast("since_unix_ms", sinceMs, 0);
        atLeast("after_sequence", after, 0);
    }

    public static EventQuery all() {
        return new EventQuery(false, ALL, 0, 0);
    }

    private static void atLeast(String field, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    field + " must not be negative: " + field + "=" + value);
        }
    }

    boolean isAll() {
        return tail == ALL && sinceMs == 0 && after == 0;
    }

    EventQuery behind(long sequence) {
        return new EventQuery(follow, ALL, sinceMs, sequence);
    }
}
