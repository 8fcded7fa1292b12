package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;

/**
 * First packets of flows of the pod's own kernel whose local port, or echo identifier, has a
 * session of the guest. Where it is the very same flow, the pod's leaves by another port: the one
 * that comes later yields, as with the kernel's masquerade.
 */
final class PodFlows {
    private final Sessions sessions;
    private final PodPorts podPorts;
    private final Rewrite rewrite = new Rewrite();

    PodFlows(Sessions sessions, PodPorts podPorts) {
        this.sessions = sessions;
        this.podPorts = podPorts;
    }

    Verdict process(Frame frame, long nowNs) {
        if (frame.isLaterFragment() || Transport.read(frame, true) != Verdict.CONTINUE) {
            return Verdict.SENT_FOR_POD; // not ours to judge
        }
        int port =
                podPorts.movedPort(
                        frame.protocol,
                        frame.localPort,
                        frame.dstHigh,
                        frame.dstLow,
                        frame.remotePort);
        boolean isNew = port == PodPorts.NOT_MOVED;
        if (isNew) {
            port = guestHas(frame, nowNs) ? sessions.chooseForPod(frame, nowNs) : frame.localPort;
        }
        if (port == OutsidePool.NONE) {
            return Verdict.DROP_PORTS_EXHAUSTED;
        }
        if (isNew && !frame.isDryRun()) {
            note(frame, port);
        }
        if (port != frame.localPort) {
            frame.note(Step.POD_PORT_MOVED, frame.localPort, port);
            rewrite.sourcePort(frame, port);
        }
        return Verdict.SENT_FOR_POD;
    }

    private boolean guestHas(Frame frame, long nowNs) {
        return sessions.find(
                        frame,
                        SessionTable.INWARD,
                        frame.protocol,
                        frame.localPort,
                        frame.dstHigh,
                        frame.dstLow,
                        frame.remotePort,
                        nowNs)
                != Sessions.NO_SESSION;
    }

    private void note(Frame frame, int port) {
        if (port == frame.localPort) {
            podPorts.keepPodFlow(
                    frame.protocol, frame.localPort, frame.dstHigh, frame.dstLow, frame.remotePort);
        } else {
            podPorts.movePodFlow(
                    frame.protocol,
                    frame.localPort,
                    frame.dstHigh,
                    frame.dstLow,
                    frame.remotePort,
                    port);
        }
    }
}
