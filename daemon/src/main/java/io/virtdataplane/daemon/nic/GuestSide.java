package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.dhcp.Scope;

/**
 * The guest of a masquerade NIC.
 *
 * @param advertises router advertisements are sent to it
 * @param leaseSeconds of both DHCPs
 */
record GuestSide(GuestDevice device, boolean advertises, long leaseSeconds) {
    private static final long SHORTEST_LEASE = 60;
    private static final long LONGEST_LEASE = 0x7fff_ffffL; // DHCPv6's T1 and T2 are of its size

    static GuestSide of(AttachRequest request) {
        return new GuestSide(
                GuestDevice.parse(request.getGuest()),
                advertises(request.getRouterAdvertisements()),
                lease(request.getLeaseSeconds()));
    }

    private static long lease(long seconds) {
        if (seconds != 0 && (seconds < SHORTEST_LEASE || seconds > LONGEST_LEASE)) {
            throw new IllegalArgumentException(
                    "lease_seconds must be "
                            + SHORTEST_LEASE
                            + "-"
                            + LONGEST_LEASE
                            + ": lease_seconds="
                            + seconds);
        }
        return seconds == 0 ? Scope.DEFAULT_LEASE_SECONDS : seconds;
    }

    private static boolean advertises(String text) {
        if (!text.isEmpty() && !text.equals("on") && !text.equals("off")) {
            throw new IllegalArgumentException(
                    "router_advertisements must be on or off: router_advertisements=" + text);
        }
        return !text.equals("off");
    }
}
