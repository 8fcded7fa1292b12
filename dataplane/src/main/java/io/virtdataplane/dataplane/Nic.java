package io.virtdataplane.dataplane;

/**
 * One guest NIC on a worker: its two ports, its stages and its counters. Built from a {@link
 * NicPlan} by the worker, whose thread alone touches it.
 */
public final class Nic {
    /** No MAC address is known. */
    public static final long UNKNOWN_MAC = 0;

    public final NicPlan plan;
    public final Counters counters = new Counters();

    /** From the plan, or learned from the first frame that passed the guard. */
    public long guestMac;

    /** When a new MAC address was last reported. */
    long seenNs = Long.MIN_VALUE / 2;

    /** When the guest was last asked for its MAC address. */
    long askedNs = Long.MIN_VALUE;

    /** A capture that runs, or null. */
    FrameTap tap;

    /** A trace that runs, or null. */
    LiveTrace liveTrace;

    Nic(NicPlan plan) {
        this.plan = plan;
        this.guestMac = plan.guestMac();
    }
}
