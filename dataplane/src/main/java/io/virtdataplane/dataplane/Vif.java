package io.virtdataplane.dataplane;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A virtual interface on a worker: what is counted, captured and traced as one. Either the NIC of a
 * guest behind a pod's address ({@link Nic}), or a port of a bridge. The worker's thread alone
 * touches it.
 */
public abstract class Vif {
    private final int id;
    private final String name;
    public final Counters counters = new Counters();

    /** A capture that runs, or null. */
    FrameTap tap;

    /** A trace that runs, or null. */
    LiveTrace liveTrace;

    Shaper egressShaper; // of what the guest sends; null: no limit
    Shaper ingressShaper; // of what it gets
    private long missedFromGuest; // of what its ports have missed, what is counted
    private long missedFromUplink;
    private volatile Rate egressRate = Rate.NONE;
    private volatile Rate ingressRate = Rate.NONE;
    private volatile VifState state = VifState.ACTIVE;
    private volatile Thread follower;

    protected Vif(int id, String name) {
        this.id = id;
        this.name = name;
    }

    /** Somebody looks at its frames from now on, or no longer. */
    protected void looked() {}

    /**
     * All its frames are to be walked: somebody looks at them, its rate is limited, or the guest is
     * on its way.
     */
    protected final boolean isWalked() {
        return tap != null
                || liveTrace != null
                || egressShaper != null
                || ingressShaper != null
                || state != VifState.ACTIVE;
    }

    /** Any thread. */
    public final VifState state() {
        return state;
    }

    /** From the next frame on. */
    public final void state(VifState now) {
        state = now;
        looked();
    }

    /** Any thread: it is woken when the guest has come. */
    public final void follow(Thread woken) {
        follower = woken;
    }

    /** The guest's first frame where it was awaited: once a migration, so it may cost a call. */
    final void arrived() {
        state(VifState.ACTIVE);
        LockSupport.unpark(follower);
    }

    /** From the next frame on; what waits under limits that were goes on at once. */
    final void limit(Rate egress, Rate ingress, Shaping shaping) {
        if (egressShaper != null) {
            egressShaper.lift();
        }
        if (ingressShaper != null) {
            ingressShaper.lift();
        }
        egressRate = egress;
        ingressRate = ingress;
        egressShaper = egress.isNone() ? null : new Shaper(this, true, egress, shaping);
        ingressShaper = ingress.isNone() ? null : new Shaper(this, false, ingress, shaping);
        looked();
    }

    /**
     * From the next frame on.
     *
     * @throws IllegalArgumentException where it floods nothing: it is no port of a bridge
     */
    protected void limit(StormRates storms) {
        throw new IllegalArgumentException("storm control is of a NIC on a bridge: nic=" + name);
    }

    /** Of a port of a bridge. Any thread. */
    public Optional<StormRates> stormRates() {
        return Optional.empty();
    }

    /** It is gone, and what waits. */
    final void unlimit() {
        if (egressShaper != null) {
            egressShaper.clear();
        }
        if (ingressShaper != null) {
            ingressShaper.clear();
        }
    }

    /** Any thread. */
    public final Rate egressRate() {
        return egressRate;
    }

    /** Any thread. */
    public final Rate ingressRate() {
        return ingressRate;
    }

    /** What leaves by this interface to the guest is within its rate, or will be. */
    public final boolean mayGet(Frame frame, long nowNs) {
        return ingressShaper == null || frame.isDryRun() || ingressShaper.takes(frame, nowNs);
    }

    /** With what was carried past the worker until now, and what its queues had no room for. */
    public final Counters counters() {
        Port guest = ingress(true);
        Port uplink = ingress(false);
        long fromGuest = guest.missed();
        long fromUplink = uplink == guest ? 0 : uplink.missed();
        counters.missed(true, fromGuest - missedFromGuest);
        counters.missed(false, fromUplink - missedFromUplink);
        missedFromGuest = fromGuest;
        missedFromUplink = fromUplink;
        collect();
        return counters;
    }

    /** Counts what was carried past the worker until now. */
    protected void collect() {}

    /** The number that events carry. */
    public int id() {
        return id;
    }

    public String name() {
        return name;
    }

    /** Frames that come in here are from the guest's side. */
    abstract boolean isGuestSide(Port ingress);

    /** The port by which frames of that side come in. */
    abstract Port ingress(boolean fromGuest);
}
