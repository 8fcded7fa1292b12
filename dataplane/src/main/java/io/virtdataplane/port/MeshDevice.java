package io.virtdataplane.port;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.Links;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Tun;
import io.virtdataplane.wire.Ip;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The device by which a guest's TCP enters the pod's kernel, so that a service mesh's own rules
 * take it: with the name, the addresses and the MAC address that the guest's gateway has under
 * KubeVirt. What the kernel sends there is redirected by its program (mesh.h), so nobody reads this
 * tap. It forwards what no rule has taken, by settings that are its own and go with it.
 */
final class MeshDevice {
    private static final String PREFIX = "k6t-";
    private static final int LONGEST_NAME = 15; // linux/if.h: IFNAMSIZ with its NUL
    private static final String SETTING = "/proc/sys/net/%s/conf/%s/%s";

    private MeshDevice() {}

    /** "k6t-eth0", of "eth0". */
    static String name(String uplink) {
        String name = PREFIX + uplink;
        if (name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException(
                    "mesh needs an uplink whose name has at most 11 characters, for the gateway's device: uplink="
                            + uplink);
        }
        return name;
    }

    /**
     * In the pod's namespace. An earlier run's is taken as it is.
     *
     * @param gatewayMac the device's
     */
    static Fd open(String name, DualStack addresses, long gatewayMac, int mtu) {
        Fd tap = Tun.takeTap(name);
        try {
            NetDevice device = new NetDevice(name);
            if (device.mac() != gatewayMac) {
                device.mac(gatewayMac);
            }
            device.mtu(mtu);
            set("ipv4", name, "forwarding");
            set("ipv6", name, "force_forwarding"); // Linux 6.17
            device.upWithoutNeighbors();
            give(name, addresses.ipv4());
            give(name, addresses.ipv6());
            return tap;
        } catch (RuntimeException e) {
            tap.close();
            throw e;
        }
    }

    private static void set(String family, String name, String setting) {
        try {
            Files.writeString(Path.of(SETTING.formatted(family, name, setting)), "1");
        } catch (IOException e) {
            // A kernel without it, or a read-only /proc: what no rule takes goes nowhere.
        }
    }

    private static void give(String name, Addresses family) {
        if (family.isOn()) {
            ByteBuffer address = ByteBuffer.allocate(2 * Long.BYTES);
            address.putLong(family.gatewayHigh()).putLong(family.gatewayLow());
            boolean ipv4 = Ip.isMapped(family.gatewayHigh(), family.gatewayLow());
            byte[] bytes = Arrays.copyOfRange(address.array(), ipv4 ? 12 : 0, address.capacity());
            Links.addAddress(name, bytes, family.prefixLength());
        }
    }

    /** One that an earlier run has left, and that this one has no use for, goes. */
    static void remove(String uplink, long gatewayMac) {
        if (uplink.length() > LONGEST_NAME - PREFIX.length()) {
            return; // it has none
        }
        NetDevice device = new NetDevice(name(uplink));
        if (!device.exists() || device.mac() != gatewayMac) {
            return;
        }
        try (Fd tap = Tun.takeTap(device.name())) {
            Tun.persist(tap, false);
        } catch (IllegalArgumentException e) {
            // Somebody else's: a bridge, or a tap that is in use.
        }
    }
}
