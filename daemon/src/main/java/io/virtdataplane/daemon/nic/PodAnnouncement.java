package io.virtdataplane.daemon.nic;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.PacketSocket;
import io.virtdataplane.wire.Announcement;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells the network behind a pod's uplink that the pod's addresses are here now: where they have
 * moved with the guest, the neighbours there still have the old pod's MAC address.
 */
final class PodAnnouncement {
    private PodAnnouncement() {}

    static void send(MasqueradeSpec spec, Addresses ipv4, Addresses ipv6) {
        try (Netns netns = Netns.open(spec.netns())) {
            netns.call(
                    () -> {
                        NetDevice uplink = new NetDevice(spec.uplink());
                        PacketSocket.send(uplink, frames(uplink.mac(), ipv4, ipv6));
                        return null;
                    });
        }
    }

    private static List<byte[]> frames(long mac, Addresses ipv4, Addresses ipv6) {
        List<byte[]> frames = new ArrayList<>();
        frames.add(Announcement.reverse(mac));
        if (ipv4.isOn()) {
            frames.add(Announcement.ofIpv4(mac, ipv4.pod4()));
        }
        if (ipv6.isOn()) {
            frames.add(Announcement.ofIpv6(mac, ipv6.podHigh(), ipv6.podLow()));
        }
        return frames;
    }
}
