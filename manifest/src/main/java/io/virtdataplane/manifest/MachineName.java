package io.virtdataplane.manifest;

import java.util.regex.Pattern;

/** What a machine is called here: by its manifest, or by the request where that has no name. */
public final class MachineName {
    private static final Pattern DNS = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    private MachineName() {}

    /**
     * @param ofManifest metadata.name, or empty
     */
    public static String of(String ofManifest, String ofRequest) {
        return checked(ofManifest.isEmpty() ? ofRequest : ofManifest);
    }

    public static String checked(String name) {
        if (!DNS.matcher(name).matches()) {
            throw new InvalidManifestException(
                    "name must be a DNS name in lower case, from metadata.name or --name: name="
                            + name);
        }
        return name;
    }

    /** Its namespace: metadata.namespace, or "default". */
    public static String checkedNamespace(String namespace) {
        if (!DNS.matcher(namespace).matches()) {
            throw new InvalidManifestException(
                    "metadata.namespace must be a DNS name in lower case: namespace=" + namespace);
        }
        return namespace;
    }
}
