package io.virtdataplane.daemon.cni;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** CNI_ARGS, "K=V;K=V": who the pod is, and what Multus passes on for it. */
record CniArguments(Map<String, String> values) {
    private static final Set<String> KNOWN =
            Set.of(
                    "IgnoreUnknown",
                    "MAC",
                    "IP",
                    "K8S_POD_NAMESPACE",
                    "K8S_POD_NAME",
                    "K8S_POD_INFRA_CONTAINER_ID",
                    "K8S_POD_UID");

    static CniArguments parse(String text) {
        Map<String, String> values = new HashMap<>();
        for (String pair : text.isEmpty() ? new String[0] : text.split(";", -1)) {
            String[] parts = pair.split("=", -1);
            if (parts.length != 2) {
                throw new CniException(
                        CniException.INVALID_ENVIRONMENT, "ARGS: invalid pair \"" + pair + "\"");
            }
            values.put(parts[0], parts[1]);
        }
        List<String> unknown = new ArrayList<>(values.keySet());
        unknown.removeAll(KNOWN);
        String ignore = values.getOrDefault("IgnoreUnknown", "");
        if (!unknown.isEmpty() && !ignore.equals("1") && !ignore.equalsIgnoreCase("true")) {
            throw new CniException(
                    CniException.INVALID_ENVIRONMENT,
                    "ARGS: unknown args " + unknown.stream().sorted().toList());
        }
        return new CniArguments(values);
    }

    String mac() {
        return values.getOrDefault("MAC", "");
    }

    String namespace() {
        return values.getOrDefault("K8S_POD_NAMESPACE", "");
    }

    /** Empty where it is no pod of Kubernetes. */
    String pod() {
        return values.getOrDefault("K8S_POD_NAME", "");
    }
}
