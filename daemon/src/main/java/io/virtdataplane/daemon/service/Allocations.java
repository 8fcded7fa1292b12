package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.service.NodePorts.Assigned;
import io.virtdataplane.manifest.ServiceAssignment;
import io.virtdataplane.manifest.ServiceFamilies;
import io.virtdataplane.manifest.ServicePlan;
import io.virtdataplane.manifest.ServiceSpec;
import io.virtdataplane.manifest.ServiceSpec.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that is given to Services: addresses, node ports, load balancer addresses. What a file
 * asks for is tried on a copy first, so that a refusal, or a dry run, takes nothing. One thread.
 */
public final class Allocations {
    private final List<ServiceNetwork> networks;
    private final NodePorts nodePorts;
    private final LoadBalancerPool pool;

    /**
     * @param networks one or two, of different families; that of the first is the default
     */
    public Allocations(List<ServiceNetwork> networks, NodePorts nodePorts, LoadBalancerPool pool) {
        this.networks = List.copyOf(networks);
        this.nodePorts = nodePorts;
        this.pool = pool;
    }

    Allocations copy() {
        return new Allocations(
                networks.stream().map(ServiceNetwork::copy).toList(),
                nodePorts.copy(),
                pool.copy());
    }

    List<Family> families() {
        return networks.stream().map(ServiceNetwork::family).toList();
    }

    /** What that Service asks for is not given to others that ask for nothing. */
    void avoid(ServiceSpec service) {
        nodePorts.avoid(service);
        for (ServiceNetwork network : networks) {
            asked(service).forEach(network::avoid);
        }
        pool.avoid(service.loadBalancer().addresses());
    }

    private static List<String> asked(ServiceSpec service) {
        return service.addresses().isHeadless() ? List.of() : service.addresses().clusterIps();
    }

    /** Refuses a Service that asks for a load balancer address which it would not get. */
    void checkBalanced(ServiceSpec service, Optional<ServiceAssignment> had) {
        pool.check(service, had.map(ServiceAssignment::loadBalancer).orElse(List.of()));
    }

    /**
     * For a new Service, or another version of one. A refusal may have taken something: only on a
     * copy.
     *
     * @param had empty: it is new
     */
    ServiceAssignment assign(ServicePlan plan, Optional<ServiceAssignment> had, long nowMs) {
        ServiceSpec spec = plan.spec();
        List<Family> families = plan.families().map(ServiceFamilies::families).orElse(List.of());
        Assigned before = had.map(Allocations::nodePorts).orElse(Assigned.NONE);
        List<String> clusterIps =
                clusterIps(
                        spec, families, had.map(ServiceAssignment::clusterIps).orElse(List.of()));
        Assigned ports = nodePorts.assign(spec, before);
        Map<String, Integer> byName = new HashMap<>();
        for (int i = 0; i < ports.ports().size(); i++) {
            if (ports.ports().get(i) != 0) {
                byName.put(spec.ports().get(i).name(), ports.ports().get(i));
            }
        }
        List<String> balancer =
                pool.assign(
                        spec, families, had.map(ServiceAssignment::loadBalancer).orElse(List.of()));
        ServiceAssignment has =
                new ServiceAssignment(
                        had.map(ServiceAssignment::createdMs).orElse(nowMs),
                        plan.families().map(ServiceFamilies::policy),
                        families,
                        clusterIps,
                        byName,
                        ports.healthCheck(),
                        balancer);
        had.ifPresent(earlier -> give(earlier, has));
        return has;
    }

    private List<String> clusterIps(ServiceSpec spec, List<Family> families, List<String> had) {
        List<String> asked = spec.addresses().clusterIps();
        if (!spec.needsClusterIp()) {
            return asked; // "None", or nothing
        }
        List<String> assigned = new ArrayList<>();
        for (int i = 0; i < families.size(); i++) {
            String address = i < asked.size() ? asked.get(i) : "";
            if (!had.contains(address)) {
                ServiceNetwork network = network(families.get(i));
                address = address.isEmpty() ? network.takeNext() : taken(network, address);
            }
            assigned.add(address);
        }
        return assigned;
    }

    private static String taken(ServiceNetwork network, String address) {
        network.take(address);
        return address;
    }

    /** Of a family that {@link ServiceFamilies} has let pass. */
    private ServiceNetwork network(Family family) {
        return networks.stream()
                .filter(network -> network.family() == family)
                .findFirst()
                .orElseThrow();
    }

    private static Assigned nodePorts(ServiceAssignment of) {
        return new Assigned(List.copyOf(of.nodePorts().values()), of.healthCheckNodePort());
    }

    /** The same with the load balancer addresses that it waits for, where there are any. */
    ServiceAssignment balanced(ServiceSpec spec, ServiceAssignment had) {
        return new ServiceAssignment(
                had.createdMs(),
                had.policy(),
                had.families(),
                had.clusterIps(),
                had.nodePorts(),
                had.healthCheckNodePort(),
                pool.assign(spec, had.families(), had.loadBalancer()));
    }

    /** What a Service had and has no more. */
    private void give(ServiceAssignment had, ServiceAssignment has) {
        nodePorts.release(nodePorts(had), nodePorts(has));
        had.clusterIps().stream()
                .filter(address -> !address.equals(ServiceSpec.NONE))
                .filter(address -> !has.clusterIps().contains(address))
                .forEach(address -> networks.forEach(network -> network.give(address)));
        pool.give(
                had.loadBalancer().stream()
                        .filter(address -> !has.loadBalancer().contains(address))
                        .toList());
    }

    /** All that a Service had. */
    void give(ServiceAssignment had) {
        give(had, ServiceAssignment.NONE);
    }

    /** What was chosen on a copy since when nothing else was given. */
    void take(ServiceAssignment has) {
        nodePorts.take(nodePorts(has));
        has.clusterIps().forEach(this::restore);
        pool.take(has.loadBalancer());
    }

    /** Another version of a Service takes the place of one that had {@code had}. */
    void swap(Optional<ServiceAssignment> had, ServiceAssignment has) {
        had.ifPresent(this::give);
        take(has);
    }

    private boolean restore(String address) {
        return address.equals(ServiceSpec.NONE)
                || networks.stream()
                        .filter(network -> network.contains(address))
                        .allMatch(network -> network.restore(address));
    }

    /**
     * What an earlier run gave a Service. It keeps what the settings would not give today; what
     * another Service has it loses.
     *
     * @param events told as REASON and words
     */
    ServiceAssignment restore(ServiceAssignment had, Told events) {
        List<String> clusterIps = new ArrayList<>();
        for (String address : had.clusterIps()) {
            boolean isOfNone =
                    !address.equals(ServiceSpec.NONE)
                            && networks.stream().noneMatch(network -> network.contains(address));
            if (isOfNone) {
                events.tell(
                        "ClusterIPOutOfRange",
                        "it keeps an address that the settings do not have: address=" + address);
            }
            if (!restore(address)) {
                events.tell(
                        "ClusterIPAlreadyAllocated",
                        "it gets another address: another Service has address=" + address);
                break; // those after it would be of the wrong family
            }
            clusterIps.add(address);
        }
        Map<String, Integer> byName = new HashMap<>();
        had.nodePorts()
                .forEach(
                        (name, port) -> {
                            if (byName.containsValue(port) || restore(port, events)) {
                                byName.put(name, port);
                            }
                        });
        boolean hasHealthCheck =
                had.healthCheckNodePort() != 0 && restore(had.healthCheckNodePort(), events);
        return new ServiceAssignment(
                had.createdMs(),
                had.policy(),
                had.families(),
                clusterIps,
                byName,
                hasHealthCheck ? had.healthCheckNodePort() : 0,
                pool.restore(had.loadBalancer()));
    }

    private boolean restore(int port, Told events) {
        if (!nodePorts.isInRange(new Assigned(List.of(port), 0))) {
            events.tell(
                    "PortOutOfRange",
                    "it keeps a node port that the settings do not have: port=" + port);
        }
        boolean isFree = nodePorts.restore(port);
        if (!isFree) {
            events.tell(
                    "PortAlreadyAllocated",
                    "it gets another node port: another Service has port=" + port);
        }
        return isFree;
    }

    /** Takes events of one Service. */
    interface Told {
        void tell(String reason, String words);
    }
}
