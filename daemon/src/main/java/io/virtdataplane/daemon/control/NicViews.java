package io.virtdataplane.daemon.control;

import io.virtdataplane.api.Lease;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.ListSessionsResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.RateLimits;
import io.virtdataplane.api.Session;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.attach.NicLimits;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.inspect.PacketFields;
import io.virtdataplane.daemon.network.BridgedNic;
import io.virtdataplane.daemon.network.DhcpServices;
import io.virtdataplane.daemon.nic.MasqueradeNic;
import io.virtdataplane.daemon.nic.MasqueradeSpec;
import io.virtdataplane.daemon.nic.MeshSettings;
import io.virtdataplane.daemon.nic.NatSettingsReader;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.SeenAddresses.Seen;
import io.virtdataplane.dhcp.Responders;
import io.virtdataplane.nat.Nat;
import io.virtdataplane.nat.SessionView;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Copies what a worker knows of a NIC into the messages of the API. */
public final class NicViews {
    private record Live(
            io.virtdataplane.dataplane.Counters counters,
            long mac,
            Inside inside,
            io.virtdataplane.dhcp.Lease lease,
            Lease6 lease6,
            List<Seen> seen) {}

    private record Inside(int sessions, int carried, int waitingFragments) {}

    private record Lease6(long holder, long age) {}

    private final DhcpServices dhcp;
    private final GuestAgents agents;

    /**
     * @param dhcp the servers of bridge networks
     */
    public NicViews(DhcpServices dhcp, GuestAgents agents) {
        this.dhcp = dhcp;
        this.agents = agents;
    }

    Nic nic(AttachedNic attached) {
        Nic.Builder of = ofDataPlane(attached).toBuilder();
        of.setState(attached.state().name().toLowerCase(Locale.ROOT));
        Nic view = withLimits(of.build(), attached);
        return MachineViews.withAgent(view, agents);
    }

    private static Nic withLimits(Nic view, AttachedNic attached) {
        RateLimits limits = NicLimits.of(attached.vif());
        if (limits.getAllFields().isEmpty()) {
            return view;
        }
        Nic.Builder limited = view.toBuilder().setLimits(limits);
        boolean isShaped = limits.hasEgressBandwidth() || limits.hasIngressBandwidth();
        if (isShaped && view.getFastPath().equals(DataPath.ON)) {
            limited.setFastPath("off: the NIC has a rate limit");
        }
        return limited.build();
    }

    private Nic ofDataPlane(AttachedNic attached) {
        return switch (attached) {
            case MasqueradeNic masquerade -> masquerade(masquerade);
            case BridgedNic bridged -> BridgeViews.nic(bridged.port(), dhcp.lease(bridged.port()));
            default -> throw new IllegalStateException("no view of " + attached.getClass());
        };
    }

    /** Those that have not gone meanwhile, and their machines. */
    public ListResponse list(List<AttachedNic> attached) {
        List<Nic> nics = nics(attached);
        return ListResponse.newBuilder()
                .addAllNics(nics)
                .addAllMachines(MachineViews.machines(nics, agents))
                .build();
    }

    private List<Nic> nics(List<AttachedNic> attached) {
        List<Nic> nics = new ArrayList<>();
        for (AttachedNic each : attached) {
            try {
                nics.add(nic(each));
            } catch (NotFoundException e) {
                // It was detached while the others were looked at.
            }
        }
        return nics;
    }

    private static Live live(MasqueradeNic attached) {
        Nat nat = attached.nat();
        Responders responders = attached.responders();
        attached.lookAtQueues();
        return attached.ask(
                on -> {
                    long nowNs = System.nanoTime();
                    return new Live(
                            attached.nic().counters().copy(),
                            attached.nic().guestMac,
                            new Inside(
                                    nat.sessionCount(), nat.carriedCount(), nat.waitingFragments()),
                            responders.lease(nowNs),
                            new Lease6(responders.lease6Holder(), responders.lease6Age(nowNs)),
                            attached.nic().seen.copy(nowNs));
                });
    }

    private static Nic masquerade(MasqueradeNic attached) {
        Live live = live(attached);
        MasqueradeSpec spec = attached.spec();
        MeshSettings mesh = spec.mesh();
        Nic.Builder view =
                Nic.newBuilder()
                        .setName(spec.name())
                        .setMachine(attached.machine())
                        .setInterface(spec.nic().interfaceName())
                        .setNetns(spec.netns())
                        .setGuest(spec.guestDevice())
                        .setUplink(spec.uplink())
                        .setGatewayMac(AddressText.mac(MasqueradeNic.GATEWAY_MAC))
                        .setGuestMac(live.mac() == 0 ? "" : AddressText.mac(live.mac()))
                        .setMacAddress(
                                spec.nic().mac() == 0 ? "" : AddressText.mac(spec.nic().mac()))
                        .setSpoofGuard(spec.pinsMac() ? "mac" : "off")
                        .setMtu(attached.uplink().mtu())
                        .setGuestMtu(attached.guestMtu())
                        .addAllPorts(spec.policy().ports().open().text())
                        .setNat(
                                NatSettingsReader.settings(spec.policy()).toBuilder()
                                        .mergeFrom(mesh.shown()))
                        .setMesh(mesh.name())
                        .setMeshReason(mesh.reason())
                        .setSessions(live.inside().sessions())
                        .setFastPath(attached.fastPath())
                        .setCarriedSessions(live.inside().carried())
                        .setWaitingFragments(live.inside().waitingFragments())
                        .setLease(lease(live.lease()))
                        .setCounters(CounterViews.counters(live.counters()))
                        .setWorker(attached.worker().number())
                        .setPoller(attached.worker().pollerKind())
                        .setAttachedUnixMs(attached.attachedMs());
        addresses(view, attached);
        if (live.lease6().holder() != 0) {
            view.setLease6(
                    Lease.newBuilder()
                            .setAddress(view.getGuestIpv6Address())
                            .setMac(AddressText.mac(live.lease6().holder()))
                            .setSeconds(attached.responders().lease6Seconds())
                            .setAgeSeconds(live.lease6().age()));
        }
        AddressViews.add(view, live.seen(), System.currentTimeMillis());
        return view.build();
    }

    private static void addresses(Nic.Builder view, MasqueradeNic attached) {
        Addresses ipv4 = attached.ipv4Addresses();
        if (ipv4.isOn()) {
            view.setGuestAddress(AddressText.ip(ipv4.guestHigh(), ipv4.guestLow()))
                    .setPrefixLength(attached.spec().nic().cidr().prefixLength())
                    .setGatewayAddress(AddressText.ip(ipv4.gatewayHigh(), ipv4.gatewayLow()))
                    .setPodAddress(AddressText.ip(ipv4.podHigh(), ipv4.podLow()))
                    .setPodPrefixLength(attached.uplink().addresses().prefixLength());
        }
        Addresses ipv6 = attached.ipv6Addresses();
        if (ipv6.isOn()) {
            view.setGuestIpv6Address(AddressText.ip(ipv6.guestHigh(), ipv6.guestLow()))
                    .setIpv6PrefixLength(attached.spec().nic().ipv6Cidr().prefixLength())
                    .setGatewayIpv6Address(AddressText.ip(ipv6.gatewayHigh(), ipv6.gatewayLow()))
                    .setPodIpv6Address(AddressText.ip(ipv6.podHigh(), ipv6.podLow()))
                    .setPodIpv6PrefixLength(attached.uplink().addresses().ipv6PrefixLength());
        }
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

    ListSessionsResponse sessions(List<AttachedNic> nics, int limit) {
        ListSessionsResponse.Builder response = ListSessionsResponse.newBuilder();
        for (AttachedNic nic : nics) {
            try {
                if (nic instanceof MasqueradeNic masquerade) {
                    add(masquerade, limit, response);
                }
            } catch (NotFoundException e) {
                // It was detached while the others were looked at.
            }
        }
        return response.build();
    }

    ListSessionsResponse sessions(AttachedNic nic, int limit) {
        if (!(nic instanceof MasqueradeNic)) {
            throw new IllegalArgumentException(
                    "nic must be a masquerade NIC (a NIC on a bridge has no sessions): nic="
                            + nic.name());
        }
        return sessions(List.of(nic), limit);
    }

    private static void add(MasqueradeNic nic, int limit, ListSessionsResponse.Builder response) {
        record Listed(List<SessionView> views, int total) {}
        Listed listed =
                nic.ask(
                        on ->
                                new Listed(
                                        nic.nat().list(limit, System.nanoTime()),
                                        nic.nat().sessionCount()));
        listed.views().forEach(view -> response.addSessions(session(view, nic)));
        response.setTotal(response.getTotal() + listed.total());
    }

    private static Session session(SessionView view, MasqueradeNic attached) {
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
