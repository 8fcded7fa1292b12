package io.virtdataplane.daemon.object;

import java.util.Map;
import java.util.TreeMap;

/**
 * This node's name, and the labels by which policies select it: those of the settings, and those
 * that its Node object has, which may change.
 */
public final class NodeLabels {
    private static final String HOSTNAME = "kubernetes.io/hostname";
    private final String name;
    private final Map<String, String> own;
    private volatile Map<String, String> labels;

    /** {@code labels}: those of the settings; the host name's is added. */
    public NodeLabels(String name, Map<String, String> labels) {
        this.name = name;
        this.own = new TreeMap<>(labels);
        this.own.putIfAbsent(HOSTNAME, name);
        this.labels = Map.copyOf(own);
    }

    /** What the Node object has now; a label of the settings has priority. False: no change. */
    public boolean ofCluster(Map<String, String> ofNode) {
        Map<String, String> all = new TreeMap<>(ofNode);
        all.putAll(own);
        boolean changes = !all.equals(labels);
        labels = Map.copyOf(all);
        return changes;
    }

    public String name() {
        return name;
    }

    public Map<String, String> labels() {
        return labels;
    }

    /** Has all of them. */
    public boolean matches(Map<String, String> selector) {
        return labels.entrySet().containsAll(selector.entrySet());
    }
}
