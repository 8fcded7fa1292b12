package io.virtdataplane.bridge;

/**
 * What a bridge port does. A value that a command replaces.
 *
 * @param vlans used where the bridge filters VLANs
 * @param learnLimit stations learned here at most
 * @param mtu longest payload of a frame that leaves, but for GSO frames
 */
public record PortPolicy(PortVlans vlans, PortFlags flags, int learnLimit, int mtu) {
    public static final PortPolicy DEFAULT =
            new PortPolicy(PortVlans.NEW_PORT, PortFlags.NEW_PORT, Integer.MAX_VALUE, 1500);

    public boolean has(PortFlag flag) {
        return flags.has(flag);
    }

    public PortPolicy with(PortVlans changed) {
        return new PortPolicy(changed, flags, learnLimit, mtu);
    }

    public PortPolicy with(PortFlag flag, boolean isOn) {
        return new PortPolicy(vlans, flags.with(flag, isOn), learnLimit, mtu);
    }

    public PortPolicy withLearnLimit(int stations) {
        return new PortPolicy(vlans, flags, stations, mtu);
    }

    public PortPolicy withMtu(int bytes) {
        return new PortPolicy(vlans, flags, learnLimit, bytes);
    }
}
