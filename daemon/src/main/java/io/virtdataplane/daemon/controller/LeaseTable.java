package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The leases of MAC addresses, as the watch of them saw them last. */
final class LeaseTable implements ResourceEventHandler<Lease> {
    private final Map<Long, MacLease> leaseByMac = new ConcurrentHashMap<>();

    @Override
    public void onAdd(Lease object) {
        MacLease lease = MacLease.of(object);
        leaseByMac.put(lease.mac(), lease);
    }

    @Override
    public void onUpdate(Lease old, Lease object) {
        onAdd(object);
    }

    @Override
    public void onDelete(Lease object, boolean isFinalStateUnknown) {
        leaseByMac.remove(MacLease.of(object).mac());
    }

    boolean has(long mac) {
        return leaseByMac.containsKey(mac);
    }

    Optional<MacLease> get(long mac) {
        return Optional.ofNullable(leaseByMac.get(mac));
    }

    List<MacLease> all() {
        return List.copyOf(leaseByMac.values());
    }
}
