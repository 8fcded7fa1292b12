package io.virtdataplane.dhcp;

/** The one address of a masquerade NIC's guest: whoever asks there is that guest. */
final class OneLease implements Leases {
    private final int address;
    private long holder;
    private long givenNs;

    OneLease(int address) {
        this.address = address;
    }

    /** MAC address that holds the lease, or 0. */
    long holder() {
        return holder;
    }

    long givenNs() {
        return givenNs;
    }

    @Override
    public int offer(long client, int requested, boolean hold, long nowNs) {
        return address;
    }

    @Override
    public boolean mayTake(long client, int wanted, long nowNs) {
        return wanted == address;
    }

    /** There is no other client, and no other server. */
    @Override
    public boolean isOnRecord(long client, int wanted, long nowNs) {
        return true;
    }

    @Override
    public boolean take(long client, int taken, long nowNs) {
        if (!mayTake(client, taken, nowNs)) {
            return false;
        }
        holder = client;
        givenNs = nowNs;
        return true;
    }

    @Override
    public void release(long client, int released) {
        holder = 0;
    }

    @Override
    public void decline(long client, int declined, long nowNs) {
        holder = 0;
    }
}
