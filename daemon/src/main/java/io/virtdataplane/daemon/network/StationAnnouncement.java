package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePort;
import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.bridge.VlanSet;
import io.virtdataplane.dataplane.SeenAddresses.Seen;
import io.virtdataplane.wire.Announcement;
import io.virtdataplane.wire.Ip;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The frames that say where a guest on a bridge is: of its MAC address, and of each address that it
 * was seen to have or was leased; in each VLAN that the guest may send in, as switches learn a
 * station for each.
 */
final class StationAnnouncement {
    /** A guest of more VLANs is announced in those where its station is known. */
    private static final int MOST_VLANS = 32;

    private final OpenPort port;
    private final long mac;

    StationAnnouncement(OpenPort port) {
        this.port = port;
        this.mac = port.spec().guard().mac();
    }

    /** What is known of the guest on the worker's thread. */
    private record Known(List<Seen> seen, int leased, Set<Integer> vlans) {}

    List<byte[]> frames() {
        Bridge bridge = port.bridge().bridge();
        Known known =
                port.ask(
                        on -> {
                            long nowNs = System.nanoTime();
                            BridgePort of = port.port();
                            return new Known(
                                    of.seen().copy(nowNs),
                                    of.leasedAddress(),
                                    vlans(bridge, nowNs));
                        });
        List<byte[]> plain = plain(known);
        PortVlans vlans = port.policy().vlans();
        if (!bridge.policy().vlanFiltering()) {
            return plain;
        }
        List<byte[]> frames = new ArrayList<>(vlans.pvid() == 0 ? List.of() : plain);
        for (int vlan : tagged(vlans, known.vlans())) {
            plain.forEach(frame -> frames.add(Announcement.tagged(frame, vlan)));
        }
        return frames;
    }

    private Set<Integer> vlans(Bridge bridge, long nowNs) {
        Set<Integer> vlans = new TreeSet<>();
        bridge.forEachStation(
                nowNs,
                (vlan, station, at, flags, ageNs) -> {
                    if (station == mac && bridge.port(at) == port.port()) {
                        vlans.add(vlan);
                    }
                });
        return vlans;
    }

    /** Beside that of untagged frames. */
    private static List<Integer> tagged(PortVlans of, Set<Integer> known) {
        List<Integer> all = new ArrayList<>();
        for (int vlan = VlanSet.FIRST; vlan <= VlanSet.LAST; vlan++) {
            if (of.members().has(vlan) && vlan != of.pvid()) {
                all.add(vlan);
            }
        }
        if (all.size() > MOST_VLANS) {
            all.retainAll(known);
        }
        return all.subList(0, Math.min(all.size(), MOST_VLANS));
    }

    private List<byte[]> plain(Known known) {
        List<byte[]> frames = new ArrayList<>();
        frames.add(Announcement.reverse(mac));
        Set<Integer> ipv4 = new TreeSet<>();
        if (known.leased() != 0) {
            ipv4.add(known.leased());
        }
        for (Seen each : known.seen()) {
            if (each.mac() != mac) {
                continue;
            }
            if (Ip.isMapped(each.high(), each.low())) {
                ipv4.add(Ip.ipv4(each.low()));
            } else {
                frames.add(Announcement.ofIpv6(mac, each.high(), each.low()));
            }
        }
        ipv4.forEach(address -> frames.add(Announcement.ofIpv4(mac, address)));
        return frames;
    }
}
