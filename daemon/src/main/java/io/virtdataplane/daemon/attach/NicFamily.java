package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.manifest.MachineManifest;
import java.util.Optional;

/** Makes NICs of one kind: masquerade, or on bridges. */
public interface NicFamily {
    /**
     * Checks the whole request.
     *
     * @param machine the request's manifest
     * @return empty where the request is for a NIC of another family
     */
    Optional<NicSpec> spec(AttachRequest request, MachineManifest machine);
}
