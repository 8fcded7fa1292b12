package io.virtdataplane.manifest;

import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.SriovNetwork;

/** An object of the group sriovnetwork.openshift.io. */
public sealed interface SriovManifest extends Manifest {
    /** A SriovNetworkNodePolicy. */
    record Policy(NodePolicy spec) implements SriovManifest {
        @Override
        public ObjectKind kind() {
            return ObjectKind.SRIOV_POLICY;
        }

        @Override
        public String name() {
            return spec.name();
        }
    }

    /** A SriovNetwork. It is called by its definition's name, which may be in another namespace. */
    record Network(SriovNetwork spec) implements SriovManifest {
        @Override
        public ObjectKind kind() {
            return ObjectKind.SRIOV_NETWORK;
        }

        @Override
        public String name() {
            return spec.definitionName();
        }

        @Override
        public String identity() {
            return spec.namespace() + "/" + spec.name();
        }
    }
}
