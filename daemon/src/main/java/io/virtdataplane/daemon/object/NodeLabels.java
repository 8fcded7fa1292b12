package io.virtdataplane.daemon.object;

import java.util.Map;
import java.util.TreeMap;

/** This node's name, and the labels by which policies select it. */
public final class NodeLabels {
    private static final String HOSTNAME = "kubernetes.io/hostname";
    private final String name;
    private final Map<String, String> labels;

    /** {@code labels}: those of the settings; the host name's is added. */
    public NodeLabels(String name, Map<String, String> labels) {
        this.name = name;
        this.labels = new TreeMap<>(labels);
        this.labels.putIfAbsent(HOSTNAME, name);
    }

    public String name() {
        return name;
    }

    public Map<String, String> labels() {
        return Map.copyOf(labels);
    }

    /** Has all of them. */
    public boolean matches(Map<String, String> selector) {
        return labels.entrySet().containsAll(selector.entrySet());
    }
}
