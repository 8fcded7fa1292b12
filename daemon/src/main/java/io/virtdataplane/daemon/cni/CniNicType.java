package io.virtdataplane.daemon.cni;

import java.util.Optional;

/** A type of network whose interfaces are NICs of ours. */
interface CniNicType {
    CniPlan plan(CniCall call, CniConfig config, CniArguments arguments);

    /** The pod's device that an ADD makes. */
    String device(CniCall call, CniConfig config);

    /**
     * The device that a DEL deletes: one that is surely ours.
     *
     * @param isAttached an ADD of this attachment has ended well
     */
    Optional<String> owned(CniCall call, CniConfig config, boolean isAttached);

    /** Throws where an ADD would find something missing. */
    void checkStatus(CniConfig config);
}
