package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The cluster's namespaces with their labels, and what those say to us. */
final class Namespaces implements ResourceEventHandler<Namespace> {
    /** As KubeMacPool has it: "ignore", or "allocate". */
    static final String POOL = "mutatevirtualmachines.kubemacpool.io";

    /** "rewrite": masquerade becomes our network binding plugin. */
    static final String BINDING = "virtdataplane.io/binding";

    private final Map<String, Map<String, String>> labelsByName = new ConcurrentHashMap<>();

    /** Which namespaces are the pool's. */
    enum Mode {
        /** All but those with the label "ignore". */
        OPT_OUT,
        /** Those with the label "allocate". */
        OPT_IN;

        /** Of "opt-out" or "opt-in". */
        static Mode of(String text) {
            for (Mode mode : values()) {
                if (mode.toString().equals(text)) {
                    return mode;
                }
            }
            throw new IllegalArgumentException(
                    "mac-mode must be opt-out or opt-in: mac-mode=" + text);
        }

        boolean isPools(Map<String, String> labels) {
            String label = labels.getOrDefault(POOL, "");
            return this == OPT_IN ? label.equals("allocate") : !label.equals("ignore");
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Override
    public void onAdd(Namespace namespace) {
        labelsByName.put(namespace.getMetadata().getName(), labels(namespace));
    }

    @Override
    public void onUpdate(Namespace old, Namespace namespace) {
        onAdd(namespace);
    }

    @Override
    public void onDelete(Namespace namespace, boolean isFinalStateUnknown) {
        labelsByName.remove(namespace.getMetadata().getName());
    }

    static Map<String, String> labels(Namespace namespace) {
        Map<String, String> labels = namespace.getMetadata().getLabels();
        return labels == null ? Map.of() : Map.copyOf(labels);
    }

    boolean has(String name) {
        return labelsByName.containsKey(name);
    }

    /** Of one that is not there: none. */
    Map<String, String> labels(String name) {
        return labelsByName.getOrDefault(name, Map.of());
    }
}
