package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Clock;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.port.PairPoller;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A NIC on a worker with ports in memory and a clock whose hands the test turns: the whole walk but
 * for the system calls. Every exchange checks that verdicts add up to frames received and that the
 * pool is full again.
 */
final class Bench {
    static final String GUEST = "10.0.2.2";
    static final String POD = "10.244.1.5";
    static final int FRAMES = 64;

    /** The pod's side of the steering, as sets that tests look at. */
    static final class Pod implements PodPorts {
        final Set<String> steered = new HashSet<>();
        final Set<String> flows = new HashSet<>();
        boolean portless;

        @Override
        public void steer(int protocol, int port, boolean toUs) {
            if (toUs) {
                steered.add(protocol + "/" + port);
            } else {
                steered.remove(protocol + "/" + port);
            }
        }

        @Override
        public void steerPortless(boolean toUs) {
            portless = toUs;
        }

        @Override
        public boolean isPodFlow(int protocol, int localPort, int remoteAddress, int remotePort) {
            return flows.contains(
                    protocol
                            + "/"
                            + localPort
                            + " "
                            + AddressText.ipv4(remoteAddress)
                            + ":"
                            + remotePort);
        }
    }

    final PairPort guest = new PairPort(0, "guest");
    final PairPort uplink = new PairPort(1, "uplink");
    final Pod pod = new Pod();
    final Nat nat;
    final Worker worker;
    final FramePool pool;
    final Nic nic;
    long nowNs = 1_000_000_000_000L;

    Bench(OpenPorts ports) {
        this(ports, UnlistedPolicy.POD, 1024);
    }

    Bench(OpenPorts ports, UnlistedPolicy policy, int sessionLimit) {
        this(
                new NatPlan(
                        AddressText.ipv4(POD),
                        AddressText.ipv4(GUEST),
                        AddressText.ipv4("10.0.2.1"),
                        new int[] {AddressText.ipv4("169.254.20.10")},
                        ports,
                        policy,
                        true,
                        sessionLimit,
                        Timeouts.DEFAULT));
    }

    Bench(NatPlan plan) {
        pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytes(FRAMES), 4096), FRAMES);
        Clock clock = () -> nowNs;
        worker = new Worker(new PairPoller(), pool, clock, new EventRing());
        nat = new Nat(plan, pod, Arena.ofAuto().allocate(Nat.bytes(plan.sessionLimit()), 64), 42);
        nic =
                worker.attach(
                        new NicPlan(
                                0,
                                "vm/default",
                                guest,
                                uplink,
                                Nic.UNKNOWN_MAC,
                                plan.guestAddress(),
                                0x0200_0000_0000L,
                                plan.gatewayAddress(),
                                (frame, now) -> Verdict.CONTINUE,
                                nat.outbound(),
                                nat.inbound()));
        guest.departed().clear(); // the ARP query of the attachment
        nic.guestMac = 0x5254_0000_0001L;
    }

    /** What leaves by the uplink after the guest has sent this. */
    List<byte[]> fromGuest(byte[]... frames) {
        return exchange(guest, uplink, frames);
    }

    /** What the guest gets after this has come for the pod's address. */
    List<byte[]> fromOutside(byte[]... frames) {
        return exchange(uplink, guest, frames);
    }

    private List<byte[]> exchange(PairPort from, PairPort to, byte[]... frames) {
        to.departed().clear();
        for (byte[] bytes : frames) {
            from.inject(pool.take(), bytes);
        }
        run();
        return List.copyOf(to.departed());
    }

    void inject(PairPort port, Frame frame) {
        port.inject(frame);
        run();
    }

    private void run() {
        while (worker.breath(0) > 0) {
            // until all is walked
        }
        if (pool.available() != FRAMES) {
            throw new AssertionError("pool is not full again: available=" + pool.available());
        }
        long verdicts = 0;
        for (Verdict verdict : Verdict.values()) {
            verdicts += nic.counters.frames(verdict);
        }
        if (verdicts != nic.counters.received()) {
            throw new AssertionError(
                    "verdicts do not add up: verdicts="
                            + verdicts
                            + " received="
                            + nic.counters.received());
        }
    }

    long count(Verdict verdict) {
        return nic.counters.frames(verdict);
    }

    void pass(long seconds) {
        nowNs += seconds * 1_000_000_000L;
        worker.breath(0);
    }
}
