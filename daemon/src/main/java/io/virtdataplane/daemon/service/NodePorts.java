package io.virtdataplane.daemon.service;

import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.ServiceSpec;
import io.virtdataplane.manifest.ServiceSpec.Port;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The node's ports that Services have, each number once whatever its protocol, with the rules and
 * words of Kubernetes (pkg/registry/core/service: portallocator, storage/alloc.go). One thread.
 */
public final class NodePorts {
    private static final int LEAST_LOWER = 16;
    private static final int MOST_LOWER = 128;
    private static final int LOWER_SHARE = 32;
    private final int first;
    private final int last;
    private final NumberPool pool;

    /**
     * @param first of the range, such as 30000
     * @param last of it, such as 32767
     */
    public NodePorts(int first, int last, RandomGenerator random) {
        this.first = first;
        this.last = last;
        int size = last - first + 1;
        int lower = Math.min(Math.max(LEAST_LOWER, size / LOWER_SHARE), MOST_LOWER);
        this.pool = new NumberPool(size, size <= LEAST_LOWER ? 0 : lower, random);
    }

    /**
     * What a Service has.
     *
     * @param ports for each of its ports, in order; 0: none
     * @param healthCheck or 0
     */
    public record Assigned(List<Integer> ports, int healthCheck) {}

    /** For a new Service; a refusal takes nothing. */
    public Assigned assign(ServiceSpec service) {
        Set<Integer> taken = new HashSet<>();
        try {
            List<Integer> ports = hasNodePorts(service) ? ports(service, taken) : none(service);
            return new Assigned(ports, service.needsHealthCheck() ? health(service, taken) : 0);
        } catch (IllegalArgumentException | IllegalStateException e) {
            taken.forEach(port -> pool.give(port - first));
            throw e;
        }
    }

    /** What a Service had that is gone. */
    public void release(Assigned assigned) {
        Set<Integer> all = new HashSet<>(assigned.ports());
        all.add(assigned.healthCheck());
        all.remove(0);
        all.forEach(port -> pool.give(port - first));
    }

    private static boolean hasNodePorts(ServiceSpec service) {
        return switch (service.type()) {
            case NodePort, LoadBalancer -> true;
            case ClusterIP, ExternalName -> false;
        };
    }

    private static List<Integer> none(ServiceSpec service) {
        return service.ports().stream().map(port -> 0).toList();
    }

    /** Ports of one number and several protocols share a node port. */
    private List<Integer> ports(ServiceSpec service, Set<Integer> taken) {
        boolean allocates =
                service.type() == ServiceSpec.Type.NodePort
                        || service.loadBalancer().allocatesNodePorts();
        List<Port> ports = service.ports();
        int[] assigned = new int[ports.size()];
        for (int i = 0; i < assigned.length; i++) { // those asked for first: none takes them away
            int asked = ports.get(i).nodePort();
            if (asked != 0) {
                boolean isShared = false;
                for (int j = 0; j < i; j++) {
                    isShared |= assigned[j] == asked && ports.get(j).port() == ports.get(i).port();
                }
                if (!isShared) {
                    take(asked, "spec.ports[" + i + "].nodePort", taken);
                }
                assigned[i] = asked;
            }
        }
        for (int i = 0; allocates && i < assigned.length; i++) {
            if (assigned[i] == 0) {
                assigned[i] = samePort(ports, i, assigned);
            }
            if (assigned[i] == 0) {
                assigned[i] = takeNext(taken);
            }
        }
        List<Integer> all = new ArrayList<>();
        Arrays.stream(assigned).forEach(all::add);
        return List.copyOf(all);
    }

    private static int samePort(List<Port> ports, int of, int... assigned) {
        for (int i = 0; i < assigned.length; i++) {
            if (assigned[i] != 0 && ports.get(i).port() == ports.get(of).port()) {
                return assigned[i];
            }
        }
        return 0;
    }

    private int health(ServiceSpec service, Set<Integer> taken) {
        int asked = service.traffic().healthCheckNodePort();
        if (asked == 0) {
            return takeNext(taken);
        }
        take(asked, "spec.healthCheckNodePort", taken);
        return asked;
    }

    private void take(int port, String field, Set<Integer> taken) {
        if (port < first || port > last) {
            throw refused(
                    field,
                    port,
                    "provided port is not in the valid range. The range of valid ports is "
                            + first
                            + "-"
                            + last);
        }
        if (!pool.take(port - first)) {
            throw refused(field, port, "provided port is already allocated");
        }
        taken.add(port);
    }

    private int takeNext(Set<Integer> taken) {
        OptionalInt next = pool.takeNext();
        if (next.isEmpty()) {
            throw new IllegalStateException("failed to allocate a nodePort: range is full");
        }
        int port = first + next.getAsInt();
        taken.add(port);
        return port;
    }

    private static InvalidManifestException refused(String field, int port, String rule) {
        return new InvalidManifestException(field + ": Invalid value: " + port + ": " + rule);
    }
}
