package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.StormRates;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;

/**
 * Holds one port of a bridge to its {@link StormRates}: what is saved up in a tenth of a second may
 * come at once. Time is looked at every few milliseconds, so a frame costs two compares. Worker's
 * thread.
 */
final class StormControl {
    private static final long FILL_NS = 5_000_000L;
    private static final long BURST_NS = 100_000_000L;
    private static final int LEAST_BURST = 64;
    private static final double SECOND_NS = 1e9;

    /** What is limited, each by itself. */
    enum Kind {
        BROADCAST(Verdict.DROP_STORM_BROADCAST),
        MULTICAST(Verdict.DROP_STORM_MULTICAST),
        UNKNOWN_UNICAST(Verdict.DROP_STORM_UNKNOWN_UNICAST),
        STATIONS(Verdict.DROP_STORM_STATIONS);

        private final Verdict refusal;

        Kind(Verdict refusal) {
            this.refusal = refusal;
        }
    }

    private final double[] perNs = new double[Kind.values().length]; // 0: no limit
    private final double[] tokens = new double[Kind.values().length];
    private final StormRates rates;
    private long filledNs = Long.MIN_VALUE;

    StormControl(StormRates rates) {
        this.rates = rates;
        rate(Kind.BROADCAST, rates.broadcast());
        rate(Kind.MULTICAST, rates.multicast());
        rate(Kind.UNKNOWN_UNICAST, rates.unknownUnicast());
        rate(Kind.STATIONS, rates.stations());
    }

    private void rate(Kind kind, long perSecond) {
        perNs[kind.ordinal()] = perSecond / SECOND_NS;
        tokens[kind.ordinal()] = burst(perNs[kind.ordinal()]);
    }

    private static double burst(double perNs) {
        return Math.max(LEAST_BURST, perNs * BURST_NS);
    }

    StormRates rates() {
        return rates;
    }

    /** CONTINUE: what goes to all is within its rate, and is counted. */
    Verdict check(Frame frame, long nowNs) {
        Kind kind = kind(Ethernet.dst(frame.data, frame.start));
        if (!allows(kind, nowNs)) {
            return kind.refusal;
        }
        if (!frame.isDryRun()) {
            take(kind);
        }
        return Verdict.CONTINUE;
    }

    private static Kind kind(long destination) {
        if (destination == Ethernet.BROADCAST) {
            return Kind.BROADCAST;
        }
        return Ethernet.isGroup(destination) ? Kind.MULTICAST : Kind.UNKNOWN_UNICAST;
    }

    /** One more of the kind may come. */
    boolean allows(Kind kind, long nowNs) {
        int k = kind.ordinal();
        if (perNs[k] == 0) {
            return true;
        }
        if (nowNs - filledNs >= FILL_NS || filledNs == Long.MIN_VALUE) {
            fill(nowNs);
        }
        return tokens[k] >= 1;
    }

    /** It has come. */
    void take(Kind kind) {
        tokens[kind.ordinal()]--;
    }

    private void fill(long nowNs) {
        long elapsedNs = filledNs == Long.MIN_VALUE ? 0 : nowNs - filledNs;
        for (int k = 0; k < perNs.length; k++) {
            tokens[k] = Math.min(burst(perNs[k]), tokens[k] + elapsedNs * perNs[k]);
        }
        filledNs = nowNs;
    }
}
