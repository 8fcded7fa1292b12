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
import java.util.stream.IntStream;

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
        this(first, last, pool(last - first + 1, random));
    }

    private NodePorts(int first, int last, NumberPool pool) {
        this.first = first;
        this.last = last;
        this.pool = pool;
    }

    private static NumberPool pool(int size, RandomGenerator random) {
        int lower = Math.min(Math.max(LEAST_LOWER, size / LOWER_SHARE), MOST_LOWER);
        return new NumberPool(size, size <= LEAST_LOWER ? 0 : lower, random);
    }

    /** The same as it is now, to try on. */
    NodePorts copy() {
        return new NodePorts(first, last, pool.copy());
    }

    /** What that Service asks for is not given to others that ask for nothing. */
    void avoid(ServiceSpec service) {
        asked(service).filter(this::isInRange).forEach(port -> pool.avoid(port - first));
    }

    private static IntStream asked(ServiceSpec service) {
        return IntStream.concat(
                service.ports().stream().mapToInt(Port::nodePort),
                IntStream.of(service.traffic().healthCheckNodePort()));
    }

    private boolean isInRange(int port) {
        return port >= first && port <= last;
    }

    /**
     * What a Service has.
     *
     * @param ports for each of its ports, in order; 0: none
     * @param healthCheck or 0
     */
    public record Assigned(List<Integer> ports, int healthCheck) {
        /** It has none. */
        static final Assigned NONE = new Assigned(List.of(), 0);

        private Set<Integer> numbers() {
            Set<Integer> all = new HashSet<>(ports);
            all.add(healthCheck);
            all.remove(0);
            return all;
        }
    }

    /** For a new Service; a refusal takes nothing. */
    public Assigned assign(ServiceSpec service) {
        return assign(service, Assigned.NONE);
    }

    /**
     * For another version of a Service. What that does not need any more it still has: see {@link
     * #release(Assigned, Assigned)}.
     *
     * @param had what it may ask for, whoever else could not
     */
    Assigned assign(ServiceSpec service, Assigned had) {
        Taken taken = new Taken(had.numbers(), new HashSet<>());
        try {
            List<Integer> ports = service.needsNodePorts() ? ports(service, taken) : none(service);
            return new Assigned(ports, service.needsHealthCheck() ? health(service, taken) : 0);
        } catch (IllegalArgumentException | IllegalStateException e) {
            taken.now().forEach(port -> pool.give(port - first));
            throw e;
        }
    }

    /** What a Service had that is gone. */
    public void release(Assigned assigned) {
        release(assigned, Assigned.NONE);
    }

    /** What a Service had and has no more. */
    void release(Assigned had, Assigned has) {
        Set<Integer> gone = had.numbers();
        gone.removeAll(has.numbers());
        gone.stream().filter(this::isInRange).forEach(port -> pool.give(port - first));
    }

    /** What was chosen on a copy. */
    void take(Assigned assigned) {
        assigned.numbers().stream()
                .filter(this::isInRange)
                .forEach(port -> pool.take(port - first));
    }

    /** What an earlier run gave: false where another Service has it. */
    boolean restore(int port) {
        return !isInRange(port) || pool.take(port - first);
    }

    boolean isInRange(Assigned assigned) {
        return assigned.numbers().stream().allMatch(this::isInRange);
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }

    /**
     * @param before what the Service had already
     * @param now what was taken for it
     */
    private record Taken(Set<Integer> before, Set<Integer> now) {}

    private static List<Integer> none(ServiceSpec service) {
        return service.ports().stream().map(port -> 0).toList();
    }

    /** Ports of one number and several protocols share a node port. */
    private List<Integer> ports(ServiceSpec service, Taken taken) {
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

    private int health(ServiceSpec service, Taken taken) {
        int asked = service.traffic().healthCheckNodePort();
        if (asked == 0) {
            return takeNext(taken);
        }
        take(asked, "spec.healthCheckNodePort", taken);
        return asked;
    }

    private void take(int port, String field, Taken taken) {
        if (taken.before().contains(port)) {
            return;
        }
        if (!isInRange(port)) {
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
        taken.now().add(port);
    }

    private int takeNext(Taken taken) {
        OptionalInt next = pool.takeNext();
        if (next.isEmpty()) {
            throw new IllegalStateException("failed to allocate a nodePort: range is full");
        }
        int port = first + next.getAsInt();
        taken.now().add(port);
        return port;
    }

    private static InvalidManifestException refused(String field, int port, String rule) {
        return new InvalidManifestException(field + ": Invalid value: " + port + ": " + rule);
    }
}
