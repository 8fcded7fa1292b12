package io.virtdataplane.daemon;

import io.virtdataplane.daemon.api.Counters;
import io.virtdataplane.daemon.api.Lease;
import io.virtdataplane.daemon.api.Nic;
import io.virtdataplane.daemon.api.Session;
import io.virtdataplane.daemon.api.VerdictCount;
import io.virtdataplane.daemon.manifest.PortSpec;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.nat.SessionView;
import io.virtdataplane.wire.AddressText;
import java.util.List;
import java.util.Locale;

/** Copies what a worker knows of a NIC into the messages of the API. */
final class NicViews {
    private record Live(
            io.virtdataplane.dataplane.Counters counters,
            long mac,
            int sessions,
            io.virtdataplane.dhcp.Lease lease) {}

    private NicViews() {}

    static Nic nic(AttachedNic attached) {
        Live live =
                attached.worker()
                        .ask(
                                on ->
                                        new Live(
                                                attached.nic().counters.copy(),
                                                attached.nic().guestMac,
                                                attached.nat().sessionCount(),
                                                attached.responders().lease(System.nanoTime())));
        AttachSpec spec = attached.spec();
        return Nic.newBuilder()
                .setName(spec.name())
                .setMachine(spec.machine())
                .setInterface(spec.nic().interfaceName())
                .setNetns(spec.netns())
                .setGuest(spec.guest())
                .setUplink(spec.uplink())
                .setGuestAddress(AddressText.ipv4(spec.nic().cidr().guest()))
                .setPrefixLength(spec.nic().cidr().prefixLength())
                .setGatewayAddress(AddressText.ipv4(spec.nic().cidr().gateway()))
                .setGatewayMac(AddressText.mac(AttachedNic.GATEWAY_MAC))
                .setPodAddress(AddressText.ipv4(attached.uplink().address()))
                .setGuestMac(live.mac() == 0 ? "" : AddressText.mac(live.mac()))
                .setMtu(attached.uplink().mtu())
                .addAllPorts(spec.nic().ports().stream().map(PortSpec::text).toList())
                .setUnlistedPolicy(spec.unlistedPolicy().name().toLowerCase(Locale.ROOT))
                .setReservedPorts(spec.dropReservedPorts() ? "drop" : "forward")
                .setSessionLimit(spec.sessionLimit())
                .setSessions(live.sessions())
                .setLease(lease(live.lease()))
                .setCounters(counters(live.counters()))
                .setWorker(attached.worker().number())
                .setPoller(attached.worker().pollerKind())
                .setAttachedUnixMs(attached.attachedMs())
                .build();
    }

    private static Lease lease(io.virtdataplane.dhcp.Lease lease) {
        if (lease.mac() == 0) {
            return Lease.getDefaultInstance();
        }
        return Lease.newBuilder()
                .setAddress(AddressText.ipv4(lease.address()))
                .setMac(AddressText.mac(lease.mac()))
                .setSeconds(lease.seconds())
                .setAgeSeconds(lease.ageSeconds())
                .build();
    }

    private static Counters counters(io.virtdataplane.dataplane.Counters from) {
        Counters.Builder to =
                Counters.newBuilder()
                        .setGuestFrames(from.guestFrames)
                        .setGuestBytes(from.guestBytes)
                        .setUplinkFrames(from.uplinkFrames)
                        .setUplinkBytes(from.uplinkBytes)
                        .setToGuestFrames(from.toGuestFrames)
                        .setToGuestBytes(from.toGuestBytes)
                        .setToUplinkFrames(from.toUplinkFrames)
                        .setToUplinkBytes(from.toUplinkBytes)
                        .setGsoFrames(from.gsoFrames)
                        .setOriginated(from.originated);
        for (Verdict verdict : Verdict.values()) {
            long frames = from.frames(verdict);
            if (frames > 0) {
                to.addVerdicts(
                        VerdictCount.newBuilder()
                                .setVerdict(verdict.label())
                                .setFrames(frames)
                                .setMeaning(verdict.words())
                                .setDrop(verdict.isDrop()));
            }
        }
        return to.build();
    }

    static List<Session> sessions(AttachedNic attached, int limit) {
        List<SessionView> views =
                attached.worker().ask(on -> attached.nat().list(limit, System.nanoTime()));
        AttachSpec spec = attached.spec();
        return views.stream()
                .map(view -> session(view, spec, attached.uplink().address()))
                .toList();
    }

    private static Session session(SessionView view, AttachSpec spec, int podAddress) {
        String protocol =
                switch (view.protocol()) {
                    case 6 -> "TCP";
                    case 17 -> "UDP";
                    case 1 -> "ICMP";
                    default -> Integer.toString(view.protocol());
                };
        return Session.newBuilder()
                .setNic(spec.name())
                .setProtocol(protocol)
                .setInside(AddressText.ipv4(spec.nic().cidr().guest()) + ":" + view.insidePort())
                .setOutside(AddressText.ipv4(podAddress) + ":" + view.outsidePort())
                .setRemote(
                        AddressText.ipv4(view.remoteAddress())
                                + (view.protocol() == 1 ? "" : ":" + view.remotePort()))
                .setDirection(view.inbound() ? "in" : "out")
                .setState(view.state())
                .setIdleSeconds(view.idleSeconds())
                .setAgeSeconds(view.ageSeconds())
                .setFramesOut(view.framesOut())
                .setFramesIn(view.framesIn())
                .build();
    }
}
