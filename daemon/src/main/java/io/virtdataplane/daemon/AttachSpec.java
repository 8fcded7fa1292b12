package io.virtdataplane.daemon;

import io.virtdataplane.daemon.api.AttachRequest;
import io.virtdataplane.daemon.manifest.MasqueradeNic;
import io.virtdataplane.daemon.manifest.VirtualMachineManifest;
import io.virtdataplane.nat.UnlistedPolicy;
import io.virtdataplane.sys.NetDevice;
import java.util.Locale;

/**
 * An attach request, checked whole: nothing has been touched yet.
 *
 * @param guestIsTap we make the guest device; otherwise it exists
 */
record AttachSpec(
        String machine,
        MasqueradeNic nic,
        String netns,
        boolean guestIsTap,
        String guestDevice,
        String uplink,
        String resolvConf,
        UnlistedPolicy unlistedPolicy,
        boolean dropReservedPorts,
        int sessionLimit) {
    private static final int DEFAULT_SESSIONS = 65_536;
    private static final int MAX_SESSIONS = 4_194_304;

    static AttachSpec of(AttachRequest request) {
        MasqueradeNic nic = VirtualMachineManifest.parse(request.getManifest());
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
        int sessions =
                request.getSessionLimit() == 0 ? DEFAULT_SESSIONS : request.getSessionLimit();
        check(
                sessions >= 16 && sessions <= MAX_SESSIONS,
                "session_limit must be 16-" + MAX_SESSIONS + ": session_limit=" + sessions);
        return new AttachSpec(
                machine,
                nic,
                request.getNetns(),
                guest.startsWith("tap:"),
                device,
                uplink,
                request.getResolvConf(),
                policy(request.getUnlistedPolicy()),
                reserved(request.getReservedPorts()),
                sessions);
    }

    String name() {
        return machine + "/" + nic.interfaceName();
    }

    String guest() {
        return (guestIsTap ? "tap:" : "dev:") + guestDevice;
    }

    String hostname() {
        return nic.hostname().isEmpty() ? machine : nic.hostname();
    }

    private static UnlistedPolicy policy(String text) {
        return switch (text) {
            case "", "pod" -> UnlistedPolicy.POD;
            case "drop" -> UnlistedPolicy.DROP;
            case "reject" -> UnlistedPolicy.REJECT;
            default ->
                    throw new IllegalArgumentException(
                            "unlisted_policy must be pod, drop or reject: unlisted_policy=" + text);
        };
    }

    private static boolean reserved(String text) {
        return switch (text) {
            case "", "drop" -> true;
            case "forward" -> false;
            default ->
                    throw new IllegalArgumentException(
                            "reserved_ports must be drop or forward: reserved_ports="
                                    + text.toLowerCase(Locale.ROOT));
        };
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
