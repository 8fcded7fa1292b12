package io.virtdataplane.dataplane;

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

    /** Frames of one port that a breath walks at most: a flood at it is not the others' wait. */
    public static final int SHARE = 16;

    private static final int BURST = 256;
    private static final int FEW_PORTS = 4;
    private static final long FOREVER = -1;
    private static final long TIMER_NS = 1_000_000_000L;

    private final Poller poller;
    private final FramePool pool;
    private final Clock clock;
    private final EventRing events;
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final List<Nic> nics = new ArrayList<>();
    private final List<Switch> switches = new ArrayList<>();
    private final Vif[] vifByPort = new Vif[MAX_PORTS];
    private final Port[] ready = new Port[MAX_PORTS];
    private final Frame[] burst = new Frame[BURST];
    private int burstCount;
    private final Egress egress;
    private final ContainedWalk walk;
    private final Shaping shaping;
    private final OpeningWatch openings;
    private long timerNs;
    private boolean timersPending;
    private long dueNs = Long.MAX_VALUE; // when a stage next has something to send
    private volatile long breathNs;
    private volatile boolean stopped;

    public Worker(Poller poller, FramePool pool, Clock clock, EventRing events) {
        this.poller = poller;
        this.pool = pool;
        this.clock = clock;
        this.events = events;
        this.egress = new Egress(pool, poller, events);
        this.walk = new ContainedWalk(new Walk(new Guard(events), egress), events);
        this.shaping = new Shaping(walk::process, egress);
        this.openings = new OpeningWatch(walk);
        this.timerNs = clock.nowNs();
    }

    /** Works until {@link #stop}; then closes the poller. */
    public void run() {
        while (!stopped) {
            breath(timeoutNs());
        }
        poller.close();
    }

    private long timeoutNs() {
        long originateNs = timersPending ? Long.MAX_VALUE : dueNs;
        long due = Math.min(originateNs, Math.min(shaping.dueNs(), openings.dueNs()));
        if (due == Long.MAX_VALUE) {
            return timersPending ? TIMER_NS : FOREVER;
        }
        long inNs = due < 0 ? 1 : Math.max(1, due - clock.nowNs()); // below 0: long ago
        return timersPending ? Math.min(inNs, TIMER_NS) : inNs;
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
            openings.begin(nics, nowNs);
            command.run(this, nowNs);
            dueNs = nowNs; // it may have given a stage something to send
        }
        if (nowNs >= dueNs) {
            originate(nowNs);
        }
        if (nowNs >= openings.dueNs()) {
            openings.look(nowNs);
        }
        int walked = 0;
        for (int i = 0; i < readyPorts; i++) {
            walked += serve(ready[i], nowNs);
            if (readyPorts <= FEW_PORTS) {
                sendBurst(); // its receivers go to work while we walk the next port's frames
            }
        }
        shaping.release(nowNs);
        sendBurst();
        settle(readyPorts, nowNs);
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

    private void settle(int readyPorts, long nowNs) {
        for (int i = 0; i < readyPorts; i++) {
            Vif vif = vifByPort[ready[i].id()];
            if (vif instanceof Nic nic) {
                walk.settle(nic, nowNs);
            } else if (vif instanceof BridgeVif port) {
                port.bridge().settle(nowNs);
            }
        }
    }

    private int serve(Port port, long nowNs) {
        Vif vif = vifByPort[port.id()];
        if (vif == null) {
            return 0; // detached in this very breath; the poller has freed its frames
        }
        if (vif instanceof Nic nic) {
            openings.begin(nic, nowNs);
        }
        int total = 0;
        int count;
        while (total < SHARE && (count = port.receive(burst, burstCount, SHARE - total)) > 0) {
            for (int i = 0; i < count; i++) {
                Frame frame = burst[burstCount++];
                frame.vif = vif;
                arrive(frame, vif, nowNs);
                if (vif instanceof Nic nic && frame.fragmentOffset == 0) {
                    walkReleased(nic, port, nowNs);
                }
            }
            if (burstCount == BURST) {
                sendBurst();
            }
            total += count;
        }
        if (vif instanceof Nic nic) {
            age(nic, nic.outbound, nowNs); // beside tick's: as fast as traffic can open them
        }
        return total;
    }

    /**
     * Where many ports are ready, of all at once: a system call each would cost more than frames.
     */
    private void sendBurst() {
        egress.send();
        egress.release(burst, burstCount);
        burstCount = 0;
    }

    private void arrive(Frame frame, Vif vif, long nowNs) {
        boolean fromGuest = vif.isGuestSide(frame.ingress);
        vif.counters.received(frame, fromGuest);
        if (fromGuest && vif.state() == VifState.INCOMING) {
            vif.arrived();
        }
        if (vif.tap != null) {
            vif.tap.offer(frame, fromGuest ? FrameTap.Side.GUEST : FrameTap.Side.UPLINK, nowNs);
        }
        if (vif.liveTrace != null) {
            vif.liveTrace.begin(frame);
        }
        Verdict limited =
                fromGuest && vif.egressShaper != null
                        ? vif.egressShaper.shape(frame, Verdict.DROP_EGRESS_RATE, nowNs)
                        : Verdict.CONTINUE;
        frame.verdict = limited == Verdict.CONTINUE ? walk.process(frame, nowNs) : limited;
        if (frame.trace != null) {
            vif.liveTrace.end(frame, fromGuest);
        }
    }

    /** Fragments that were held until their first one came in by {@code ingress}. */
    private void walkReleased(Nic nic, Port ingress, long nowNs) {
        Stage stage = ingress == nic.guest ? nic.outbound : nic.inbound;
        Frame frame;
        while (stage.hasReleased() && (frame = egress.takeExtra()) != null) {
            stage.release(frame);
            frame.ingress = ingress;
            frame.vif = nic;
            nic.counters.uncount(Verdict.HELD);
            frame.verdict = walk.process(frame, nowNs);
            egress.keep(frame);
        }
    }

    private boolean tick(long nowNs) {
        boolean pending = false;
        for (int i = 0; i < nics.size(); i++) {
            Nic nic = nics.get(i);
            pending |= age(nic, nic.outbound, nowNs);
            pending |= age(nic, nic.inbound, nowNs);
            walkReleased(nic, nic.guest, nowNs); // if frames were short
            walkReleased(nic, nic.uplink, nowNs);
            if (nic.guestMac == Nic.UNKNOWN_MAC) {
                egress.ask(nic, nowNs);
                pending = true;
            }
        }
        for (int i = 0; i < switches.size(); i++) {
            pending |= switches.get(i).age(nowNs);
        }
        egress.send();
        return pending;
    }

    /** What stages send of their own: advertisements, announcements. */
    private void originate(long nowNs) {
        long next = Long.MAX_VALUE;
        for (int i = 0; i < nics.size(); i++) {
            Nic nic = nics.get(i);
            Stage responders = nic.responders;
            while (responders.dueNs() <= nowNs && !pool.isEmpty()) {
                Frame frame = pool.take();
                responders.originate(frame, nowNs);
                egress.originate(frame, nic, nowNs);
            }
            next = Math.min(next, responders.dueNs());
        }
        dueNs = next;
    }

    private boolean age(Nic nic, Stage stage, long nowNs) {
        boolean pending = walk.age(nic, stage, nowNs);
        nic.counters.recount(Verdict.HELD, Verdict.DROP_FRAGMENT_TIMEOUT, stage.takeGivenUp());
        return pending;
    }

    /**
     * On the worker's thread: what would become of these bytes if they came from the guest, or for
     * the pod. Nothing is changed and nothing is sent.
     */
    public Trace explain(Vif vif, boolean fromGuest, byte[] bytes) {
        if (pool.isEmpty() || bytes.length > Frame.RECEIVE_CAPACITY - VirtioNetHdr.LENGTH) {
            throw new IllegalStateException("no frame is free, or the bytes are too many");
        }
        Trace trace = new Trace(true);
        trace.fromGuest(fromGuest);
        Frame frame = pool.take();
        frame.received(vif.ingress(fromGuest), bytes);
        frame.vif = vif;
        frame.trace = trace;
        trace.begin(frame);
        try {
            trace.end(frame, walk.process(frame, breathNs));
        } finally {
            frame.trace = null;
            pool.free(frame);
        }
        return trace;
    }

    /** On the worker's thread: traces frames as they pass; null ends it. */
    public void trace(Vif vif, LiveTrace trace) {
        vif.liveTrace = trace;
        vif.looked();
    }

    /** On the worker's thread: copies frames as they pass; null ends it. */
    public void capture(Vif vif, FrameTap tap) {
        vif.tap = tap;
        vif.looked();
    }

    /**
     * On the worker's thread: how much the guest may send, and get, from the next frame on.
     *
     * @param egress what it sends
     */
    public void limit(Vif vif, Rate egress, Rate ingress) {
        vif.limit(egress, ingress, shaping);
    }

    /** On the worker's thread: how much of what goes to all a bridge's port may bring. */
    public void limit(Vif vif, StormRates storms) {
        vif.limit(storms);
    }

    /** On the worker's thread: it is attached, and was not detached since. */
    public boolean has(Vif vif) {
        return vifByPort[vif.ingress(true).id()] == vif;
    }

    /** On the worker's thread: from now on the NIC's frames are walked. */
    public Nic attach(NicPlan plan) {
        Nic nic = new Nic(plan);
        poller.add(nic.guest);
        try {
            poller.add(nic.uplink);
        } catch (RuntimeException e) {
            poller.remove(nic.guest);
            throw e;
        }
        vifByPort[nic.guest.id()] = nic;
        vifByPort[nic.uplink.id()] = nic;
        nics.add(nic);
        nic.flows.nic().beat(clock.nowNs());
        timersPending = true;
        dueNs = Long.MIN_VALUE;
        egress.ask(nic, clock.nowNs());
        return nic;
    }

    /** On the worker's thread: ends the NIC. Its ports are closed by who opened them. */
    public void detach(Nic nic) {
        nic.flows.nic().allow(false);
        leave(nic);
    }

    /** The same, but that the kernel goes on carrying what it carries: another run will come. */
    public void leave(Nic nic) {
        nic.unlimit();
        poller.remove(nic.guest);
        poller.remove(nic.uplink);
        vifByPort[nic.guest.id()] = null;
        vifByPort[nic.uplink.id()] = null;
        nics.remove(nic);
        openings.leave(nic);
    }

    /** On the worker's thread, again and again: it lives, and so do its NICs. */
    public void beat() {
        long nowNs = clock.nowNs();
        for (int i = 0; i < nics.size(); i++) {
            nics.get(i).flows.nic().beat(nowNs);
        }
    }

    /** On the worker's thread: the switch's stations are aged from now on, or no longer. */
    public void attach(Switch added) {
        switches.add(added);
        timersPending = true;
    }

    public void detach(Switch removed) {
        switches.remove(removed);
    }

    /** On the worker's thread: from now on the port's frames are walked by its bridge. */
    public void attach(BridgeVif vif) {
        poller.add(vif.port());
        vifByPort[vif.port().id()] = vif;
    }

    /** On the worker's thread: these bytes are walked as if they had come in by the port. */
    public void inject(BridgeVif vif, byte[] bytes) {
        if (pool.isEmpty() || vifByPort[vif.port().id()] != vif) {
            return; // as if the port had lost it
        }
        Frame frame = pool.take();
        frame.received(vif.port(), bytes);
        frame.vif = vif;
        arrive(frame, vif, breathNs);
        egress.send();
        burst[0] = frame;
        egress.release(burst, 1);
    }

    /** On the worker's thread: these bytes go to the guest. */
    public void originate(Nic nic, byte[] bytes) {
        if (!pool.isEmpty()) {
            Frame frame = pool.take();
            frame.received(nic.uplink, bytes);
            egress.originate(frame, nic, breathNs);
        }
    }

    /** On the worker's thread: no frame comes from the port afterwards. */
    public void detach(BridgeVif vif) {
        vif.unlimit();
        poller.remove(vif.port());
        vifByPort[vif.port().id()] = null;
    }

    public String pollerKind() {
        return poller.kind();
    }

    /** Any thread. */
    public String describeFault(int number) {
        return walk.describeFault(number);
    }

    /** When the last breath began, for the watchdog; any thread. */
    public long lastBreathNs() {
        return breathNs;
    }
}
