package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.attach.Closing;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.manifest.Cidr;
import io.virtdataplane.manifest.Ipv6Cidr;
import io.virtdataplane.port.CarriedGuest;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.PodAddresses;
import io.virtdataplane.port.ProgramPins;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.port.UplinkPort;
import io.virtdataplane.port.UplinkPort.Uplink;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;

/**
 * The two devices of a masquerade NIC, open in the pod's namespace, and what was found there.
 *
 * @param name of the NIC
 * @param fastPath "on", or "off" and why
 */
record NicDevices(
        String name,
        Uplink uplink,
        DescriptorPort guest,
        int guestMtu,
        String fastPath,
        KeptDescriptors.Owned taps)
        implements AutoCloseable {
    private static final int LONGEST_NAME = 15; // linux/if.h: IFNAMSIZ with its NUL

    /**
     * @param id the uplink's port is twice it, the guest's the one after
     * @param kept what of it outlives the process
     * @param seed of tables, not to be guessed
     */
    static NicDevices open(int id, MasqueradeSpec spec, DataPath path, KeptNics kept, long seed) {
        ProgramPins pins = ProgramPins.open(kept.pins(spec));
        try {
            return open(id, spec, path, kept.taps(spec.name()), pins, pins.seed(seed));
        } catch (RuntimeException e) {
            kept.taps(spec.name()).abandon();
            pins.close();
            throw e;
        }
    }

    private static NicDevices open(
            int id,
            MasqueradeSpec spec,
            DataPath path,
            KeptDescriptors.Owned taps,
            ProgramPins pins,
            long seed) {
        GuestDevice device = spec.guest().device();
        String fastPath = path.fastPath(device);
        if (!fastPath.equals(DataPath.ON)) {
            return open(id, spec, path.hooks(), null, fastPath, taps, pins);
        }
        try (Netns netns = Netns.open(spec.netns())) {
            CarriedGuest carried =
                    CarriedGuest.open(
                            netns,
                            device.name(),
                            tapName(device.name()),
                            plan(spec, path, seed),
                            taps);
            try {
                return open(id, spec, path.hooks(), carried, fastPath, taps, pins);
            } catch (RuntimeException e) {
                carried.close();
                throw e;
            }
        }
    }

    private static CarriedGuest.Plan plan(MasqueradeSpec spec, DataPath path, long seed) {
        return new CarriedGuest.Plan(
                pod ->
                        new DualStack(
                                ipv4(pod, spec.nic().cidr()), ipv6(pod, spec.nic().ipv6Cidr())),
                MasqueradeNic.GATEWAY_MAC,
                path.fastSessions(spec.policy().limits().sessions()),
                seed);
    }

    private static NicDevices open(
            int id,
            MasqueradeSpec spec,
            Bpf.Mechanism hooks,
            CarriedGuest carried,
            String fastPath,
            KeptDescriptors.Owned taps,
            ProgramPins pins) {
        try (Netns netns = Netns.open(spec.netns())) {
            Uplink uplink =
                    UplinkPort.open(
                            2 * id,
                            netns,
                            spec.uplink(),
                            tapName(spec.uplink()),
                            carried,
                            hooks,
                            pins,
                            taps);
            DescriptorPort guest = null;
            try {
                GuestDevice device = spec.guest().device();
                guest =
                        carried == null
                                ? guest(2 * id + 1, netns, spec, uplink.mtu(), hooks, taps)
                                : PacketPort.openCarried(
                                        2 * id + 1, netns, carried, uplink.steering());
                int guestMtu = device.isTap() ? uplink.mtu() : mtu(netns, device.name());
                uplink.steering().keep();
                return new NicDevices(spec.name(), uplink, guest, guestMtu, fastPath, taps);
            } catch (RuntimeException e) {
                Closing.all(spec.name(), guest, uplink.port());
                throw e;
            }
        }
    }

    private static DescriptorPort guest(
            int port,
            Netns netns,
            MasqueradeSpec spec,
            int mtu,
            Bpf.Mechanism hooks,
            KeptDescriptors.Owned taps) {
        GuestDevice device = spec.guest().device();
        return device.isTap()
                ? TapPort.open(port, netns, device.name(), mtu, spec.nic().mac(), taps)
                : PacketPort.open(port, netns, device.name(), hooks);
    }

    private static String tapName(String device) {
        String name = "vdp-" + device;
        return name.length() <= LONGEST_NAME
                ? name
                : "vdp-" + Integer.toHexString(device.hashCode());
    }

    private static int mtu(Netns netns, String device) {
        return netns.call(() -> new NetDevice(device).mtu());
    }

    /** Off where the pod has none. */
    Addresses ipv4(Cidr cidr) {
        return ipv4(uplink.addresses(), cidr);
    }

    private static Addresses ipv4(PodAddresses pod, Cidr cidr) {
        return pod.hasIpv4()
                ? Addresses.ipv4(cidr.guest(), cidr.gateway(), pod.ipv4(), cidr.prefixLength())
                : Addresses.NONE;
    }

    Addresses ipv6(Ipv6Cidr cidr) {
        return ipv6(uplink.addresses(), cidr);
    }

    private static Addresses ipv6(PodAddresses pod, Ipv6Cidr cidr) {
        return pod.hasIpv6()
                ? Addresses.ipv6(
                        cidr.guest(),
                        cidr.gateway(),
                        new long[] {pod.ipv6High(), pod.ipv6Low()},
                        cidr.prefixLength())
                : Addresses.NONE;
    }

    /** The device by which the guest's TCP enters the pod's kernel; it may be there already. */
    void openMesh(MasqueradeSpec spec, DualStack addresses, long gatewayMac) {
        try (Netns pod = Netns.open(spec.netns())) {
            pod.call(
                    () -> {
                        uplink.steering().openMesh(addresses, gatewayMac, smallestMtu());
                        uplink.steering().redirectMesh(spec.mesh().kind().outward());
                        return null;
                    });
        }
    }

    /** What an earlier run may have left of it. */
    void closeMesh(String netns, long gatewayMac) {
        try (Netns pod = Netns.open(netns)) {
            pod.call(
                    () -> {
                        uplink.steering().closeMesh(gatewayMac);
                        return null;
                    });
        }
    }

    /** What the guest is told to send at most: the smaller of the two. */
    int smallestMtu() {
        return Math.min(uplink.mtu(), guestMtu);
    }

    void lookAtQueues() {
        guest.lookAtQueue();
        uplink.port().lookAtQueue();
    }

    /** What stays in the kernel for the next run stays; the rest ends. */
    void leave() {
        Closing.all(name, guest, uplink.port());
    }

    /** It is closed, and tried again: a tap of an earlier run stays the guest's. */
    void giveUp() {
        Closing.all(name, uplink.steering()::giveBack, guest, uplink.port(), taps::abandon);
    }

    @Override
    public void close() {
        Closing.all(name, uplink.steering()::giveBack, guest, uplink.port(), taps::remove);
    }
}
