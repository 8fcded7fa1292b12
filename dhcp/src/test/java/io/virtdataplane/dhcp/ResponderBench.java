package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicAddresses;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.NicPorts;
import io.virtdataplane.dataplane.NicStages;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import java.util.List;

/** The responders of a dual-stack NIC on a {@link WorkerBench}; the NAT drops the rest. */
final class ResponderBench {
    static final long GUEST_MAC = 0x5254_0000_0001L;
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int GATEWAY = AddressText.ipv4("10.0.2.1");
    static final Scope SCOPE =
            scope(
                    1500,
                    new Resolver<>(
                            List.of(AddressText.ipv4("10.96.0.10")), List.of("cluster.local")),
                    CustomOptions.NONE);
    private static final Addresses IPV4 =
            Addresses.ipv4(GUEST, GATEWAY, AddressText.ipv4("10.244.1.5"), 24);
    static final Addresses ADDRESSES =
            Addresses.ipv6(
                    AddressText.ipv6("fd10:0:2::2"),
                    AddressText.ipv6("fd10:0:2::1"),
                    AddressText.ipv6("fd00:10:244::5"),
                    120);
    static final Ipv6Scope IPV6 =
            new Ipv6Scope(
                    ADDRESSES,
                    new Link(120, 1450),
                    new Resolver<>(
                            List.of(AddressText.ipv6("fd00:10:96::a")),
                            List.of("default.svc.cluster.local", "cluster.local")),
                    Scope.DEFAULT_LEASE_SECONDS,
                    true);

    final WorkerBench on = new WorkerBench();
    final Worker worker = on.worker;
    final PairPort guest = new PairPort(0, "guest");
    final PairPort uplink = new PairPort(1, "uplink");
    final EventRing events = new EventRing();
    final Responders responders;
    final Nic nic;

    /** A guest 10.0.2.2 of the gateway 10.0.2.1, named vm. */
    static Scope scope(int mtu, Resolver<Integer> resolver, CustomOptions custom) {
        return new Scope(
                new Gateway(0x0200_0000_0000L, GATEWAY),
                GUEST,
                new Link(24, mtu),
                Scope.DEFAULT_LEASE_SECONDS,
                new ClientOptions(GATEWAY, resolver, "vm", custom));
    }

    ResponderBench() {
        this(SCOPE, IPV6);
    }

    ResponderBench(Scope scope, Ipv6Scope ipv6) {
        this(scope, ipv6, Nic.UNKNOWN_MAC);
    }

    /** {@code guestMac}: what the manifest says. */
    ResponderBench(Scope scope, Ipv6Scope ipv6, long guestMac) {
        responders = new Responders(scope, true, ipv6, events, 0);
        nic =
                on.attach(
                        new NicPlan(
                                0,
                                "vm/default",
                                new NicPorts(guest, uplink),
                                new NicAddresses(
                                        guestMac,
                                        scope.gatewayMac(),
                                        new DualStack(IPV4, ipv6.addresses())),
                                new NicStages(
                                        responders,
                                        (frame, now) -> Verdict.DROP_PROTOCOL,
                                        (frame, now) -> Verdict.DROP_PROTOCOL)));
    }

    /** What the guest gets unasked in these seconds. */
    List<byte[]> pass(int seconds) {
        guest.departed().clear();
        for (int i = 0; i <= seconds; i++) {
            on.breathe();
            on.later(WorkerBench.SECOND);
        }
        return List.copyOf(guest.departed());
    }

    /** What the guest gets back. */
    List<byte[]> send(byte[] frame) {
        on.breathe(); // what is due of its own is not an answer
        return on.exchange(guest, guest, frame);
    }

    long count(Verdict verdict) {
        return nic.counters.frames(verdict);
    }
}
