package io.virtdataplane.daemon.cni;

/** One type of network. */
interface CniNetwork {
    CniPlan plan(CniCall call, CniConfig config, CniArguments arguments);

    /** The pod's device that an ADD makes, and that is deleted with all that hangs on it. */
    String device(CniCall call, CniConfig config);

    /** Throws where an ADD would find something missing. */
    void checkStatus(CniConfig config);
}
