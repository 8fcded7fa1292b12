package io.virtdataplane.sriov;

import java.util.Set;

/** What VFs are offered as: a resource's name, what they are bound to, and what comes with them. */
public record VfResource(String name, NodePolicy.DeviceType deviceType, Set<Option> options) {
    public VfResource {
        options = Set.copyOf(options);
    }

    /** Whatever a resource may have besides; its text is the manifest's field. */
    public enum Option {
        /** A VF is given out with its RDMA device. */
        RDMA("isRdma"),
        /** A container is given /dev/vhost-net beside the VF. */
        VHOST_NET("needVhostNet"),
        /** The kubelet is not told the VF's NUMA node. */
        TOPOLOGY_EXCLUDED("excludeTopology");

        private final String word;

        Option(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    boolean has(Option option) {
        return options.contains(option);
    }
}
