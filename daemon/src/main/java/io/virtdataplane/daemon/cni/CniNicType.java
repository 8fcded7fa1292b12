package io.virtdataplane.daemon.cni;

import java.util.Optional;

/** A type of network whose interfaces are NICs of ours. */
interface CniNicType {
    CniPlan plan(CniCall call, CniConfig config, CniArguments arguments);

    /** The pod's device that an ADD makes. */
    String device(CniCall call, CniConfig config);

    /** The device that an ADD that was cut off may have left, where it is surely ours. */
    Optional<String> halfMade(CniCall call);

    /** Throws where an ADD would find something missing. */
    void checkStatus(CniConfig config);
}
