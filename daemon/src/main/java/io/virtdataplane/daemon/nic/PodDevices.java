package io.virtdataplane.daemon.nic;

import io.virtdataplane.port.PodAddresses;
import io.virtdataplane.port.UplinkPort;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;

/**
 * What the devices of a masquerade NIC are in the kernel: a device that was deleted and made anew
 * has another number.
 *
 * @param guestIndex 0 where it is missing, or where we have made it: then it may be moved away
 */
record PodDevices(
        int uplinkIndex, PodAddresses addresses, int uplinkMtu, int guestIndex, int guestMtu) {
    private static final PodAddresses NONE = new PodAddresses(0, 0, 0, 0, 0);

    static PodDevices look(MasqueradeSpec spec) {
        try (Netns netns = Netns.open(spec.netns())) {
            return look(netns, spec);
        }
    }

    static PodDevices look(Netns netns, MasqueradeSpec spec) {
        return netns.call(
                () -> {
                    NetDevice uplink = new NetDevice(spec.uplink());
                    NetDevice guest = new NetDevice(spec.guest().device().name());
                    boolean isThere = uplink.exists();
                    int guestIndex = spec.guest().device().isTap() ? 0 : guest.index();
                    return new PodDevices(
                            uplink.index(),
                            isThere ? UplinkPort.addresses(uplink) : NONE,
                            isThere ? uplink.mtu() : 0,
                            guestIndex,
                            guestIndex == 0 ? 0 : guest.mtu());
                });
    }

    /** In words; empty: nothing. */
    String differenceTo(PodDevices now) {
        if (uplinkIndex != now.uplinkIndex) {
            return now.uplinkIndex == 0 ? "the uplink has gone" : "the uplink was made anew";
        }
        if (guestIndex != now.guestIndex) {
            return now.guestIndex == 0
                    ? "the guest's device has gone"
                    : "the guest's device was made anew";
        }
        if (!addresses.equals(now.addresses)) {
            return "the pod has other addresses";
        }
        if (uplinkMtu != now.uplinkMtu) {
            return "the uplink has another MTU: mtu=" + now.uplinkMtu;
        }
        return guestMtu == now.guestMtu
                ? ""
                : "the guest's device has another MTU: mtu=" + now.guestMtu;
    }

    /** A device is another one, and no setting of it: that does not go back by itself. */
    boolean hasOtherDevices(PodDevices now) {
        return uplinkIndex != now.uplinkIndex || guestIndex != now.guestIndex;
    }
}
