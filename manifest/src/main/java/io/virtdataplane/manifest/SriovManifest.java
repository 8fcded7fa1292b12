package io.virtdataplane.manifest;

import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.SriovNetwork;

/** An object of the group sriovnetwork.openshift.io. */
public sealed interface SriovManifest extends Manifest {
    /** A SriovNetworkNodePolicy. */
    record Policy(NodePolicy spec) implements SriovManifest {}

    /** A SriovNetwork. */
    record Network(SriovNetwork spec) implements SriovManifest {}
}
