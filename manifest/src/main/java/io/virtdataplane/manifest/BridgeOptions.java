package io.virtdataplane.manifest;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A bridge's options, merged into those it has: what is not given stays. STP's are checked and not
 * held, because without STP they do nothing.
 *
 * @param macAgeingSeconds 0: nothing is learned
 * @param groupForwardMask which of 01:80:c2:00:00:00 to :0f are forwarded
 * @param hashMax multicast groups that are noted at most
 */
public record BridgeOptions(
        OptionalLong macAgeingSeconds,
        OptionalInt groupForwardMask,
        OptionalLong groupAddress,
        Optional<Boolean> multicastSnooping,
        OptionalLong hashMax) {
    private static final long MOST = 0xffff_ffffL;
    private static final long LINK_LOCAL_GROUP = 0x0180_c200_0000L; // 802.1Q 8.6.3
    private static final String ALIAS = "group-fwd-mask"; // nmstate takes both
    private static final int NOT_FORWARDED = 0x7; // STP, pause and LACP, whatever the mask

    static BridgeOptions read(Fields options, boolean isWanted) {
        options.check(NodeNetworkPolicyFields.OPTIONS);
        checkStp(options.object("stp"), isWanted);
        String protocol = options.text("vlan-protocol", "802.1q");
        if (!protocol.equals("802.1q")) {
            throw options.error(
                    "vlan-protocol", "must be 802.1q: other tags are not supported", protocol);
        }
        long untagged = options.number("vlan-default-pvid", 1);
        if (untagged != 1 && isWanted) {
            throw options.error(
                    "vlan-default-pvid",
                    "must be 1: give a port another native VLAN by its tag and enable-native",
                    untagged);
        }
        return new BridgeOptions(
                options.whole("mac-ageing-time", 0, MOST),
                groupForwardMask(options),
                groupAddress(options),
                options.flag("multicast-snooping"),
                options.whole("hash-max", 1, MOST));
    }

    private static void checkStp(Fields stp, boolean isWanted) {
        stp.check(NodeNetworkPolicyFields.STP);
        // the kernel's ranges, in seconds
        stp.whole("forward-delay", 2, 30);
        stp.whole("hello-time", 1, 10);
        stp.whole("max-age", 6, 40);
        stp.whole("priority", 0, 65_535);
        if (stp.flag("enabled").orElse(false) && isWanted) {
            throw stp.error(
                    "enabled",
                    "must be false: STP is not supported (keep the network behind the bridge free of loops)",
                    true);
        }
    }

    private static OptionalInt groupForwardMask(Fields options) {
        String name = options.isGiven("group-forward-mask") ? "group-forward-mask" : ALIAS;
        OptionalLong mask = options.whole(name, 0, 65_535);
        if (mask.isEmpty()) {
            return OptionalInt.empty();
        }
        if ((mask.getAsLong() & NOT_FORWARDED) != 0) {
            throw options.error(
                    name,
                    "must have bits 0 to 2 clear: STP, pause and LACP frames are never forwarded",
                    mask.getAsLong());
        }
        return OptionalInt.of((int) mask.getAsLong());
    }

    private static OptionalLong groupAddress(Fields options) {
        OptionalLong group = options.mac("group-addr");
        if (group.isPresent()) {
            long last = group.getAsLong() - LINK_LOCAL_GROUP;
            if (last < 0 || last > 15 || last >= 1 && last <= 3) {
                throw options.error(
                        "group-addr",
                        "must be 01:80:c2:00:00:00 or 01:80:c2:00:00:04 to :0f",
                        options.text("group-addr", ""));
            }
        }
        return group;
    }
}
