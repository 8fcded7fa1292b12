package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.dhcp.Scope;
import io.virtdataplane.manifest.MasqueradeInterface;
import io.virtdataplane.manifest.VirtualMachineManifest;
import io.virtdataplane.nat.NatPolicy;
import io.virtdataplane.sys.NetDevice;

/**
 * An attach request, checked whole: nothing has been touched yet.
 *
 * @param guestIsTap we make the guest device; otherwise it exists
 * @param advertises router advertisements are sent to the guest
 * @param leaseSeconds of both DHCPs
 * @param request what it was made of
 */
public record MasqueradeSpec(
        String machine,
        MasqueradeInterface nic,
        String netns,
        boolean guestIsTap,
        String guestDevice,
        String uplink,
        String resolvConf,
        NatPolicy policy,
        boolean advertises,
        long leaseSeconds,
        AttachRequest request) {
    private static final long SHORTEST_LEASE = 60;
    private static final long LONGEST_LEASE = 0x7fff_ffffL; // DHCPv6's T1 and T2 are of its size

    static MasqueradeSpec of(AttachRequest request) {
        MasqueradeInterface nic = VirtualMachineManifest.parse(request.getManifest());
        String machine = nic.machine().isEmpty() ? request.getName() : nic.machine();
        check(
                machine.matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"),
                "name must be a DNS name in lower case where the manifest has no metadata.name: name="
                        + machine);
        check(
                !request.getNetns().isBlank(),
                "netns must be a name or a path: netns=" + request.getNetns());
        String guest = request.getGuest().isEmpty() ? "dev:tap0" : request.getGuest();
        check(
                guest.startsWith("tap:") || guest.startsWith("dev:"),
                "guest must be tap:NAME or dev:NAME: guest=" + guest);
        String device = NetDevice.checkName(guest.substring(4));
        String uplink =
                NetDevice.checkName(request.getUplink().isEmpty() ? "eth0" : request.getUplink());
        check(!device.equals(uplink), "guest must not be the uplink: guest=" + guest);
        return new MasqueradeSpec(
                machine,
                nic,
                request.getNetns(),
                guest.startsWith("tap:"),
                device,
                uplink,
                request.getResolvConf(),
                NatSettingsReader.policy(request.getNat(), nic.ports()),
                advertises(request.getRouterAdvertisements()),
                lease(request.getLeaseSeconds()),
                request);
    }

    public String name() {
        return machine + "/" + nic.interfaceName();
    }

    public String guest() {
        return (guestIsTap ? "tap:" : "dev:") + guestDevice;
    }

    String hostname() {
        return nic.hostname().isEmpty() ? machine : nic.hostname();
    }

    private static long lease(long seconds) {
        check(
                seconds == 0 || seconds >= SHORTEST_LEASE && seconds <= LONGEST_LEASE,
                "lease_seconds must be "
                        + SHORTEST_LEASE
                        + "-"
                        + LONGEST_LEASE
                        + ": lease_seconds="
                        + seconds);
        return seconds == 0 ? Scope.DEFAULT_LEASE_SECONDS : seconds;
    }

    private static boolean advertises(String text) {
        check(
                text.isEmpty() || text.equals("on") || text.equals("off"),
                "router_advertisements must be on or off: router_advertisements=" + text);
        return !text.equals("off");
    }

    /** The same attachment with the settings that {@code changes} has set. */
    MasqueradeSpec with(NatSettings changes) {
        return of(request.toBuilder().mergeNat(changes).build());
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
