package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.dhcp.Scope;
import io.virtdataplane.manifest.MasqueradeInterface;

/**
 * The guest of a masquerade NIC.
 *
 * @param pinned it may send only from the MAC address of its manifest
 * @param advertises router advertisements are sent to it
 * @param leaseSeconds of both DHCPs
 */
record GuestSide(GuestDevice device, boolean pinned, boolean advertises, long leaseSeconds) {
    private static final long SHORTEST_LEASE = 60;
    private static final long LONGEST_LEASE = 0x7fff_ffffL; // DHCPv6's T1 and T2 are of its size

    static GuestSide of(AttachRequest request, MasqueradeInterface nic) {
        return new GuestSide(
                GuestDevice.parse(request.getGuest()),
                pinned(request.getSpoofGuard(), nic),
                advertises(request.getRouterAdvertisements()),
                lease(request.getLeaseSeconds()));
    }

    /** Its IP addresses are checked in any case. */
    private static boolean pinned(String spoofGuard, MasqueradeInterface nic) {
        if (!spoofGuard.isEmpty() && !spoofGuard.equals("off") && !spoofGuard.equals("mac")) {
            throw new IllegalArgumentException(
                    "spoof_guard must be off or mac on a masquerade NIC: spoof_guard="
                            + spoofGuard);
        }
        boolean pinned = spoofGuard.equals("mac");
        if (pinned && nic.mac() == 0) {
            throw new IllegalArgumentException(
                    "spoof_guard may be mac where the interface has a macAddress in the manifest: interface="
                            + nic.interfaceName());
        }
        return pinned;
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
