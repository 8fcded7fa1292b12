package io.virtdataplane.daemon.service;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What there is to be given to Services, checked.
 *
 * @param clusterIpRange one network or two, in CIDR notation; the family of the first is the
 *     default
 * @param firstNodePort of the range
 * @param lastNodePort of it
 * @param loadBalancerPool networks or FIRST-LAST
 */
public record ServiceSettings(
        List<String> clusterIpRange,
        int firstNodePort,
        int lastNodePort,
        List<String> loadBalancerPool) {
    private static final int LAST_PORT = 65_535;
    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

    /** Throws with the first rule that a setting breaks. */
    public static ServiceSettings of(
            List<String> clusterIpRange, String nodePortRange, List<String> loadBalancerPool) {
        Matcher range = RANGE.matcher(nodePortRange);
        int first = range.matches() ? Integer.parseInt(range.group(1)) : 0;
        int last = range.matches() ? Integer.parseInt(range.group(2)) : 0;
        if (first < 1 || last < first || last > LAST_PORT) {
            throw new IllegalArgumentException(
                    "services.nodePortRange must be FIRST-LAST, of 1-65535: nodePortRange="
                            + nodePortRange);
        }
        ServiceSettings settings =
                new ServiceSettings(
                        List.copyOf(clusterIpRange), first, last, List.copyOf(loadBalancerPool));
        settings.check();
        return settings;
    }

    private void check() {
        List<ServiceNetwork> networks = networks(RandomGenerator.getDefault());
        boolean areDistinct =
                networks.stream().map(ServiceNetwork::family).distinct().count() == networks.size();
        if (networks.isEmpty() || !areDistinct) {
            throw new IllegalArgumentException(
                    "services.clusterIpRange must be one network, or one of each address family: clusterIpRange="
                            + clusterIpRange);
        }
        LoadBalancerPool pool = pool();
        for (ServiceNetwork network : networks) {
            if (pool.overlaps(network)) {
                throw new IllegalArgumentException(
                        "services.loadBalancerPool must not overlap clusterIpRange: loadBalancerPool="
                                + loadBalancerPool
                                + " clusterIpRange="
                                + network);
            }
        }
    }

    /** All free. */
    public Allocations allocations(RandomGenerator random) {
        return new Allocations(
                networks(random), new NodePorts(firstNodePort, lastNodePort, random), pool());
    }

    private List<ServiceNetwork> networks(RandomGenerator random) {
        try {
            return clusterIpRange.stream().map(cidr -> new ServiceNetwork(cidr, random)).toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "services.clusterIpRange must be networks in CIDR notation with 2-20 bits for hosts: clusterIpRange="
                            + clusterIpRange,
                    e);
        }
    }

    private LoadBalancerPool pool() {
        return new LoadBalancerPool(loadBalancerPool);
    }
}
