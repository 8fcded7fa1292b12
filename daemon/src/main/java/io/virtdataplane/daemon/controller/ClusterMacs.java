package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtdataplane.daemon.mac.MacConflictException;
import io.virtdataplane.daemon.mac.MacCursor;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives machines' NICs their MAC addresses as they are admitted. */
final class ClusterMacs {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMacs.class);

    /** Far more than a guest's PCI buses take; each is a Lease. */
    static final int MOST_NICS = 256;

    private final MacCursor cursor;
    private final MacLeases leases;
    private final LongPredicate isUsed;
    private final RandomGenerator random;

    /** A NIC with its address, and the claim that it was taken with. */
    record Given(Machine.Nic nic, long mac, String claim) {}

    /**
     * @param isUsed what is known to be used, to find a free address quickly; the leases decide
     */
    ClusterMacs(MacCursor cursor, MacLeases leases, LongPredicate isUsed, RandomGenerator random) {
        this.cursor = cursor;
        this.leases = leases;
        this.isUsed = isUsed;
        this.random = random;
    }

    /**
     * All NICs get an address, or none does. A NIC that asks for none keeps the one that it had.
     *
     * @param old of a machine that is changed
     * @throws InvalidManifestException it has too many of them
     * @throws MacConflictException an address is another machine's, or asked for twice
     */
    List<Given> assign(Machine machine, Optional<Machine> old) {
        String claim = Long.toUnsignedString(random.nextLong(), Character.MAX_RADIX);
        Map<Integer, Given> given = kept(machine, old);
        List<Long> made = new ArrayList<>();
        try {
            for (Machine.Nic nic : machine.nics()) {
                if (!given.containsKey(nic.index())) {
                    long mac = take(nic, machine.holder(nic), claim, made);
                    given.put(nic.index(), new Given(nic, mac, claim));
                }
            }
        } catch (RuntimeException e) {
            giveBack(made, claim);
            throw e;
        }
        return machine.nics().stream().map(nic -> given.get(nic.index())).toList();
    }

    /**
     * What a rehearsal can tell: throws where {@link #assign} would for an address that is asked
     * for. Nothing is taken.
     */
    void check(Machine machine, Optional<Machine> old) {
        Map<Integer, Given> kept = kept(machine, old);
        for (Machine.Nic nic : machine.nics()) {
            if (nic.mac() != 0 && !kept.containsKey(nic.index())) {
                leases.check(nic.mac(), machine.holder(nic));
            }
        }
    }

    private static Map<Integer, Given> kept(Machine machine, Optional<Machine> old) {
        Map<Integer, Given> kept = new HashMap<>();
        Map<Long, String> nicByMac = new HashMap<>();
        for (Machine.Nic nic : machine.nics()) {
            Machine.Nic before =
                    old.flatMap(each -> each.nic(nic.name()))
                            .filter(each -> each.mac() != 0)
                            .orElse(null);
            long mac = nic.mac() == 0 && before != null ? before.mac() : nic.mac();
            String other = mac == 0 ? null : nicByMac.putIfAbsent(mac, nic.name());
            if (other != null) {
                throw MacConflictException.twice(mac, other, nic.name());
            }
            if (before != null && before.mac() == mac) {
                kept.put(nic.index(), new Given(nic, mac, before.claim()));
            }
        }
        if (machine.nics().size() > MOST_NICS && kept.size() < machine.nics().size()) {
            throw new InvalidManifestException(
                    "VirtualMachine %s: spec.template.spec.domain.devices.interfaces must be at most %d: %d"
                            .formatted(machine.fullName(), MOST_NICS, machine.nics().size()));
        }
        return kept;
    }

    private long take(Machine.Nic nic, MacHolder holder, String claim, List<Long> made) {
        if (nic.mac() != 0) {
            if (leases.claim(nic.mac(), holder, claim)) {
                made.add(nic.mac());
            }
            return nic.mac();
        }
        Set<Long> refused = new HashSet<>(); // others took them, and that is not seen yet
        while (true) {
            long mac = next(refused);
            if (leases.take(mac, holder, claim)) {
                made.add(mac);
                return mac;
            }
            refused.add(mac);
        }
    }

    private long next(Set<Long> refused) {
        synchronized (cursor) {
            return cursor.next(mac -> refused.contains(mac) || isUsed.test(mac));
        }
    }

    /**
     * This admission is refused, so the leases that it has made are nobody's. Those that were there
     * stay: another admission of the machine may count on them.
     */
    private void giveBack(List<Long> made, String claim) {
        for (long mac : made) {
            try {
                leases.get(mac)
                        .filter(lease -> lease.claim().equals(claim))
                        .ifPresent(leases::delete);
            } catch (KubernetesClientException e) { // given back later, as of one that was lost
                LOG.warn("lease not given back at once: mac={}", AddressText.mac(mac), e);
            }
        }
    }
}
