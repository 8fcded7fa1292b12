package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Opens on NICs that a container runtime asked for the ports that their machines list: the runtime
 * does not know them. What somebody sets by hand afterwards stays.
 */
final class MachinePorts {
    private static final String ALL = "all";
    private final Machines machines;
    private final Supplier<ListResponse> nics;
    private final BiConsumer<String, String> open;
    private final Map<String, String> openedByNic = new HashMap<>();

    /**
     * @param open opens ports ("TCP/80,UDP/53", or "all") on the NIC of that name
     */
    MachinePorts(Machines machines, Supplier<ListResponse> nics, BiConsumer<String, String> open) {
        this.machines = machines;
        this.nics = nics;
        this.open = open;
    }

    void follow() {
        Map<String, GenericKubernetesResource> byPod = machines.byPod();
        if (byPod.isEmpty()) {
            openedByNic.clear();
            return;
        }
        List<Nic> all = nics.get().getNicsList();
        openedByNic.keySet().retainAll(all.stream().map(Nic::getName).toList());
        EachNic.of(all, nic -> see(nic, byPod.get(nic.getMachine())));
    }

    private void see(Nic nic, GenericKubernetesResource machine) {
        if (machine != null && nic.getBridge().isEmpty()) {
            follow(nic, machine);
        }
    }

    private void follow(Nic nic, GenericKubernetesResource machine) {
        Optional<Map<?, ?>> listed = find(machine, nic.getInterface());
        if (listed.isEmpty()) {
            return;
        }
        String wanted = ports(listed.get());
        if (wanted.equals(openedByNic.get(nic.getName()))) {
            return;
        }
        String is = nic.getPortsCount() == 0 ? ALL : String.join(",", nic.getPortsList());
        if (!wanted.equals(is)) {
            open.accept(nic.getName(), wanted);
        }
        openedByNic.put(nic.getName(), wanted); // a failure is tried again
    }

    private static Optional<Map<?, ?>> find(GenericKubernetesResource machine, String name) {
        Object interfaces = machine.get("spec", "domain", "devices", "interfaces");
        if (!(interfaces instanceof List<?> list)) {
            return Optional.empty();
        }
        return list.stream()
                .filter(Map.class::isInstance)
                .<Map<?, ?>>map(each -> (Map<?, ?>) each)
                .filter(each -> name.equals(each.get("name")))
                .findFirst();
    }

    private static String ports(Map<?, ?> listed) {
        if (!(listed.get("ports") instanceof List<?> ports) || ports.isEmpty()) {
            return ALL;
        }
        List<String> words = new ArrayList<>();
        for (Object each : ports) {
            if (each instanceof Map<?, ?> port) {
                Object protocol = port.get("protocol");
                words.add((protocol == null ? "TCP" : protocol) + "/" + port.get("port"));
            }
        }
        return String.join(",", words);
    }
}
