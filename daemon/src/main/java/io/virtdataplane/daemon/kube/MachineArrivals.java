package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.virtdataplane.api.Nic;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Live migrations of KubeVirt to this node: a NIC in the pod that a guest moves to awaits it, and
 * announces it when it has come. By status.migrationState of the machine.
 */
public final class MachineArrivals {
    private final String node;
    private final Supplier<Map<String, GenericKubernetesResource>> machines;
    private final Supplier<List<Nic>> nics;
    private final Expect expect;
    private final Set<String> told = new HashSet<>(); // NICs, each with its migration

    /** Has a NIC await its guest. */
    public interface Expect {
        /**
         * @param keepsAddress the pod has an address of the one that the guest leaves; if not, its
         *     connections cannot go on
         */
        void nic(String name, boolean keepsAddress);
    }

    /**
     * @param machines by the names that NICs in their pods have
     * @param nics all of this node
     */
    MachineArrivals(
            String node,
            Supplier<Map<String, GenericKubernetesResource>> machines,
            Supplier<List<Nic>> nics,
            Expect expect) {
        this.node = node;
        this.machines = machines;
        this.nics = nics;
        this.expect = expect;
    }

    void follow() {
        Map<String, GenericKubernetesResource> byPod = machines.get();
        byPod.values().removeIf(machine -> !isComing(machine));
        if (byPod.isEmpty()) {
            told.clear();
            return;
        }
        List<Nic> coming =
                nics.get().stream().filter(n -> byPod.containsKey(n.getMachine())).toList();
        told.retainAll(coming.stream().map(nic -> migration(nic, byPod)).toList());
        EachNic.of(
                coming,
                nic -> {
                    if (!told.contains(migration(nic, byPod))) {
                        tell(nic, byPod.get(nic.getMachine()));
                        told.add(migration(nic, byPod)); // a failure is tried again
                    }
                });
    }

    private static String migration(Nic nic, Map<String, GenericKubernetesResource> byPod) {
        return nic.getName() + " " + migration(byPod.get(nic.getMachine()), "migrationUid");
    }

    private void tell(Nic nic, GenericKubernetesResource machine) {
        boolean hasCome = nic.getCounters().getGuestFrames() > 0;
        if (!hasCome && nic.getState().equals("active")) {
            expect.nic(nic.getName(), keepsAddress(nic, machine));
        }
    }

    private boolean isComing(GenericKubernetesResource machine) {
        return node.equals(migration(machine, "targetNode"))
                && !node.equals(migration(machine, "sourceNode"))
                && !Boolean.TRUE.equals(migration(machine, "completed"))
                && !Boolean.TRUE.equals(migration(machine, "failed"));
    }

    private static Object migration(GenericKubernetesResource machine, String field) {
        return machine.get("status", "migrationState", field);
    }

    /** Where the machine says nothing of its addresses, they may be kept. */
    private static boolean keepsAddress(Nic nic, GenericKubernetesResource machine) {
        Set<String> before = new HashSet<>();
        if (machine.get("status", "interfaces") instanceof List<?> interfaces) {
            for (Object each : interfaces) {
                if (each instanceof Map<?, ?> map && nic.getInterface().equals(map.get("name"))) {
                    addAddresses(before, map);
                }
            }
        }
        return before.isEmpty()
                || Stream.of(nic.getPodAddress(), nic.getPodIpv6Address())
                        .anyMatch(before::contains);
    }

    private static void addAddresses(Set<String> to, Map<?, ?> shown) {
        if (shown.get("ipAddress") instanceof String address) {
            to.add(address);
        }
        if (shown.get("ipAddresses") instanceof List<?> addresses) {
            addresses.forEach(address -> to.add(String.valueOf(address)));
        }
    }
}
