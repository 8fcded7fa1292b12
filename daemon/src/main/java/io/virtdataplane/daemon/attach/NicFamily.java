package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.manifest.MachineManifest;
import java.util.Optional;
import java.util.Set;

/** Makes NICs of one kind: masquerade, or on bridges. */
public interface NicFamily {
    /**
     * Checks the whole request.
     *
     * @param machine the request's manifest
     * @return empty where the request is for a NIC of another family
     */
    Optional<NicSpec> spec(AttachRequest request, MachineManifest machine);

    /** A NIC of this name that an earlier run had will not come back. */
    default void forget(String name) {}

    /**
     * All NICs of an earlier run have been looked at.
     *
     * @param digests of the names of those that are kept
     */
    default void restored(Set<String> digests) {}
}
