package io.virtdataplane.daemon.control;

import io.virtdataplane.api.Bridge;
import io.virtdataplane.api.BridgePort;
import io.virtdataplane.api.GroupMember;
import io.virtdataplane.api.Lease;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.Station;
import io.virtdataplane.api.VlanCounters;
import io.virtdataplane.bridge.Fdb;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortFlag;
import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.bridge.VlanSet;
import io.virtdataplane.daemon.network.BridgeSettings;
import io.virtdataplane.daemon.network.OpenBridge;
import io.virtdataplane.daemon.network.OpenPort;
import io.virtdataplane.daemon.network.PortSpec;
import io.virtdataplane.dataplane.Counters;
import io.virtdataplane.dataplane.SeenAddresses.Seen;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Copies what a worker knows of bridges into the messages of the API. */
final class BridgeViews {
    private static final long SECOND_NS = 1_000_000_000L;

    private record Live(
            Counters counters, int learned, long withheld, long unlearned, int leased) {}

    private BridgeViews() {}

    static Bridge bridge(OpenBridge open) {
        BridgeSettings settings = open.settings();
        Bridge.Builder view =
                Bridge.newBuilder()
                        .setName(open.name())
                        .setDescription(settings.description())
                        .setVlanFiltering(settings.policy().vlanFiltering())
                        .setAgeingSeconds(settings.policy().ageingNs() / SECOND_NS)
                        .setGroupForwardMask(settings.policy().groupForwardMask())
                        .setMulticastSnooping(settings.policy().groups().snooping())
                        .setMtu(open.ports().stream().mapToInt(OpenPort::mtu).min().orElse(1500))
                        .setStations(open.worker().ask(on -> open.bridge().stations()))
                        .setWorker(open.worker().number());
        open.ports().forEach(port -> view.addPorts(port(port)));
        return view.addAllVlans(vlans(open)).build();
    }

    static BridgePort port(OpenPort open) {
        PortSpec spec = open.spec();
        PortVlans vlans = open.policy().vlans();
        VlanSet tagged = vlans.members();
        for (int vlan = VlanSet.FIRST; vlan <= VlanSet.LAST; vlan++) {
            if (vlans.untagged().has(vlan)) {
                tagged = tagged.without(vlan);
            }
        }
        Live live = live(open);
        return BridgePort.newBuilder()
                .setName(spec.name())
                .setBridge(open.bridge().name())
                .setKind(spec.isHostPort() ? "host" : spec.isUplink() ? "uplink" : "guest")
                .setDevice((spec.isTap() ? "tap:" : "dev:") + spec.device())
                .setNetns(spec.netns())
                .setPvid(vlans.pvid())
                .setUntagged(vlans.untagged().describe())
                .setTagged(tagged.describe())
                .setSpoofGuard(guard(spec.guard()))
                .setMac(spec.guard().mac() == 0 ? "" : AddressText.mac(spec.guard().mac()))
                .setIsolated(open.policy().has(PortFlag.ISOLATED))
                .setHairpin(open.policy().has(PortFlag.HAIRPIN))
                .setMtu(open.mtu())
                .setLearned(live.learned())
                .setWithheld(live.withheld())
                .setUnlearned(live.unlearned())
                .setCounters(CounterViews.counters(live.counters()))
                .setNetwork(spec.network())
                .setLeasedAddress(live.leased() == 0 ? "" : AddressText.ipv4(live.leased()))
                .setAttachedUnixMs(open.attachedMs())
                .setFastPath(open.fastPath())
                .build();
    }

    private static Live live(OpenPort open) {
        open.lookAtQueues();
        return open.ask(
                on ->
                        new Live(
                                open.port().counters().copy(),
                                open.bridge().bridge().learned(open.port()),
                                open.port().withheld(),
                                open.port().unlearned(),
                                open.port().leasedAddress()));
    }

    private static String guard(GuardPolicy guard) {
        return switch (guard.level()) {
            case OFF -> "off";
            case SOURCE_MAC -> "mac";
            case STRICT -> "strict";
        };
    }

    /** A guest's NIC, as the masquerade ones are shown. */
    static Nic nic(OpenPort open, io.virtdataplane.dhcp.Lease lease) {
        PortSpec spec = open.spec();
        BridgePort port = port(open);
        int slash = spec.name().indexOf('/');
        Nic.Builder view = Nic.newBuilder();
        if (lease.address() != 0) {
            view.setGuestAddress(AddressText.ipv4(lease.address()))
                    .setPrefixLength(lease.prefixLength())
                    .setLease(
                            Lease.newBuilder()
                                    .setAddress(AddressText.ipv4(lease.address()))
                                    .setMac(AddressText.mac(lease.mac()))
                                    .setSeconds(lease.seconds())
                                    .setAgeSeconds(lease.ageSeconds()));
        } else {
            view.setGuestAddress(port.getLeasedAddress());
        }
        view.setName(spec.name())
                .setMachine(spec.name().substring(0, slash))
                .setInterface(spec.name().substring(slash + 1))
                .setNetns(spec.netns())
                .setGuest(port.getDevice())
                .setGuestMac(port.getMac())
                .setSpoofGuard(port.getSpoofGuard())
                .setFastPath(port.getFastPath())
                .setMtu(port.getMtu())
                .setGuestMtu(port.getMtu())
                .setCounters(port.getCounters())
                .setWorker(open.worker().number())
                .setPoller(open.worker().pollerKind())
                .setAttachedUnixMs(open.attachedMs())
                .setBridge(open.bridge().name())
                .setNetwork(spec.network());
        AddressViews.add(view, seen(open), System.currentTimeMillis());
        return view.build();
    }

    private static List<Seen> seen(OpenPort open) {
        return open.ask(on -> open.port().seen().copy(System.nanoTime()));
    }

    private static List<VlanCounters> vlans(OpenBridge open) {
        return open.worker()
                .ask(
                        on -> {
                            List<VlanCounters> counters = new ArrayList<>();
                            var from = open.bridge().vlanCounters();
                            for (int vlan = 0; vlan <= VlanSet.LAST; vlan++) {
                                if (from.frames(vlan) > 0) {
                                    counters.add(
                                            VlanCounters.newBuilder()
                                                    .setVlan(vlan)
                                                    .setFrames(from.frames(vlan))
                                                    .setBytes(from.bytes(vlan))
                                                    .build());
                                }
                            }
                            return counters;
                        });
    }

    /** The bridge's stations in order; all of them. */
    static List<Station> stations(OpenBridge open) {
        List<Station> stations =
                open.worker()
                        .ask(
                                on -> {
                                    List<Station> copied = new ArrayList<>();
                                    long nowNs = System.nanoTime();
                                    open.bridge()
                                            .forEachStation(
                                                    nowNs,
                                                    (vlan, mac, port, flags, ageNs) ->
                                                            copied.add(
                                                                    station(
                                                                            open, vlan, mac, port,
                                                                            flags, ageNs)));
                                    return copied;
                                });
        stations.sort(Comparator.comparingInt(Station::getVlan).thenComparing(Station::getMac));
        return stations;
    }

    /** Who has joined which group, in order. */
    static List<GroupMember> groups(OpenBridge open) {
        List<GroupMember> members = new ArrayList<>();
        long nowNs = System.nanoTime();
        open.worker()
                .ask(
                        on -> {
                            open.bridge()
                                    .forEachMember(
                                            nowNs,
                                            (vlan, high, low, router, port, expiresInNs) ->
                                                    members.add(
                                                            GroupMember.newBuilder()
                                                                    .setBridge(open.name())
                                                                    .setVlan(vlan)
                                                                    .setGroup(
                                                                            group(
                                                                                    high, low,
                                                                                    router))
                                                                    .setPort(
                                                                            open.bridge()
                                                                                    .port(port)
                                                                                    .name())
                                                                    .setKind(
                                                                            router
                                                                                    ? "router"
                                                                                    : "member")
                                                                    .setExpiresSeconds(
                                                                            expiresInNs / SECOND_NS)
                                                                    .build()));
                            return null;
                        });
        members.sort(
                Comparator.comparingInt(GroupMember::getVlan)
                        .thenComparing(GroupMember::getGroup)
                        .thenComparing(GroupMember::getPort));
        return members;
    }

    /** Of a router, all groups of its family. */
    private static String group(long high, long low, boolean router) {
        if (router) {
            return low == 4 ? "224.0.0.0/4" : "ff00::/8";
        }
        return AddressText.ip(high, low);
    }

    private static Station station(
            OpenBridge open, int vlan, long mac, int port, int flags, long ageNs) {
        return Station.newBuilder()
                .setBridge(open.name())
                .setVlan(vlan)
                .setMac(AddressText.mac(mac))
                .setPort(open.bridge().port(port).name())
                .setState(
                        (flags & Fdb.STICKY) != 0
                                ? "sticky"
                                : (flags & Fdb.STATIC) != 0 ? "static" : "dynamic")
                .setAgeSeconds(ageNs / SECOND_NS)
                .build();
    }
}
