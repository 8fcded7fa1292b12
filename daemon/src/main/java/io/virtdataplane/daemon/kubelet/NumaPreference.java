package io.virtdataplane.daemon.kubelet;

import io.virtdataplane.sriov.ResourceVf;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses devices that stand near each other: on the nodes of those that must be taken, then on the
 * smallest node that has enough, then on the nodes with most.
 */
final class NumaPreference {
    private static final int NOWHERE = -1;
    private final Map<String, Integer> numaNodeByDevice = new HashMap<>();

    NumaPreference(List<ResourceVf> vfs) {
        vfs.forEach(vf -> numaNodeByDevice.put(vf.address(), vf.vf().pci().numaNode()));
    }

    List<String> of(List<String> available, List<String> mustInclude, int size) {
        List<String> chosen = new ArrayList<>(mustInclude);
        List<String> rest = new ArrayList<>(available);
        rest.removeAll(mustInclude);
        Map<Integer, Integer> countByNode = new HashMap<>();
        rest.forEach(device -> countByNode.merge(node(device), 1, Integer::sum));
        List<Integer> taken = mustInclude.stream().map(this::node).toList();
        int missing = size - chosen.size();
        Comparator<String> byNode =
                Comparator.comparingInt(
                        (String device) -> rank(node(device), countByNode, taken, missing));
        rest.stream()
                .sorted(
                        byNode.thenComparingInt(this::node)
                                .thenComparing(Comparator.naturalOrder()))
                .limit(Math.max(missing, 0))
                .forEach(chosen::add);
        return chosen;
    }

    /** The lower, the better. */
    private static int rank(
            int node, Map<Integer, Integer> countByNode, List<Integer> taken, int missing) {
        if (taken.contains(node)) {
            return Integer.MIN_VALUE;
        }
        int count = countByNode.get(node);
        return count >= missing ? count - Integer.MAX_VALUE / 2 : -count;
    }

    private int node(String device) {
        return numaNodeByDevice.getOrDefault(device, NOWHERE);
    }
}
