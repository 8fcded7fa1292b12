package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ethernet;

/**
 * How frames leave a worker: queued at a port, cut into fragments where they must be, copied for a
 * capture. Frames that are no part of the burst (fragments released or cut) are kept here until
 * they have been sent. Worker's thread.
 */
final class Egress implements Outlet {
    private static final long ASK_AGAIN_NS = 1_000_000_000L;
    private static final int EXTRA = 256;
    private final FramePool pool;
    private final Poller poller;
    private final EventRing events;
    private final Frame[] extra = new Frame[EXTRA];
    private int extraCount;

    Egress(FramePool pool, Poller poller, EventRing events) {
        this.pool = pool;
        this.poller = poller;
        this.events = events;
    }

    /**
     * A frame beside the burst, or null where even sending what is queued leaves none. Its owner
     * {@link #keep}s it when its walk is over: not before, since sending frees what is kept.
     */
    Frame takeExtra() {
        if (pool.isEmpty() || extraCount >= EXTRA - 1) { // one is left for who walks already
            send();
        }
        return pool.isEmpty() ? null : pool.take();
    }

    void keep(Frame frame) {
        extra[extraCount++] = frame;
    }

    /** Sends all that is queued, and ends the frames that were kept. */
    void send() {
        poller.flush();
        release(extra, extraCount);
        extraCount = 0;
    }

    /** The one place where frames end: counted, then back in the pool. */
    void release(Frame[] frames, int count) {
        for (int i = 0; i < count; i++) {
            Frame frame = frames[i];
            boolean isLost =
                    frame.egress != null && frame.unsent != null && !frame.verdict.isDrop();
            Verdict verdict = isLost ? frame.unsent : frame.verdict;
            if (frame.verdict == Verdict.CONTINUE) { // ours: none was received
                frame.vif.counters.lost += isLost ? 1 : 0;
            } else {
                if (frame.vif.counters.count(verdict) && verdict.isDrop()) {
                    events.emit(EventKind.FIRST_DROP, frame.vif.id(), verdict.ordinal(), 0);
                }
            }
            pool.free(frame);
        }
    }

    /** The kernel routes and fills in the next hop's MAC address, so only the counters are ours. */
    Verdict toUplink(Frame frame, Verdict verdict, long nowNs) {
        Nic nic = (Nic) frame.vif;
        Counters counters = nic.counters;
        if (!frame.isDryRun()) {
            counters.toUplinkFrames++;
            counters.toUplinkBytes += frame.length;
        }
        return send(frame, nic.uplink, verdict, nowNs);
    }

    Verdict toGuest(Frame frame, Verdict verdict, long nowNs) {
        Nic nic = (Nic) frame.vif;
        if (nic.guestMac == Nic.UNKNOWN_MAC) {
            if (!frame.isDryRun()) {
                ask(nic, nowNs);
            }
            return Verdict.DROP_GUEST_UNKNOWN;
        }
        Ethernet.addresses(frame.data, frame.start, nic.guestMac, nic.gatewayMac);
        if (!nic.mayGet(frame, nowNs)) {
            return Verdict.DROP_INGRESS_RATE;
        }
        if (!frame.isDryRun()) {
            nic.counters.toGuestFrames++;
            nic.counters.toGuestBytes += frame.length;
        }
        return send(frame, nic.guest, verdict, nowNs);
    }

    /** The frame has become an ICMP error or a reset to its sender. */
    Verdict reply(Frame frame, Verdict verdict, long nowNs) {
        frame.note(Step.REPLIED, 0, 0);
        return frame.vif.isGuestSide(frame.ingress)
                ? toGuest(frame, verdict, nowNs)
                : toUplink(frame, verdict, nowNs);
    }

    Verdict send(Frame frame, Port port, Verdict verdict, long nowNs) {
        frame.note(Step.SENT, port.id(), frame.length);
        if (frame.isDryRun()) {
            return verdict;
        }
        if (frame.splitMtu == 0) {
            queue(frame, port, nowNs);
        } else {
            sendFragments(frame, port, nowNs);
        }
        return verdict;
    }

    /** The first one first: who does not put datagrams together needs its ports for the others. */
    private void sendFragments(Frame frame, Port port, long nowNs) {
        int further = Fragmenter.furtherFrames(frame);
        Fragmenter.prepare(frame);
        Fragmenter.shorten(frame);
        queue(frame, port, nowNs);
        for (int i = 1; i <= further; i++) {
            Frame fragment = takeExtra();
            if (fragment == null) {
                return;
            }
            Fragmenter.fill(frame, fragment, i);
            fragment.vif = frame.vif;
            fragment.verdict = Verdict.CONTINUE;
            queue(fragment, port, nowNs);
            frame.vif.counters.originated++;
            keep(fragment);
        }
    }

    private void queue(Frame frame, Port port, long nowNs) {
        Vif vif = frame.vif;
        if (vif.tap != null) {
            boolean toGuest = vif.isGuestSide(port);
            vif.tap.offer(frame, toGuest ? FrameTap.Side.GUEST : FrameTap.Side.UPLINK, nowNs);
        }
        if (vif.ingressShaper == null || !vif.isGuestSide(port) || isDue(frame, vif, nowNs)) {
            port.send(frame);
        }
    }

    /** What is over the limit waits in its shaper, and this frame has ended. */
    private static boolean isDue(Frame frame, Vif to, long nowNs) {
        Verdict verdict = to.ingressShaper.shape(frame, Verdict.DROP_INGRESS_RATE, nowNs);
        to.counters.lost += verdict.isDrop() ? 1 : 0; // the walk had asked: of a frame's fragments
        return verdict == Verdict.CONTINUE;
    }

    @Override
    public void send(Frame frame, BridgeVif out, long nowNs) {
        frame.note(Step.SENT, out.port().id(), frame.length);
        if (frame.isDryRun()) {
            return;
        }
        out.counters.toGuestFrames++;
        out.counters.toGuestBytes += frame.length;
        if (out.tap != null) {
            out.tap.offer(frame, FrameTap.Side.GUEST, nowNs);
        }
        if (out.ingressShaper == null || isDue(frame, out, nowNs)) {
            out.port().send(frame);
        }
    }

    @Override
    public Frame copy(Frame frame) {
        Frame copy = takeExtra();
        if (copy != null) {
            copy.copyOf(frame);
            keep(copy);
        }
        return copy;
    }

    /** Asks the guest for its MAC address, at most once a second. */
    void ask(Nic nic, long nowNs) {
        if (nic.askedNs != Long.MIN_VALUE && nowNs - nic.askedNs < ASK_AGAIN_NS) {
            return;
        }
        nic.askedNs = nowNs;
        if (nic.ipv4.isOn() && !pool.isEmpty()) {
            Frame frame = pool.take();
            Solicitation.composeArp(frame, nic);
            originate(frame, nic, nowNs);
        }
        if (nic.ipv6.isOn() && !pool.isEmpty()) {
            Frame frame = pool.take();
            Solicitation.composeNeighbor(frame, nic);
            originate(frame, nic, nowNs);
        }
    }

    /** A frame of our own for the guest. */
    void originate(Frame frame, Nic nic, long nowNs) {
        frame.vif = nic;
        queue(frame, nic.guest, nowNs);
        poller.flush();
        nic.counters.originated++;
        pool.free(frame);
    }

    @Override
    public void tell(EventKind kind, Vif of, long value, long other) {
        events.emit(kind, of.id(), value, other);
    }
}
