package io.virtdataplane.daemon.inspect;

import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.rpc.Recipient;
import io.virtdataplane.dataplane.LiveTrace;
import io.virtdataplane.dataplane.Trace;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Lets frames explain their way: a given one as a dry run, or live ones as they pass. */
public final class Tracing {
    private static final int DEFAULT_COUNT = 10;
    private static final int MAX_COUNT = 10_000;
    private static final int LONGEST_FRAME = 65_549;
    private static final long POLL_MS = 20;
    private final Attachments attachments;
    private final Set<String> traced = ConcurrentHashMap.newKeySet();

    public Tracing(Attachments attachments) {
        this.attachments = attachments;
    }

    /**
     * @param from "guest" or "outside"
     */
    public Trace explain(String name, String from, byte[] frame) {
        boolean fromGuest =
                switch (from) {
                    case "guest" -> true;
                    case "outside" -> false;
                    default ->
                            throw new IllegalArgumentException(
                                    "from must be guest or outside: from=" + from);
                };
        if (frame.length == 0 || frame.length > LONGEST_FRAME) {
            throw new IllegalArgumentException(
                    "frame must be 1-" + LONGEST_FRAME + " bytes: length=" + frame.length);
        }
        Attachment attached = attachments.find(name);
        return attached.ask(on -> on.explain(attached.vif(), fromGuest, frame));
    }

    /**
     * Until so many have come, or {@code to} has had enough.
     *
     * @param wanted 0: as many as by default
     */
    public void live(String name, TraceFilter filter, int wanted, Recipient<Trace> to)
            throws InterruptedException {
        int count = wanted == 0 ? DEFAULT_COUNT : wanted;
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException("count must be 1-" + MAX_COUNT + ": count=" + count);
        }
        LiveTrace live = new LiveTrace(filter.compile(), count);
        Attachment attached = attachments.find(name);
        String fullName = attached.name();
        if (!traced.add(fullName)) {
            throw new IllegalArgumentException(
                    "nic must not have another live trace at the same time: nic=" + fullName);
        }
        try {
            attached.worker().tell(on -> on.trace(attached.vif(), live));
            forward(live, count, attached, to);
        } finally {
            try {
                attached.worker().tell(on -> on.trace(attached.vif(), null));
            } finally {
                traced.remove(fullName);
            }
        }
    }

    private void forward(LiveTrace live, int count, Attachment attached, Recipient<Trace> to)
            throws InterruptedException {
        int sent = 0;
        while (sent < count) {
            Trace trace = live.poll();
            if (trace == null) {
                if (!attachments.has(attached) || !to.take(null)) {
                    return;
                }
                Thread.sleep(POLL_MS);
                continue;
            }
            sent++;
            if (!to.take(trace)) {
                return;
            }
        }
    }
}
