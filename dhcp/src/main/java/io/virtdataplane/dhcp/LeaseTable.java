package io.virtdataplane.dhcp;

/**
 * The leases of a range of addresses, an entry each: no client can make it grow. A client's first
 * choice is a hash of its hardware address, so that it has its address again when the leases are
 * not known any more, after a restart.
 */
public final class LeaseTable implements Leases {
    /** So many addresses at most; they are searched one by one, by a limited number of messages. */
    public static final int MOST = 4096;

    private static final long OFFERED_NS = 10_000_000_000L; // until the client has to take it
    private static final long DECLINED_NS = 600_000_000_000L;
    private static final long NOBODY = 0;
    private static final long SOMEBODY_ELSE = -1;
    private final int first;
    private final long leaseNs;
    private final long[] holders;
    private final long[] untilNs;
    private final boolean[] taken; // and not only offered

    LeaseTable(int first, int last, long leaseSeconds) {
        int count = last - first + 1;
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException(
                    "range must have 1-" + MOST + " addresses: " + count);
        }
        this.first = first;
        this.leaseNs = leaseSeconds * 1_000_000_000L;
        this.holders = new long[count];
        this.untilNs = new long[count];
        this.taken = new boolean[count];
    }

    @Override
    public int offer(long client, int requested, boolean hold, long nowNs) {
        int own = find(client, nowNs);
        if (own < 0) {
            int wanted = requested - first;
            own = isFree(wanted, nowNs) ? wanted : firstFree(client, nowNs);
        }
        if (own < 0) {
            return NONE;
        }
        if (hold && !isHeldBy(own, client, nowNs)) {
            taken[own] = false;
            holders[own] = client;
            untilNs[own] = nowNs + OFFERED_NS;
        }
        return first + own;
    }

    private int firstFree(long client, long nowNs) {
        int start = (int) Long.remainderUnsigned(client * 0x9e37_79b9_7f4a_7c15L, holders.length);
        for (int i = 0; i < holders.length; i++) {
            int slot = (start + i) % holders.length;
            if (isFree(slot, nowNs)) {
                return slot;
            }
        }
        return -1;
    }

    private boolean isFree(int slot, long nowNs) {
        return slot >= 0
                && slot < holders.length
                && (holders[slot] == NOBODY || untilNs[slot] - nowNs < 0);
    }

    private boolean isHeldBy(int slot, long client, long nowNs) {
        return slot >= 0
                && slot < holders.length
                && holders[slot] == client
                && untilNs[slot] - nowNs >= 0;
    }

    private int find(long client, long nowNs) {
        for (int slot = 0; slot < holders.length; slot++) {
            if (isHeldBy(slot, client, nowNs)) {
                return slot;
            }
        }
        return -1;
    }

    /** Also one that nobody holds: a client that renews after our restart keeps its address. */
    @Override
    public boolean mayTake(long client, int address, long nowNs) {
        int slot = address - first;
        int own = find(client, nowNs);
        return own < 0 ? isFree(slot, nowNs) : own == slot;
    }

    /** The range is ours alone: an address of it that another client holds is on record. */
    @Override
    public boolean isOnRecord(long client, int address, long nowNs) {
        int slot = address - first;
        return slot >= 0 && slot < holders.length || find(client, nowNs) >= 0;
    }

    @Override
    public boolean take(long client, int address, long nowNs) {
        if (!mayTake(client, address, nowNs)) {
            return false;
        }
        int slot = address - first;
        holders[slot] = client;
        taken[slot] = true;
        untilNs[slot] = nowNs + leaseNs;
        return true;
    }

    @Override
    public void release(long client, int address) {
        int slot = address - first;
        if (slot >= 0 && slot < holders.length && holders[slot] == client) {
            holders[slot] = NOBODY;
        }
    }

    @Override
    public void decline(long client, int address, long nowNs) {
        int slot = address - first;
        if (isHeldBy(slot, client, nowNs) && taken[slot]) { // else a client could use up the range
            holders[slot] = SOMEBODY_ELSE;
            untilNs[slot] = nowNs + DECLINED_NS;
        }
    }

    /** Leases in force: taken, and by a client. */
    int count(long nowNs) {
        int count = 0;
        for (int slot = 0; slot < holders.length; slot++) {
            boolean held = holders[slot] != NOBODY && holders[slot] != SOMEBODY_ELSE;
            count += held && taken[slot] && untilNs[slot] - nowNs >= 0 ? 1 : 0;
        }
        return count;
    }

    /** The client's address, or {@link #NONE}. */
    int addressOf(long client, long nowNs) {
        int slot = find(client, nowNs);
        return slot < 0 ? NONE : first + slot;
    }

    /** Seconds until the client's lease ends. */
    long secondsLeft(long client, long nowNs) {
        int slot = find(client, nowNs);
        return slot < 0 ? 0 : (untilNs[slot] - nowNs) / 1_000_000_000L;
    }
}
