package io.virtdataplane.manifest;

import java.util.regex.Pattern;

/** The head that all objects of the group sriovnetwork.openshift.io have. */
record SriovObject(String name, String namespace, Fields spec) {
    private static final String GROUP = "sriovnetwork.openshift.io/v1";
    private static final Pattern DNS = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    static SriovObject of(Fields root, String kind, ManifestDefaults defaults) {
        root.check(Metadata.ROOT);
        String version = root.text("apiVersion", "");
        if (!version.equals(GROUP)) {
            throw root.error("apiVersion", "must be " + GROUP, version);
        }
        if (!root.text("kind", "").equals(kind)) {
            throw root.error("kind", "must be " + kind, root.text("kind", ""));
        }
        Metadata metadata = Metadata.named(root);
        return new SriovObject(
                metadata.name(),
                metadata.namespace().isEmpty()
                        ? defaults.operatorNamespace()
                        : metadata.namespace(),
                root.object("spec"));
    }

    static String dns(Fields fields, String field, String name) {
        if (!DNS.matcher(name).matches()) {
            throw fields.error(field, "must be a DNS name in lower case", name);
        }
        return name;
    }
}
