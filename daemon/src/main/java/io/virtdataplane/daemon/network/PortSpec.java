package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortFlag;
import io.virtdataplane.bridge.PortPolicy;
import io.virtdataplane.bridge.PortVlans;

/**
 * What a bridge port is made of.
 *
 * @param name BRIDGE/DEVICE of an uplink, MACHINE/INTERFACE of a guest
 * @param netns of the device; empty: the node's own
 * @param isTap the device is made here, and ends with the port
 * @param shared the device's own kernel goes on receiving what arrives there
 * @param network NAMESPACE/NAME of the attachment definition; empty: an uplink
 * @param mtu 0: the device's
 */
record PortSpec(
        String name,
        String netns,
        String device,
        boolean isTap,
        boolean shared,
        PortVlans vlans,
        boolean isolated,
        boolean hairpin,
        GuardPolicy guard,
        String network,
        int mtu) {
    /** One guest cannot fill the bridge's table. */
    private static final int STATIONS_OF_A_GUEST = 1024;

    boolean isUplink() {
        return network.isEmpty();
    }

    /** The node's own port: a device that has the bridge's name. */
    boolean isHostPort() {
        return isUplink() && isTap;
    }

    PortPolicy policy(int deviceMtu) {
        return PortPolicy.DEFAULT
                .with(vlans)
                .with(PortFlag.ISOLATED, isolated)
                .with(PortFlag.HAIRPIN, hairpin)
                .withLearnLimit(isUplink() ? Integer.MAX_VALUE : STATIONS_OF_A_GUEST)
                .withMtu(deviceMtu);
    }

    PortSpec withMtu(int changed) {
        return new PortSpec(
                name, netns, device, isTap, shared, vlans, isolated, hairpin, guard, network,
                changed);
    }

    /** Of a device with this MTU: it is never more. */
    int mtu(int deviceMtu) {
        return mtu == 0 ? deviceMtu : Math.min(mtu, deviceMtu);
    }

    /** The same device, to be opened in the same way. */
    boolean isSameDevice(PortSpec other) {
        return name.equals(other.name)
                && netns.equals(other.netns)
                && device.equals(other.device)
                && isTap == other.isTap
                && shared == other.shared
                && (!isTap || mtu == other.mtu)
                && guard.equals(other.guard);
    }
}
