package io.virtdataplane.dataplane;

/**
 * One guest NIC on a worker: its two ports, its stages and its counters. Built from a {@link
 * NicPlan} by the worker, whose thread alone touches it.
 */
public final class Nic extends Vif {
    /** No MAC address is known. */
    public static final long UNKNOWN_MAC = 0;

    public final NicPlan plan;

    /** From the plan, or learned from the first frame that passed the guard. */
    public long guestMac;

    /** When a new MAC address was last reported. */
    long seenNs = Long.MIN_VALUE / 2;

    /** When the guest was last asked for its MAC address. */
    long askedNs = Long.MIN_VALUE;

    Nic(NicPlan plan) {
        super(plan.id(), plan.name());
        this.plan = plan;
        this.guestMac = plan.guestMac();
    }

    @Override
    boolean isGuestSide(Port ingress) {
        return ingress == plan.guest();
    }

    @Override
    Port ingress(boolean fromGuest) {
        return fromGuest ? plan.guest() : plan.uplink();
    }
}
