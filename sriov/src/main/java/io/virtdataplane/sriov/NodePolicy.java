package io.virtdataplane.sriov;

import java.util.Map;

/**
 * A SriovNetworkNodePolicy: how many VFs the PFs that it selects get, and for what. Made by the
 * manifest's reader; {@link PolicyRules} says whether it may be applied.
 *
 * @param priority 0-99, the lower wins
 * @param mtu of VFs and, at least, of the PF; 0: as it is
 * @param linkType "", "eth", "ETH", "ib" or "IB"
 */
public record NodePolicy(
        String name,
        String resourceName,
        Map<String, String> nodeSelector,
        int priority,
        int mtu,
        int numVfs,
        NicSelector nicSelector,
        DeviceType deviceType,
        boolean isRdma,
        boolean needVhostNet,
        boolean excludeTopology,
        boolean externallyManaged,
        String linkType,
        String eSwitchMode,
        String vdpaType) {
    /** The admission webhook of the operator writes it where a manifest has none. */
    public static final int DEFAULT_PRIORITY = 99;

    public NodePolicy {
        nodeSelector = Map.copyOf(nodeSelector);
    }

    /** What the VFs are bound to. */
    public enum DeviceType {
        NETDEVICE("netdevice"),
        VFIO_PCI("vfio-pci");

        private final String word;

        DeviceType(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    VfGroup groupOn(PhysicalFunction pf) {
        return new VfGroup(
                resourceName,
                deviceType,
                nicSelector.rangeOn(pf, numVfs),
                name,
                mtu,
                isRdma,
                needVhostNet,
                excludeTopology);
    }
}
