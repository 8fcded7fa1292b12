package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.VirtioNetHdr;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/**
 * One thread, its ports and its tables. {@link #breath} is all it does: wait for frames, read the
 * clock, run a command, walk each frame, send what is to be sent, free every frame in one place,
 * age a bounded number of sessions. Without traffic it sleeps.
 *
 * <p>Invariants, held by tests: final verdicts add up to frames received; the pool is full again
 * after a breath; a walk allocates nothing, takes no lock and logs nothing.
 */
public final class Worker {
    public static final int MAX_PORTS = 4096;
    private static final int BURST = 256;
    private static final long FOREVER = -1;
    private static final long TIMER_NS = 1_000_000_000L;
    private static final long SEEN_AGAIN_NS = 1_000_000_000L;
    private static final long ASK_AGAIN_NS = 1_000_000_000L;
    private static final int MINIMUM_FRAME = 60;

    private final Poller poller;
    private final FramePool pool;
    private final Clock clock;
    private final EventRing events;
    private final Faults faults = new Faults();
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final List<Nic> nics = new ArrayList<>();
    private final Nic[] nicByPort = new Nic[MAX_PORTS];
    private final Port[] ready = new Port[MAX_PORTS];
    private final Frame[] burst = new Frame[BURST];
    private long timerNs;
    private boolean timersPending;
    private volatile long breathNs;
    private volatile boolean stopped;

    public Worker(Poller poller, FramePool pool, Clock clock, EventRing events) {
        this.poller = poller;
        this.pool = pool;
        this.clock = clock;
        this.events = events;
        this.timerNs = clock.nowNs();
    }

    /** Works until {@link #stop}; then closes the poller. */
    public void run() {
        while (!stopped) {
            breath(timersPending ? TIMER_NS : FOREVER);
        }
        poller.close();
    }

    /** Any thread. */
    public void stop() {
        stopped = true;
        poller.wake();
    }

    /** Any thread: {@code question} will be answered on the worker's thread. */
    public <T> Query<T> call(Function<Worker, T> question) {
        Query<T> query = new Query<>(question);
        commands.add(query);
        poller.wake();
        return query;
    }

    /** One round; how many frames were walked. */
    public int breath(long timeoutNs) {
        int readyPorts = poller.await(ready, timeoutNs);
        long nowNs = clock.nowNs();
        breathNs = nowNs;
        Command command = commands.poll();
        if (command != null) {
            command.run(this, nowNs);
        }
        int walked = 0;
        for (int i = 0; i < readyPorts; i++) {
            walked += serve(ready[i], nowNs);
        }
        if (nowNs - timerNs >= TIMER_NS) {
            timerNs = nowNs;
            timersPending = tick(nowNs);
        } else if (walked > 0) {
            timersPending = true;
        }
        if (!commands.isEmpty()) {
            poller.wake();
        }
        return walked;
    }

    private int serve(Port port, long nowNs) {
        Nic nic = nicByPort[port.id()];
        if (nic == null) {
            return 0; // detached in this very breath; the poller has freed its frames
        }
        int total = 0;
        int count;
        while ((count = port.receive(burst, 0)) > 0) {
            for (int i = 0; i < count; i++) {
                Frame frame = burst[i];
                frame.nic = nic;
                frame.verdict = contained(frame, nowNs);
            }
            poller.flush();
            release(count);
            total += count;
        }
        return total;
    }

    /** A bug in the walk costs the frame that met it, not the daemon. */
    private Verdict contained(Frame frame, long nowNs) {
        try {
            return walk(frame, nowNs);
        } catch (RuntimeException e) {
            int number = faults.record(e);
            if (number >= 0) {
                events.emit(EventKind.FAULT, frame.nic.plan.id(), number, 0);
            }
            return Verdict.DROP_FAULT;
        }
    }

    /** A frame's life, in order. The first stage that says other than CONTINUE ends it. */
    private Verdict walk(Frame frame, long nowNs) {
        Nic nic = frame.nic;
        Counters counters = nic.counters;
        boolean fromGuest = frame.ingress == nic.plan.guest();
        count(frame, counters, fromGuest);
        Verdict verdict = Headers.parse(frame);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (fromGuest) {
            verdict = guard(frame, nic, nowNs);
            if (verdict != Verdict.CONTINUE) {
                return verdict;
            }
            verdict =
                    nic.plan
                            .responders()
                            .process(
                                    frame,
                                    nowNs); // ARP, ping of the gateway, DHCP; leaves by ingress
            if (verdict != Verdict.CONTINUE) {
                return answer(frame, verdict);
            }
            verdict = nic.plan.outbound().process(frame, nowNs);
            return verdict == Verdict.FORWARDED ? toUplink(frame, nic, verdict) : verdict;
        }
        verdict = nic.plan.inbound().process(frame, nowNs);
        return switch (verdict) {
            case FORWARDED -> toGuest(frame, nic, nowNs);
            case HANDED_TO_POD ->
                    send(
                            frame,
                            nic.plan.uplink(),
                            verdict); // the kernel recognises its own address
            case REJECTED -> toUplink(frame, nic, verdict);
            default -> verdict;
        };
    }

    private static void count(Frame frame, Counters counters, boolean fromGuest) {
        if (fromGuest) {
            counters.guestFrames++;
            counters.guestBytes += frame.length;
        } else {
            counters.uplinkFrames++;
            counters.uplinkBytes += frame.length;
        }
        if (VirtioNetHdr.isGso(frame.data, frame.vnet())) {
            counters.gsoFrames++;
        }
    }

    /** Who the guest is, before anything is learned from the frame. */
    private Verdict guard(Frame frame, Nic nic, long nowNs) {
        long source = Ethernet.src(frame.data, frame.start);
        if (Ethernet.isGroup(source) || source == nic.plan.gatewayMac()) {
            return Verdict.DROP_SPOOFED_MAC;
        }
        if (nic.plan.guestMac() != Nic.UNKNOWN_MAC && source != nic.plan.guestMac()) {
            return Verdict.DROP_SPOOFED_MAC;
        }
        if (frame.etherType == Ethernet.IPV4) {
            int address = Ipv4.src(frame.data, frame.l3);
            if (address != nic.plan.guestAddress()
                    && address != 0) { // 0: a DHCP client that has no address yet
                return Verdict.DROP_SPOOFED_ADDRESS;
            }
        }
        if (source != nic.guestMac) {
            nic.guestMac = source;
            if (nowNs - nic.seenNs >= SEEN_AGAIN_NS) {
                nic.seenNs = nowNs;
                events.emit(EventKind.ADDRESS_SEEN, nic.plan.id(), source, 0);
            }
        }
        return Verdict.CONTINUE;
    }

    private static Verdict answer(Frame frame, Verdict verdict) {
        return verdict == Verdict.ANSWERED ? send(frame, frame.ingress, verdict) : verdict;
    }

    /** The kernel routes and fills in the next hop's MAC address, so only the counters are ours. */
    private static Verdict toUplink(Frame frame, Nic nic, Verdict verdict) {
        nic.counters.toUplinkFrames++;
        nic.counters.toUplinkBytes += frame.length;
        return send(frame, nic.plan.uplink(), verdict);
    }

    private Verdict toGuest(Frame frame, Nic nic, long nowNs) {
        if (nic.guestMac == Nic.UNKNOWN_MAC) {
            ask(nic, nowNs);
            return Verdict.DROP_GUEST_UNKNOWN;
        }
        Ethernet.addresses(frame.data, frame.start, nic.guestMac, nic.plan.gatewayMac());
        nic.counters.toGuestFrames++;
        nic.counters.toGuestBytes += frame.length;
        return send(frame, nic.plan.guest(), Verdict.FORWARDED);
    }

    private static Verdict send(Frame frame, Port egress, Verdict verdict) {
        egress.send(frame);
        return verdict;
    }

    /** The one place where frames end: counted, then back in the pool. */
    private void release(int count) {
        for (int i = 0; i < count; i++) {
            Frame frame = burst[i];
            Verdict verdict =
                    frame.egress != null && !frame.sent ? Verdict.DROP_EGRESS_FULL : frame.verdict;
            if (frame.nic.counters.count(verdict) && verdict.isDrop()) {
                events.emit(EventKind.FIRST_DROP, frame.nic.plan.id(), verdict.ordinal(), 0);
            }
            pool.free(frame);
        }
    }

    private boolean tick(long nowNs) {
        boolean pending = false;
        for (int i = 0; i < nics.size(); i++) {
            Nic nic = nics.get(i);
            pending |= nic.plan.outbound().age(nowNs);
            if (nic.guestMac == Nic.UNKNOWN_MAC) {
                ask(nic, nowNs);
                pending = true;
            }
        }
        return pending;
    }

    /**
     * Asks the guest for its MAC address by ARP, at most once a second: it may have been silent
     * since before we came.
     */
    private void ask(Nic nic, long nowNs) {
        if (pool.isEmpty() || nic.askedNs != Long.MIN_VALUE && nowNs - nic.askedNs < ASK_AGAIN_NS) {
            return;
        }
        nic.askedNs = nowNs;
        Frame frame = pool.take();
        frame.compose(MINIMUM_FRAME);
        frame.data.asSlice(frame.start, MINIMUM_FRAME).fill((byte) 0);
        NicPlan plan = nic.plan;
        Ethernet.addresses(frame.data, frame.start, Ethernet.BROADCAST, plan.gatewayMac());
        Ethernet.type(frame.data, frame.start, Ethernet.ARP);
        Arp.emit(
                frame.data,
                frame.start + Ethernet.HEADER,
                Arp.REQUEST,
                plan.gatewayMac(),
                plan.gatewayAddress(),
                0,
                plan.guestAddress());
        plan.guest().send(frame);
        poller.flush();
        nic.counters.originated++;
        pool.free(frame);
    }

    /** On the worker's thread: from now on the NIC's frames are walked. */
    public Nic attach(NicPlan plan) {
        Nic nic = new Nic(plan);
        poller.add(plan.guest());
        try {
            poller.add(plan.uplink());
        } catch (RuntimeException e) {
            poller.remove(plan.guest());
            throw e;
        }
        nicByPort[plan.guest().id()] = nic;
        nicByPort[plan.uplink().id()] = nic;
        nics.add(nic);
        timersPending = true;
        ask(nic, clock.nowNs());
        return nic;
    }

    /** On the worker's thread: ends the NIC. Its ports are closed by who opened them. */
    public void detach(Nic nic) {
        poller.remove(nic.plan.guest());
        poller.remove(nic.plan.uplink());
        nicByPort[nic.plan.guest().id()] = null;
        nicByPort[nic.plan.uplink().id()] = null;
        nics.remove(nic);
    }

    public String pollerKind() {
        return poller.kind();
    }

    /** Any thread. */
    public String describeFault(int number) {
        return faults.describe(number);
    }

    /** When the last breath began, for the watchdog; any thread. */
    public long lastBreathNs() {
        return breathNs;
    }
}
