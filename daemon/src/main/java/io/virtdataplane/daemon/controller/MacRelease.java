package io.virtdataplane.daemon.controller;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/**
 * Whether the MAC address of a lease is nobody's any more. Its holder must not use it, as the API
 * server says now; and the admission that took it last must be over: its claim was seen on a
 * machine, or the lease has stood unchanged for so long that the API server has given up on that
 * request. Without the second, a machine that is being created would lose its address.
 */
final class MacRelease {
    private final Machines machines;
    private final BiFunction<String, String, Optional<Machine>> reader;
    private final long waitNanos;
    private final LongSupplier nanoTime;
    private final Map<Long, Seen> seenByMac = new HashMap<>();

    private record Seen(String version, long atNanos) {}

    /**
     * @param reader a machine by namespace and name, from the API server and not from a cache
     * @param waitNanos longer than the API server works on a request
     * @param nanoTime this computer's, monotonic
     */
    MacRelease(
            Machines machines,
            BiFunction<String, String, Optional<Machine>> reader,
            long waitNanos,
            LongSupplier nanoTime) {
        this.machines = machines;
        this.reader = reader;
        this.waitNanos = waitNanos;
        this.nanoTime = nanoTime;
    }

    /**
     * @param lease as the API server has it, or had it: who acts on the answer names its version
     */
    boolean isFree(MacLease lease) {
        if (machines.isUsed(lease.mac()) && !isUsedOnlyByOthers(lease)) {
            forget(lease.mac());
            return false;
        }
        return (isOver(lease) || hasWaited(lease)) && !isUsedByHolder(lease);
    }

    /** A lease without a claim was made for a machine that was there. */
    private boolean isOver(MacLease lease) {
        return lease.claim().isEmpty()
                || machines.lastClaim(lease.mac(), lease.holder().machine())
                        .filter(lease.claim()::equals)
                        .isPresent();
    }

    /** A duplicate from before us, or beside us: the lease is to be that machine's. */
    private boolean isUsedOnlyByOthers(MacLease lease) {
        return machines.with(lease.mac()).stream()
                .noneMatch(
                        machine ->
                                machine.fullName().equals(lease.holder().machine())
                                        || isNamedSince(machine, lease));
    }

    /**
     * Of a machine that had no name yet when it was admitted, there are its prefix and the claim.
     */
    static boolean isNamedSince(Machine machine, MacLease lease) {
        return machine.fullName().startsWith(lease.holder().machine())
                && !machine.fullName().equals(lease.holder().machine())
                && !lease.claim().isEmpty()
                && machine.nicWith(lease.mac())
                        .filter(nic -> nic.claim().equals(lease.claim()))
                        .isPresent();
    }

    private synchronized boolean hasWaited(MacLease lease) {
        long now = nanoTime.getAsLong();
        Seen seen = seenByMac.get(lease.mac());
        if (seen == null || !seen.version().equals(lease.version())) {
            seenByMac.put(lease.mac(), new Seen(lease.version(), now));
            return false;
        }
        return now - seen.atNanos() >= waitNanos;
    }

    synchronized void forget(long mac) {
        seenByMac.remove(mac);
    }

    private boolean isUsedByHolder(MacLease lease) {
        String[] name = lease.holder().machine().split("/", 2);
        return name.length == 2
                && reader.apply(name[0], name[1])
                        .flatMap(machine -> machine.nicWith(lease.mac()))
                        .isPresent();
    }
}
