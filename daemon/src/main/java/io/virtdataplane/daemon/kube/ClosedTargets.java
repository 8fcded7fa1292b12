package io.virtdataplane.daemon.kube;

import io.virtdataplane.daemon.service.Backend;
import io.virtdataplane.daemon.service.Backend.Address;
import io.virtdataplane.daemon.service.Backend.PodNic;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.wire.Protocols;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Services of the cluster that lead to a port which their machine does not have open. The API
 * server cannot know that, and clients are refused by the pod's kernel; so it is told here, where
 * the machine is, once for as long as it is so. One thread.
 */
final class ClosedTargets {
    private final Supplier<List<Backend>> machines;
    private final Told to;
    private Set<Closed> told = Set.of();

    /** How it is told. */
    @FunctionalInterface
    interface Told {
        void closed(Closed one);
    }

    /**
     * @param service NAMESPACE/NAME
     * @param machine NAMESPACE/NAME
     * @param target such as "TCP/8080"
     */
    record Closed(String service, String machine, String target, String why) {
        String words() {
            return "machine=" + machine + " targetPort=" + target + ": targetPort " + why;
        }
    }

    private record Here(String machine, PodNic nic) {}

    ClosedTargets(Supplier<List<Backend>> machines, Told to) {
        this.machines = machines;
        this.to = to;
    }

    /** At all Services, or at the ports that machines have meanwhile. */
    void look(ServiceMap services) {
        Map<Address, Here> here = new HashMap<>();
        for (Backend each : machines.get()) {
            each.nic()
                    .ifPresent(
                            nic ->
                                    nic.address()
                                            .values()
                                            .forEach(
                                                    address ->
                                                            here.put(
                                                                    address,
                                                                    new Here(
                                                                            each.machine(), nic))));
        }
        Set<Closed> now = new HashSet<>();
        if (!here.isEmpty()) {
            services.ports().forEach(port -> look(port, here, now));
        }
        now.stream().filter(each -> !told.contains(each)).forEach(to::closed);
        told = now;
    }

    private static void look(ServicePort port, Map<Address, Here> machines, Set<Closed> now) {
        for (ServiceMap.Endpoint each : port.endpoints()) {
            Here here = machines.get(new Address(each.high(), each.low()));
            String why =
                    here == null ? "" : here.nic().ports().closed(port.protocol(), each.port());
            if (!why.isEmpty()) {
                String target = Protocols.name(port.protocol()) + "/" + each.port();
                now.add(new Closed(port.service(), here.machine(), target, why));
            }
        }
    }
}
