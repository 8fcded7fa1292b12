package io.virtdataplane.manifest;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who an object is.
 *
 * @param name or empty
 * @param namespace or empty
 */
record Metadata(String name, String namespace, Fields annotations) {
    /** Of every object; status is what a cluster made of it. */
    static final FieldTable ROOT =
            FieldTable.of("apiVersion", "kind", "metadata", "spec", "status");

    /** As Kubernetes has them; most are what a cluster writes into an object that it keeps. */
    private static final FieldTable FIELDS =
            FieldTable.of(
                    "annotations",
                    "clusterName",
                    "creationTimestamp",
                    "deletionGracePeriodSeconds",
                    "deletionTimestamp",
                    "finalizers",
                    "generateName",
                    "generation",
                    "labels",
                    "managedFields",
                    "name",
                    "namespace",
                    "ownerReferences",
                    "resourceVersion",
                    "selfLink",
                    "uid");

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    static Metadata of(Fields root) {
        Fields metadata = root.object("metadata");
        return new Metadata(
                name(metadata, "name"),
                name(metadata, "namespace"),
                metadata.object("annotations"));
    }

    /** Of an object that is found by its name. */
    static Metadata named(Fields root) {
        root.object("metadata").check(FIELDS);
        Metadata metadata = of(root);
        if (metadata.name.isEmpty()) {
            throw root.object("metadata").error("name", "must be given", "");
        }
        return metadata;
    }

    /** What the object is called, as far as it says so: NAME or NAMESPACE/NAME. */
    static String fullName(Fields root) {
        String name = root.textAt("metadata", "name");
        String namespace = root.textAt("metadata", "namespace");
        Optional<ObjectKind> kind = ObjectKind.ofManifest(root.textAt("kind"));
        if (name.isEmpty() || kind.isPresent() && !kind.get().hasNamespaces()) {
            return name;
        }
        if (namespace.isEmpty()) {
            return kind.map(known -> known.fullName(name)).orElse(name);
        }
        return namespace + "/" + name;
    }

    private static String name(Fields metadata, String field) {
        String name = metadata.text(field, "");
        if (!name.isEmpty() && !NAME.matcher(name).matches()) {
            throw metadata.error(field, "must be a DNS name in lower case", name);
        }
        return name;
    }
}
