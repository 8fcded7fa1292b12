package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.port.PairPoller;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import java.lang.foreign.Arena;
import java.util.List;

/** The responders of a dual-stack NIC on a worker with ports in memory; the NAT drops the rest. */
final class ResponderBench {
    static final long GUEST_MAC = 0x5254_0000_0001L;
    private static final int FRAMES = 16;
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int GATEWAY = AddressText.ipv4("10.0.2.1");
    static final Scope SCOPE =
            new Scope(
                    0x0200_0000_0000L,
                    GATEWAY,
                    GATEWAY,
                    GUEST,
                    24,
                    Scope.DEFAULT_LEASE_SECONDS,
                    1500,
                    List.of(AddressText.ipv4("10.96.0.10")),
                    List.of("cluster.local"),
                    "vm",
                    CustomOptions.NONE);
    static final Addresses ADDRESSES =
            Addresses.ipv6(
                    AddressText.ipv6("fd10:0:2::2"),
                    AddressText.ipv6("fd10:0:2::1"),
                    AddressText.ipv6("fd00:10:244::5"));
    static final Ipv6Scope IPV6 =
            new Ipv6Scope(
                    ADDRESSES,
                    120,
                    1450,
                    List.of(AddressText.ipv6("fd00:10:96::a")),
                    List.of("default.svc.cluster.local", "cluster.local"),
                    Scope.DEFAULT_LEASE_SECONDS,
                    true);

    long nowNs = 1_000_000_000L;
    private final PairPort guest = new PairPort(0, "guest");
    private final FramePool pool =
            new FramePool(Arena.ofAuto().allocate(FramePool.bytes(FRAMES), 64), FRAMES);
    final Worker worker = new Worker(new PairPoller(), pool, () -> nowNs, new EventRing());
    final Responders responders = new Responders(SCOPE, true, IPV6, new EventRing(), 0);
    final Nic nic =
            worker.attach(
                    new NicPlan(
                            0,
                            "vm/default",
                            guest,
                            new PairPort(1, "uplink"),
                            0,
                            SCOPE.gatewayMac(),
                            Addresses.ipv4(GUEST, GATEWAY, AddressText.ipv4("10.244.1.5")),
                            ADDRESSES,
                            responders,
                            (frame, now) -> Verdict.DROP_PROTOCOL,
                            (frame, now) -> Verdict.DROP_PROTOCOL));

    /** What the guest gets unasked in these seconds. */
    List<byte[]> pass(int seconds) {
        guest.departed().clear();
        for (int i = 0; i <= seconds; i++) {
            worker.breath(0);
            nowNs += 1_000_000_000L;
        }
        return List.copyOf(guest.departed());
    }

    /** What the guest gets back. */
    List<byte[]> send(byte[] frame) {
        worker.breath(0); // what is due of its own is not an answer
        guest.departed().clear();
        guest.inject(pool.take(), frame);
        worker.breath(0);
        if (pool.available() != FRAMES) {
            throw new AssertionError("pool is not full again: available=" + pool.available());
        }
        return List.copyOf(guest.departed());
    }

    long count(Verdict verdict) {
        return nic.counters.frames(verdict);
    }
}
