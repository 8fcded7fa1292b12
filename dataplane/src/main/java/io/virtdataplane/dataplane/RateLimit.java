package io.virtdataplane.dataplane;

/** A token bucket: so many a second, and a burst as large. One thread. */
public final class RateLimit {
    private final long perSecond;
    private final long intervalNs;
    private long tokens;
    private long filledNs = Long.MIN_VALUE;

    public RateLimit(long perSecond) {
        this.perSecond = perSecond;
        this.intervalNs = 1_000_000_000L / perSecond;
    }

    public boolean allows(long nowNs) {
        if (filledNs == Long.MIN_VALUE) {
            filledNs = nowNs;
            tokens = perSecond;
        }
        long earned = (nowNs - filledNs) / intervalNs;
        if (earned > 0) {
            tokens = Math.min(perSecond, tokens + earned);
            filledNs += earned * intervalNs;
        }
        if (tokens == 0) {
            return false;
        }
        tokens--;
        return true;
    }
}
