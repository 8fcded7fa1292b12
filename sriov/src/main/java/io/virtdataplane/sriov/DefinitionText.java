package io.virtdataplane.sriov;

/**
 * The NetworkAttachmentDefinition of a {@link SriovNetwork}, byte for byte as the SR-IOV operator
 * makes it: order of keys and blanks are those of its template.
 */
public final class DefinitionText {
    private final SriovNetwork network;
    private final String resourcePrefix;

    /**
     * @param resourcePrefix such as openshift.io
     */
    public DefinitionText(SriovNetwork network, String resourcePrefix) {
        this.network = network;
        this.resourcePrefix = resourcePrefix;
    }

    /** The CNI configuration: spec.config. */
    public String config() {
        boolean chained = !network.cni().metaPlugins().isEmpty();
        StringBuilder json = new StringBuilder("{ \"cniVersion\":\"1.0.0\", ");
        json.append("\"name\":").append(quoted(network.name())).append(',');
        if (chained) {
            json.append("\"plugins\": [ {");
        }
        json.append("\"type\":\"sriov\",\"vlan\":").append(network.vlan().id()).append(',');
        text(json, "spoofchk", network.switches().spoofChk());
        text(json, "trust", network.switches().trust());
        json.append("\"vlanQoS\":").append(network.vlan().qos()).append(',');
        text(json, "vlanProto", network.vlan().protocol());
        rate(json, "min_tx_rate", network.rates().minTx());
        rate(json, "max_tx_rate", network.rates().maxTx());
        if (!network.cni().capabilities().isEmpty()) {
            json.append("\"capabilities\":").append(network.cni().capabilities()).append(',');
        }
        text(json, "link_state", network.switches().linkState());
        text(json, "logLevel", network.cni().logLevel());
        text(json, "logFile", network.cni().logFile());
        json.append("\"ipam\":");
        json.append(
                network.cni().ipam().isEmpty() ? "{}" : network.cni().ipam().replaceAll("\\s", ""));
        json.append(" }");
        if (chained) {
            json.append(", ").append(network.cni().metaPlugins()).append(" ] }");
        }
        return json.toString();
    }

    public String json() {
        return """
                {
                  "apiVersion": "k8s.cni.cncf.io/v1",
                  "kind": "NetworkAttachmentDefinition",
                  "metadata": {
                    "annotations": {
                      "k8s.v1.cni.cncf.io/resourceName": %s,
                      "sriovnetwork.openshift.io/owner-ref": %s
                    },
                    "name": %s,
                    "namespace": %s
                  },
                  "spec": {
                    "config": %s
                  }
                }
                """
                .formatted(
                        quoted(resource()),
                        quoted(owner()),
                        quoted(network.name()),
                        quoted(network.definitionNamespace()),
                        quoted(config()));
    }

    public String yaml() {
        return """
                apiVersion: "k8s.cni.cncf.io/v1"
                kind: NetworkAttachmentDefinition
                metadata:
                  name: %s
                  namespace: %s
                  annotations:
                    k8s.v1.cni.cncf.io/resourceName: %s
                    sriovnetwork.openshift.io/owner-ref: %s
                spec:
                  config: '%s'
                """
                .formatted(
                        network.name(),
                        network.definitionNamespace(),
                        resource(),
                        owner(),
                        config().replace("'", "''"));
    }

    private String resource() {
        return resourcePrefix + "/" + network.resourceName();
    }

    private String owner() {
        return "SriovNetwork.sriovnetwork.openshift.io/"
                + network.namespace()
                + "/"
                + network.name();
    }

    private static void text(StringBuilder json, String name, String value) {
        if (!value.isEmpty()) {
            json.append('"').append(name).append("\":").append(quoted(value)).append(',');
        }
    }

    private static void rate(StringBuilder json, String name, int value) {
        if (value >= 0) {
            json.append('"').append(name).append("\":").append(value).append(',');
        }
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\n' -> json.append("\\n");
                case '\t' -> json.append("\\t");
                default ->
                        // As Go's encoder has it: HTML's special characters as well.
                        json.append(
                                c < ' ' || c == '<' || c == '>' || c == '&'
                                        ? "\\u%04x".formatted((int) c)
                                        : String.valueOf(c));
            }
        }
        return json.append('"').toString();
    }
}
