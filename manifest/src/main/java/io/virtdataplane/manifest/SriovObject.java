package io.virtdataplane.manifest;

import java.util.Set;
import java.util.regex.Pattern;

/** The head that all objects of the group sriovnetwork.openshift.io have. */
record SriovObject(String name, String namespace, Fields spec) {
    private static final String GROUP = "sriovnetwork.openshift.io/v1";
    private static final Pattern DNS = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    /** Where the operator lives: only objects there may serve other namespaces. */
    static final String OPERATOR_NAMESPACE = "openshift-sriov-network-operator";

    static SriovObject of(Fields root, String kind) {
        root.allowOnly(Set.of("apiVersion", "kind", "metadata", "spec", "status"));
        String version = root.text("apiVersion", "");
        if (!version.equals(GROUP)) {
            throw root.error("apiVersion", "must be " + GROUP, version);
        }
        if (!root.text("kind", "").equals(kind)) {
            throw root.error("kind", "must be " + kind, root.text("kind", ""));
        }
        Fields metadata = root.object("metadata");
        String namespace = metadata.text("namespace", OPERATOR_NAMESPACE);
        return new SriovObject(
                dns(metadata, "name", metadata.text("name", "")),
                dns(metadata, "namespace", namespace),
                root.object("spec"));
    }

    static String dns(Fields fields, String field, String name) {
        if (!DNS.matcher(name).matches()) {
            throw fields.error(field, "must be a DNS name in lower case", name);
        }
        return name;
    }
}
