package io.virtdataplane.daemon.controller;

import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.wire.AddressText;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps leases and machines in line, on the leader: a machine that nobody saw admitted gets a lease
 * of its address, and the lease of an address that is nobody's any more is deleted.
 */
final class MacKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(MacKeeper.class);
    private final Machines machines;
    private final LeaseTable table;
    private final MacLeases leases;
    private final MacRelease release;
    private final Predicate<Machine> isPools;
    private final Set<String> told = new HashSet<>();

    MacKeeper(
            Machines machines,
            LeaseTable table,
            MacLeases leases,
            MacRelease release,
            Predicate<Machine> isPools) {
        this.machines = machines;
        this.table = table;
        this.leases = leases;
        this.release = release;
        this.isPools = isPools;
    }

    /** Looks at all; cheap where nothing is to be done. */
    void pass() {
        table.all().forEach(this::tend);
        for (Machine machine : machines.all()) {
            if (isPools.test(machine)) {
                machine.nics().stream()
                        .filter(nic -> nic.mac() != 0)
                        .forEach(nic -> adopt(machine, nic));
            }
        }
    }

    private void tend(MacLease lease) {
        List<Machine> users = machines.with(lease.mac());
        Optional<Machine> named =
                users.stream()
                        .filter(machine -> MacRelease.isNamedSince(machine, lease))
                        .filter(any -> users.size() == 1)
                        .findFirst();
        if (named.isPresent()) {
            MacHolder holder = named.get().holder(named.get().nicWith(lease.mac()).orElseThrow());
            leases.replace(new MacLease(lease.mac(), holder, lease.claim(), lease.version()));
        } else if (release.isFree(lease) && leases.delete(lease)) {
            release.forget(lease.mac());
            LOG.info("given back: mac={} holder={}", AddressText.mac(lease.mac()), lease.holder());
        }
    }

    private void adopt(Machine machine, Machine.Nic nic) {
        Optional<MacLease> lease = table.get(nic.mac());
        if (lease.isEmpty()) {
            leases.take(nic.mac(), machine.holder(nic), "");
        } else if (!lease.get().holder().machine().equals(machine.fullName())
                && told.add(machine.holder(nic) + " " + nic.mac())) {
            LOG.warn(
                    "two machines have one MAC address: mac={} machines={},{}",
                    AddressText.mac(nic.mac()),
                    lease.get().holder().machine(),
                    machine.fullName());
        }
    }

    /** All addresses of the pool's machines have a lease, so that nobody else is given one. */
    boolean isComplete() {
        List<Machine> all = machines.all();
        return all.stream()
                .filter(isPools)
                .flatMap(machine -> machine.nics().stream())
                .allMatch(nic -> nic.mac() == 0 || table.has(nic.mac()));
    }
}
