package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import java.util.List;

/**
 * Takes the guest to Services by its own NAT. One session has both translations: what the guest
 * addresses is the front end, and the session's remote is the endpoint, which is chosen when the
 * session opens. So a frame of a session costs no lookup of Services, and one that is for none
 * costs one when it opens a session.
 *
 * <p>A frame to a front end is at first only regarded as one to the endpoint ({@link #regard}): its
 * bytes are as before until it is sent on ({@link #enter}), so that an error about it quotes what
 * the guest has sent.
 *
 * <p>As kube-proxy has it: connections of an endpoint that is gone go on until one side ends them;
 * UDP, which no side ends, is cut with its next frame.
 */
final class Services {
    private final NatPlan plan;
    private final Sessions sessions;
    private final CarriedSessions carried;
    private final Rejection rejection;
    private final Rewrite rewrite;
    private final Affinity affinity = new Affinity();
    private ServiceTable table = ServiceTable.EMPTY;
    private ServiceCounts counts = new ServiceCounts();
    private boolean isKnown; // while the daemon starts, nobody has said which there are
    private int generation = 1;
    private long random;

    // of the frame that is on its way
    private int current;
    private boolean isRegarded;
    private FrontEnd chosen;
    private Endpoint endpoint;
    private boolean isKept; // by affinity
    private long frontHigh;
    private long frontLow;
    private int frontPort;
    private long remoteHigh;
    private long remoteLow;

    Services(
            NatPlan plan,
            Sessions sessions,
            CarriedSessions carried,
            Rejection rejection,
            Rewrite rewrite,
            long seed) {
        this.carried = carried;
        this.plan = plan;
        this.sessions = sessions;
        this.rejection = rejection;
        this.rewrite = rewrite;
        this.random = seed | 1;
        carried.ask(this::isStillThere);
    }

    /**
     * From now on. What the guest has sent before to an address that has become a front end, and
     * what has no end of its own, is sent anew.
     */
    void change(ServiceTable newTable, ServiceCounts newCounts, boolean hasNew) {
        table = newTable;
        counts = newCounts;
        generation = Math.max(1, generation + 1);
        isKnown = true;
        carried.releaseStaleDatagrams();
        if (hasNew) {
            endPlain(Lifetime.UDP);
            endPlain(Lifetime.TCP_TRANSITORY);
        }
    }

    private void endPlain(int lifetime) {
        SessionTable all = sessions.table();
        int next;
        for (int each = all.oldest(lifetime); each != SessionTable.NONE; each = next) {
            next = all.next(each);
            if (!all.hasFrontEnd(each) && !all.isInbound(each) && isToFrontEnd(all, each)) {
                sessions.end(each);
            }
        }
    }

    private boolean isToFrontEnd(SessionTable all, int session) {
        int found =
                table.find(
                        all.protocol(session),
                        all.remoteHigh(session),
                        all.remoteLow(session),
                        all.remotePort(session));
        return found != ServiceTable.NONE;
    }

    /**
     * The frame is regarded as one to the endpoint, where it is one to a Service.
     *
     * @param session of the frame as the guest has addressed it, or {@link Sessions#NO_SESSION}
     * @return CONTINUE, and {@link #session} is what there is; or a drop, and the frame may have
     *     become the answer
     */
    Verdict regard(Frame frame, int session, long nowNs) {
        isRegarded = false;
        current = session;
        if (session != Sessions.NO_SESSION) {
            if (!sessions.table().hasFrontEnd(session)) {
                return Verdict.CONTINUE;
            }
            if (frame.protocol != Protocols.UDP || isStillThere(session)) {
                follow(frame, session);
                return Verdict.CONTINUE;
            }
            if (!frame.isDryRun()) {
                sessions.end(session);
            }
            current = Sessions.NO_SESSION;
        } else if (table.isEmpty()) {
            return Verdict.CONTINUE;
        }
        return choose(frame, nowNs);
    }

    /** The frame's session, or {@link Sessions#NO_SESSION}: there was none, or it is cut. */
    int session() {
        return current;
    }

    private boolean isStillThere(int session) {
        SessionTable all = sessions.table();
        FrontEnds fronts = all.frontEnds();
        if (!isKnown || fronts.generation(session) == generation) {
            return true;
        }
        int found =
                table.find(
                        Protocols.UDP,
                        fronts.high(session),
                        fronts.low(session),
                        fronts.port(session));
        boolean there =
                found != ServiceTable.NONE
                        && table.has(
                                found,
                                all.remoteHigh(session),
                                all.remoteLow(session),
                                all.remotePort(session));
        if (there) {
            fronts.generation(session, generation);
        }
        return there;
    }

    private void follow(Frame frame, int session) {
        SessionTable all = sessions.table();
        if (frame.isTraced()) {
            frame.note(Step.TO_SERVICE, ServiceWords.followed(table, all, session));
        }
        regardAs(frame, all.remoteHigh(session), all.remoteLow(session), all.remotePort(session));
    }

    private void regardAs(Frame frame, long high, long low, int port) {
        isRegarded = true;
        frontHigh = frame.dstHigh;
        frontLow = frame.dstLow;
        frontPort = frame.remotePort;
        frame.dstHigh = high;
        frame.dstLow = low;
        frame.remotePort = port;
    }

    private Verdict choose(Frame frame, long nowNs) {
        int protocol = frame.protocol;
        if (!Transport.hasPorts(protocol) || Transport.isIcmp(protocol)) {
            return Verdict.CONTINUE;
        }
        int found = table.find(protocol, frame.dstHigh, frame.dstLow, frame.remotePort);
        if (found == ServiceTable.NONE) {
            if (!table.isOfService(frame.dstHigh, frame.dstLow)) {
                return Verdict.CONTINUE;
            }
            rejection.answer(frame, true, Verdict.DROP_SERVICE_PORT, nowNs);
            return Verdict.DROP_SERVICE_PORT;
        }
        FrontEnd front = table.frontEnd(found);
        Addresses own = plan.of(frame);
        if (!front.admits(own.podHigh(), own.podLow())) {
            frame.note(Step.SERVICE_SHUT, front.label());
            return Verdict.DROP_SERVICE_SOURCE;
        }
        List<Endpoint> endpoints = front.endpoints();
        if (endpoints.isEmpty()) {
            return withoutEndpoint(frame, front, nowNs);
        }
        chosen = front;
        endpoint = endpoint(frame, front, nowNs);
        if (frame.isTraced()) {
            frame.note(Step.TO_SERVICE, ServiceWords.chosen(front, endpoint, isKept));
        }
        regardAs(frame, endpoint.high(), endpoint.low(), endpoint.port());
        return Verdict.CONTINUE;
    }

    private Verdict withoutEndpoint(Frame frame, FrontEnd front, long nowNs) {
        frame.note(Step.SERVICE_SHUT, front.label());
        if (!frame.isDryRun()) {
            counts.refused(front.id());
        }
        if (front.isLocalOnly()) {
            return Verdict.DROP_SERVICE_NOT_LOCAL;
        }
        rejection.answer(frame, true, Verdict.DROP_SERVICE_NO_ENDPOINT, nowNs);
        return Verdict.DROP_SERVICE_NO_ENDPOINT;
    }

    private Endpoint endpoint(Frame frame, FrontEnd front, long nowNs) {
        List<Endpoint> endpoints = front.endpoints();
        isKept = false;
        if (front.affinityNs() != 0) {
            Endpoint last = affinity.find(front.id(), front.affinityNs(), nowNs);
            if (last != null && endpoints.contains(last)) {
                isKept = true;
                return last;
            }
        }
        long before = random;
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        Endpoint drawn =
                endpoints.get((int) Long.remainderUnsigned(random >>> 16, endpoints.size()));
        if (frame.isDryRun()) {
            random = before; // so that the frame itself draws the same
        }
        return drawn;
    }

    /** The frame is looked at as the guest has addressed it, to be refused so. */
    void disregard(Frame frame) {
        if (isRegarded) {
            frame.dstHigh = frontHigh;
            frame.dstLow = frontLow;
            frame.remotePort = frontPort;
            isRegarded = false;
        }
    }

    /** The session has been opened for the frame, if it is one to a Service. */
    void opened(int session, long nowNs) {
        if (!isRegarded || session < 0) {
            return;
        }
        sessions.table().frontEnd(session, frontHigh, frontLow, frontPort);
        sessions.table().frontEnds().generation(session, generation);
        counts.opened(chosen.id());
        if (chosen.affinityNs() != 0) {
            affinity.use(chosen.id(), endpoint, nowNs);
        }
    }

    /** The session of the frame as the guest has addressed it, or {@link Sessions#NO_SESSION}. */
    int find(Frame frame, long nowNs) {
        return isRegarded
                ? sessions.find(
                        frame,
                        SessionTable.OUTWARD,
                        frame.protocol,
                        frame.localPort,
                        frontHigh,
                        frontLow,
                        frontPort,
                        nowNs)
                : sessions.findOutward(frame, nowNs);
    }

    boolean isRegarded() {
        return isRegarded;
    }

    /** The frame's destination becomes the endpoint, as which it is regarded. */
    void enter(Frame frame) {
        remoteHigh = isRegarded ? frame.dstHigh : 0;
        remoteLow = isRegarded ? frame.dstLow : 0;
        if (isRegarded) {
            rewrite.remoteDestination(frame, frontHigh, frontLow);
        }
    }

    /** What the remote's address has become in the last frame that was sent on; 0: it stays. */
    long remoteHigh() {
        return remoteHigh;
    }

    long remoteLow() {
        return remoteLow;
    }

    /** What the endpoint has sent comes from the front end, to the guest. */
    void leave(Frame frame, int session) {
        SessionTable all = sessions.table();
        FrontEnds fronts = all.frontEnds();
        boolean isService = session >= 0 && all.hasFrontEnd(session);
        remoteHigh = isService ? fronts.high(session) : 0;
        remoteLow = isService ? fronts.low(session) : 0;
        if (!isService) {
            return;
        }
        rewrite.remoteSource(
                frame,
                all.remoteHigh(session),
                all.remoteLow(session),
                fronts.high(session),
                fronts.low(session),
                fronts.port(session));
        if (frame.isTraced()) {
            frame.note(Step.FROM_SERVICE, ServiceWords.label(table, all, session));
        }
    }
}
