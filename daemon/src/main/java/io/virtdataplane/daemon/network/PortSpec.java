package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortPolicy;
import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.daemon.network.PortDevice.Holding;

/**
 * What a bridge port is made of.
 *
 * @param name BRIDGE/DEVICE of an uplink, MACHINE/INTERFACE of a guest
 * @param network NAMESPACE/NAME of the attachment definition; empty: an uplink
 * @param mtu 0: the device's
 */
public record PortSpec(String name, PortDevice where, PortRules rules, String network, int mtu) {
    /** One guest cannot fill the bridge's table. */
    private static final int STATIONS_OF_A_GUEST = 1024;

    public String netns() {
        return where.netns();
    }

    public String device() {
        return where.name();
    }

    public boolean isTap() {
        return where.holding() == Holding.MADE;
    }

    boolean isShared() {
        return where.holding() == Holding.SHARED;
    }

    PortVlans vlans() {
        return rules.vlans();
    }

    public GuardPolicy guard() {
        return rules.guard();
    }

    public boolean isUplink() {
        return network.isEmpty();
    }

    /** The node's own port: a device that has the bridge's name. */
    public boolean isHostPort() {
        return isUplink() && isTap();
    }

    PortPolicy policy(int deviceMtu) {
        int stations = isUplink() ? Integer.MAX_VALUE : STATIONS_OF_A_GUEST;
        return new PortPolicy(vlans(), rules.flags(), stations, deviceMtu);
    }

    PortSpec withMtu(int changed) {
        return new PortSpec(name, where, rules, network, changed);
    }

    /** Of a device with this MTU: it is never more. */
    int mtu(int deviceMtu) {
        return mtu == 0 ? deviceMtu : Math.min(mtu, deviceMtu);
    }

    /** The same device, to be opened in the same way. */
    boolean isSameDevice(PortSpec other) {
        return name.equals(other.name)
                && where.equals(other.where)
                && (!isTap() || mtu == other.mtu)
                && guard().equals(other.guard());
    }
}
