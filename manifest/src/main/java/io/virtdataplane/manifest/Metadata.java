package io.virtdataplane.manifest;

import java.util.regex.Pattern;

/**
 * Who an object is.
 *
 * @param name or empty
 * @param namespace or empty
 */
record Metadata(String name, String namespace, Fields annotations) {
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
        Metadata metadata = of(root);
        if (metadata.name.isEmpty()) {
            throw root.object("metadata").error("name", "must be given", "");
        }
        return metadata;
    }

    private static String name(Fields metadata, String field) {
        String name = metadata.text(field, "");
        if (!name.isEmpty() && !NAME.matcher(name).matches()) {
            throw metadata.error(field, "must be a DNS name in lower case", name);
        }
        return name;
    }
}
