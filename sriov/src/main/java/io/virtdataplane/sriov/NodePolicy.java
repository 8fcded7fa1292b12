package io.virtdataplane.sriov;

import java.util.Map;

/**
 * A SriovNetworkNodePolicy: how many VFs the PFs that it selects get, and for what. Made by the
 * manifest's reader; {@link PolicyRules} says whether it may be applied.
 */
public record NodePolicy(Identity id, Target target, PfSetup pf, VfResource resource, Modes modes) {
    /** The admission webhook of the operator writes it where a manifest has none. */
    public static final int DEFAULT_PRIORITY = 99;

    /**
     * Which policy it is, and which of two has the last word.
     *
     * @param priority 0-99, the lower wins
     */
    public record Identity(String name, int priority) {}

    /** Which nodes, by their labels, and which of their PFs it is for. */
    public record Target(Map<String, String> nodeSelector, NicSelector nicSelector) {
        public Target {
            nodeSelector = Map.copyOf(nodeSelector);
        }
    }

    /**
     * What a card is to work as, each empty: as it is.
     *
     * @param linkType "eth", "ETH", "ib" or "IB"
     * @param eSwitch "legacy" or "switchdev"
     * @param vdpaType "virtio" or "vhost"
     */
    public record Modes(String linkType, String eSwitch, String vdpaType) {}

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

    public String name() {
        return id.name();
    }

    public int priority() {
        return id.priority();
    }

    public Map<String, String> nodeSelector() {
        return target.nodeSelector();
    }

    public NicSelector nicSelector() {
        return target.nicSelector();
    }

    public int numVfs() {
        return pf.numVfs();
    }

    public int mtu() {
        return pf.mtu();
    }

    public boolean externallyManaged() {
        return pf.externallyManaged();
    }

    public String resourceName() {
        return resource.name();
    }

    public DeviceType deviceType() {
        return resource.deviceType();
    }

    public boolean isRdma() {
        return resource.has(VfResource.Option.RDMA);
    }

    public boolean excludeTopology() {
        return resource.has(VfResource.Option.TOPOLOGY_EXCLUDED);
    }

    VfGroup groupOn(PhysicalFunction card) {
        return new VfGroup(resource, nicSelector().rangeOn(card, numVfs()), name(), mtu());
    }
}
