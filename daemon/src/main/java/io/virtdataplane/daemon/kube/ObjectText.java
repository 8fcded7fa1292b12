package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.daemon.object.ApplyOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** An object of the API server as a file would have it, and what its annotations add to it. */
final class ObjectText {
    private static final String PREFIX = "virtdataplane.io/";
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private ObjectText() {}

    /** JSON, without what the server and its clients keep there for themselves. */
    static String of(GenericKubernetesResource object) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("name", object.getMetadata().getName());
        if (object.getMetadata().getNamespace() != null) {
            metadata.put("namespace", object.getMetadata().getNamespace());
        }
        Map<String, String> annotations = annotations(object);
        annotations.remove(LAST_APPLIED);
        if (!annotations.isEmpty()) {
            metadata.put("annotations", annotations);
        }
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("apiVersion", object.getApiVersion());
        file.put("kind", object.getKind());
        file.put("metadata", metadata);
        file.put("spec", object.get("spec"));
        return Serialization.asJson(file);
    }

    private static Map<String, String> annotations(GenericKubernetesResource object) {
        Map<String, String> all = object.getMetadata().getAnnotations();
        return all == null ? new TreeMap<>() : new TreeMap<>(all);
    }

    /**
     * What a command's flags would say: {@code virtdataplane.io/uplinks}, {@code
     * virtdataplane.io/host-port} and {@code virtdataplane.io/probe-seconds}.
     */
    static ApplyOptions options(GenericKubernetesResource object) {
        Map<String, String> all = annotations(object);
        String seconds = all.getOrDefault(PREFIX + "probe-seconds", "0");
        if (!seconds.matches("[0-9]{1,6}")) {
            throw new IllegalArgumentException(
                    "metadata.annotations: "
                            + PREFIX
                            + "probe-seconds must be a number: "
                            + seconds);
        }
        return ApplyOptions.of(
                        all.getOrDefault(PREFIX + "uplinks", ""),
                        all.getOrDefault(PREFIX + "host-port", "false").equals("true"),
                        Integer.parseInt(seconds))
                .ofCluster();
    }
}
