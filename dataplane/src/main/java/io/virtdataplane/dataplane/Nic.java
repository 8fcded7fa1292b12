package io.virtdataplane.dataplane;

/**
 * One guest NIC on a worker: its two ports, its stages and its counters. Built from a {@link
 * NicPlan} by the worker, whose thread alone touches it. What a walk asks for stands here itself:
 * one load in a frame's way.
 */
public final class Nic extends Vif {
    /** No MAC address is known. */
    public static final long UNKNOWN_MAC = 0;

    final Port guest;
    final Port uplink;

    /** The only source MAC allowed, or {@link #UNKNOWN_MAC}. */
    final long pinnedMac;

    final long gatewayMac;
    final Addresses ipv4;
    final Addresses ipv6;
    final Stage responders;
    final Stage outbound;
    final Stage inbound;
    final FlowTable flows;

    /** From the plan, or learned from the last frame that passed the guard. */
    public long guestMac;

    /** What the guest was seen to use; worker's thread. */
    public final SeenAddresses seen = new SeenAddresses();

    /** {@link OpeningWatch} looks after it. */
    boolean isOpening;

    /** When a new MAC address was last reported. */
    long seenNs = Long.MIN_VALUE / 2;

    /** When the guest was last asked for its MAC address. */
    long askedNs = Long.MIN_VALUE;

    Nic(NicPlan plan) {
        super(plan.id(), plan.name());
        this.guest = plan.ports().guest();
        this.uplink = plan.ports().uplink();
        this.pinnedMac = plan.addresses().pinned() ? plan.addresses().guestMac() : UNKNOWN_MAC;
        this.gatewayMac = plan.addresses().gatewayMac();
        this.ipv4 = plan.addresses().ip().ipv4();
        this.ipv6 = plan.addresses().ip().ipv6();
        this.responders = plan.stages().responders();
        this.outbound = plan.stages().outbound();
        this.inbound = plan.stages().inbound();
        this.flows = plan.flows();
        long mac = plan.addresses().guestMac();
        learn(mac == UNKNOWN_MAC ? flows.nic().guest() : mac);
    }

    /** The guest's MAC address is this one from now on. */
    public void learn(long mac) {
        guestMac = mac;
        flows.nic().guest(mac);
    }

    /** Whoever looks at the NIC's frames is to see all of them. */
    @Override
    protected void looked() {
        flows.nic().allow(!isWalked());
    }

    @Override
    protected void collect() {
        flows.collect(counters);
    }

    @Override
    boolean isGuestSide(Port ingress) {
        return ingress == guest;
    }

    @Override
    Port ingress(boolean fromGuest) {
        return fromGuest ? guest : uplink;
    }
}
