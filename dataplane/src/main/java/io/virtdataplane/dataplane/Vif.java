package io.virtdataplane.dataplane;

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

    protected Vif(int id, String name) {
        this.id = id;
        this.name = name;
    }

    /** Somebody looks at its frames from now on, or no longer. */
    protected void looked() {}

    /** Somebody does. */
    protected final boolean hasLooker() {
        return tap != null || liveTrace != null;
    }

    /** With what was carried past the worker until now. */
    public Counters counters() {
        return counters;
    }

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
