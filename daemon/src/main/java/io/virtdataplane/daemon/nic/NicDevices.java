package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.attach.Closing;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.manifest.Cidr;
import io.virtdataplane.manifest.Ipv6Cidr;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.PodAddresses;
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
 */
record NicDevices(String name, Uplink uplink, DescriptorPort guest, int guestMtu)
        implements AutoCloseable {
    private static final int LONGEST_NAME = 15; // linux/if.h: IFNAMSIZ with its NUL

    /**
     * @param id the uplink's port is twice it, the guest's the one after
     */
    static NicDevices open(int id, MasqueradeSpec spec, Bpf.Mechanism hooks) {
        try (Netns netns = Netns.open(spec.netns())) {
            String tap = tapName(spec.uplink());
            Uplink uplink = UplinkPort.open(2 * id, netns, spec.uplink(), tap, hooks);
            DescriptorPort guest = null;
            try {
                GuestDevice device = spec.guest().device();
                guest = guest(2 * id + 1, netns, spec, uplink.mtu(), hooks);
                int guestMtu = device.isTap() ? uplink.mtu() : mtu(netns, device.name());
                return new NicDevices(spec.name(), uplink, guest, guestMtu);
            } catch (RuntimeException e) {
                Closing.all(spec.name(), guest, uplink.port());
                throw e;
            }
        }
    }

    private static DescriptorPort guest(
            int port, Netns netns, MasqueradeSpec spec, int mtu, Bpf.Mechanism hooks) {
        GuestDevice device = spec.guest().device();
        return device.isTap()
                ? TapPort.open(port, netns, device.name(), mtu, spec.nic().mac())
                : PacketPort.open(port, netns, device.name(), hooks);
    }

    private static String tapName(String uplink) {
        String name = "vdp-" + uplink;
        return name.length() <= LONGEST_NAME
                ? name
                : "vdp-" + Integer.toHexString(uplink.hashCode());
    }

    private static int mtu(Netns netns, String device) {
        return netns.call(() -> new NetDevice(device).mtu());
    }

    /** Off where the pod has none. */
    Addresses ipv4(Cidr cidr) {
        PodAddresses pod = uplink.addresses();
        return pod.hasIpv4()
                ? Addresses.ipv4(cidr.guest(), cidr.gateway(), pod.ipv4(), cidr.prefixLength())
                : Addresses.NONE;
    }

    Addresses ipv6(Ipv6Cidr cidr) {
        PodAddresses pod = uplink.addresses();
        return pod.hasIpv6()
                ? Addresses.ipv6(
                        cidr.guest(),
                        cidr.gateway(),
                        new long[] {pod.ipv6High(), pod.ipv6Low()},
                        cidr.prefixLength())
                : Addresses.NONE;
    }

    /** What the guest is told to send at most: the smaller of the two. */
    int smallestMtu() {
        return Math.min(uplink.mtu(), guestMtu);
    }

    @Override
    public void close() {
        Closing.all(name, guest, uplink.port());
    }
}
