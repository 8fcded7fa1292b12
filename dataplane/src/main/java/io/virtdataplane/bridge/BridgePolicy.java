package io.virtdataplane.bridge;

/**
 * What a bridge does, as ip-link(8) names it. A value that a command replaces.
 *
 * @param vlanFiltering off: tags are passed on unseen, and stations are learned without a VLAN
 * @param ageingNs after which a station that is not heard is forgotten; 0: none is learned
 * @param groupForwardMask bit n lets 01:80:C2:00:00:0n pass; bits 0 to 2 cannot be set
 */
public record BridgePolicy(
        boolean vlanFiltering, long ageingNs, int groupForwardMask, GroupPolicy groups) {
    public static final long DEFAULT_AGEING_NS = 300_000_000_000L;
    public static final BridgePolicy DEFAULT =
            new BridgePolicy(true, DEFAULT_AGEING_NS, 0, GroupPolicy.DEFAULT);
    private static final int NEVER_FORWARDED = 7; // BR_GROUPFWD_RESTRICTED, net/bridge/br_private.h

    public BridgePolicy {
        if ((groupForwardMask & ~0xffff | groupForwardMask & NEVER_FORWARDED) != 0) {
            throw new IllegalArgumentException(
                    "group-forward-mask must be 0-65535 without bits 0, 1, 2: group-forward-mask="
                            + groupForwardMask);
        }
    }

    public BridgePolicy withVlanFiltering(boolean isOn) {
        return new BridgePolicy(isOn, ageingNs, groupForwardMask, groups);
    }
}
