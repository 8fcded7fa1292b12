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

    /** The frame may pass, and takes a token; one that is only explained takes none. */
    public boolean allows(Frame frame, long nowNs) {
        boolean isFirst = filledNs == Long.MIN_VALUE;
        long earned = isFirst ? perSecond : (nowNs - filledNs) / intervalNs;
        long available = Math.min(perSecond, tokens + earned);
        if (frame.isDryRun()) {
            return available > 0;
        }
        filledNs = isFirst ? nowNs : filledNs + earned * intervalNs;
        tokens = Math.max(0, available - 1);
        return available > 0;
    }
}
