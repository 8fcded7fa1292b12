package io.virtdataplane.daemon;

import io.virtdataplane.daemon.api.Lease;
import io.virtdataplane.daemon.api.Nic;
import io.virtdataplane.daemon.api.Session;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.nat.SessionView;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Copies what a worker knows of a NIC into the messages of the API. */
final class NicViews {
    private record Live(
            io.virtdataplane.dataplane.Counters counters,
            long mac,
            int sessions,
            int waitingFragments,
            io.virtdataplane.dhcp.Lease lease,
            long lease6Holder,
            long lease6Age) {}

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
                                                attached.nat().waitingFragments(),
                                                attached.responders().lease(System.nanoTime()),
                                                attached.responders().lease6Holder(),
                                                attached.responders()
                                                        .lease6Age(System.nanoTime())));
        AttachSpec spec = attached.spec();
        Nic.Builder view =
                Nic.newBuilder()
                        .setName(spec.name())
                        .setMachine(spec.machine())
                        .setInterface(spec.nic().interfaceName())
                        .setNetns(spec.netns())
                        .setGuest(spec.guest())
                        .setUplink(spec.uplink())
                        .setGatewayMac(AddressText.mac(AttachedNic.GATEWAY_MAC))
                        .setGuestMac(live.mac() == 0 ? "" : AddressText.mac(live.mac()))
                        .setMtu(attached.uplink().mtu())
                        .setGuestMtu(attached.guestMtu())
                        .addAllPorts(spec.policy().ports().open().text())
                        .setNat(NatSettingsReader.settings(spec.policy()))
                        .setSessions(live.sessions())
                        .setWaitingFragments(live.waitingFragments())
                        .setLease(lease(live.lease()))
                        .setCounters(CounterViews.counters(live.counters()))
                        .setWorker(attached.worker().number())
                        .setPoller(attached.worker().pollerKind())
                        .setAttachedUnixMs(attached.attachedMs());
        addresses(view, attached);
        if (live.lease6Holder() != 0) {
            view.setLease6(
                    Lease.newBuilder()
                            .setAddress(view.getGuestIpv6Address())
                            .setMac(AddressText.mac(live.lease6Holder()))
                            .setSeconds(attached.responders().lease6Seconds())
                            .setAgeSeconds(live.lease6Age()));
        }
        return view.build();
    }

    private static void addresses(Nic.Builder view, AttachedNic attached) {
        Addresses ipv4 = attached.ipv4Addresses();
        if (ipv4.isOn()) {
            view.setGuestAddress(AddressText.ip(ipv4.guestHigh(), ipv4.guestLow()))
                    .setPrefixLength(attached.spec().nic().cidr().prefixLength())
                    .setGatewayAddress(AddressText.ip(ipv4.gatewayHigh(), ipv4.gatewayLow()))
                    .setPodAddress(AddressText.ip(ipv4.podHigh(), ipv4.podLow()));
        }
        Addresses ipv6 = attached.ipv6Addresses();
        if (ipv6.isOn()) {
            view.setGuestIpv6Address(AddressText.ip(ipv6.guestHigh(), ipv6.guestLow()))
                    .setIpv6PrefixLength(attached.spec().nic().ipv6Cidr().prefixLength())
                    .setGatewayIpv6Address(AddressText.ip(ipv6.gatewayHigh(), ipv6.gatewayLow()))
                    .setPodIpv6Address(AddressText.ip(ipv6.podHigh(), ipv6.podLow()));
        }
    }

    /** "10.244.1.5,fd00:10:244::5", as many as the pod has families. */
    static String podAddresses(AttachedNic attached) {
        return Stream.of(attached.ipv4Addresses(), attached.ipv6Addresses())
                .filter(Addresses::isOn)
                .map(family -> AddressText.ip(family.podHigh(), family.podLow()))
                .collect(Collectors.joining(","));
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

    static List<Session> sessions(AttachedNic attached, int limit) {
        List<SessionView> views =
                attached.worker().ask(on -> attached.nat().list(limit, System.nanoTime()));
        return views.stream().map(view -> session(view, attached)).toList();
    }

    private static Session session(SessionView view, AttachedNic attached) {
        SessionView.Endpoints ends = view.endpoints();
        SessionView.Remote remote = ends.remote();
        boolean ipv4 = Ip.isMapped(remote.high(), remote.low());
        Addresses own = ipv4 ? attached.ipv4Addresses() : attached.ipv6Addresses();
        return Session.newBuilder()
                .setNic(attached.spec().name())
                .setProtocol(Protocols.name(view.protocol()))
                .setInside(endpoint(own.guestHigh(), own.guestLow(), ends.insidePort()))
                .setOutside(endpoint(own.podHigh(), own.podLow(), ends.outsidePort()))
                .setRemote(endpoint(remote.high(), remote.low(), remote.port()))
                .setDirection(view.inbound() ? "in" : "out")
                .setState(view.state())
                .setIdleSeconds(view.use().idleSeconds())
                .setAgeSeconds(view.use().ageSeconds())
                .setFramesOut(view.use().framesOut())
                .setFramesIn(view.use().framesIn())
                .build();
    }

    /** Without a port where there is none. */
    private static String endpoint(long high, long low, int port) {
        return PacketFields.endpoint(high, low, port == 0 ? -1 : port);
    }
}
