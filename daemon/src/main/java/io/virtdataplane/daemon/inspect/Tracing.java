package io.virtdataplane.daemon.inspect;

import io.virtdataplane.api.GivenFrame;
import io.virtdataplane.api.LiveFrames;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.rpc.Recipient;
import io.virtdataplane.dataplane.LiveTrace;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
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

    public TraceReply explain(String name, GivenFrame given) {
        boolean fromGuest =
                switch (given.getFrom()) {
                    case "guest" -> true;
                    case "outside" -> false;
                    default ->
                            throw new IllegalArgumentException(
                                    "from must be guest or outside: from=" + given.getFrom());
                };
        byte[] frame = given.getFrame().toByteArray();
        if (frame.length == 0 || frame.length > LONGEST_FRAME) {
            throw new IllegalArgumentException(
                    "frame must be 1-" + LONGEST_FRAME + " bytes: length=" + frame.length);
        }
        Trace trace =
                attachments.with(
                        name,
                        attached ->
                                attached.worker()
                                        .ask(on -> on.explain(attached.vif(), fromGuest, frame)));
        return reply(trace, fromGuest);
    }

    /** Until so many have come, or {@code to} has had enough. */
    public void live(String name, LiveFrames frames, Recipient<TraceReply> to)
            throws InterruptedException {
        int count = frames.getCount() == 0 ? DEFAULT_COUNT : frames.getCount();
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException("count must be 1-" + MAX_COUNT + ": count=" + count);
        }
        LiveTrace live = new LiveTrace(filter(frames), count);
        Attachment attached = attachments.find(name);
        String fullName = attached.name();
        if (!traced.add(fullName)) {
            throw new IllegalArgumentException("nic must not be traced already: nic=" + fullName);
        }
        try {
            attached.worker()
                    .ask(
                            on -> {
                                on.trace(attached.vif(), live);
                                return null;
                            });
            forward(live, count, attached, to);
        } finally {
            try {
                attached.worker()
                        .ask(
                                on -> {
                                    on.trace(attached.vif(), null);
                                    return null;
                                });
            } finally {
                traced.remove(fullName);
            }
        }
    }

    private void forward(LiveTrace live, int count, Attachment attached, Recipient<TraceReply> to)
            throws InterruptedException {
        int sent = 0;
        while (sent < count) {
            Trace trace = live.poll();
            if (trace == null) {
                if (!attachments.isAttached(attached) || !to.take(null)) {
                    return;
                }
                Thread.sleep(POLL_MS);
                continue;
            }
            sent++;
            if (!to.take(reply(trace, trace.isFromGuest()))) {
                return;
            }
        }
    }

    private static LiveTrace.Filter filter(LiveFrames frames) {
        int protocol = frames.getProtocol().isEmpty() ? -1 : Protocols.number(frames.getProtocol());
        long[] address = frames.getAddress().isEmpty() ? null : AddressText.ip(frames.getAddress());
        int port = frames.getPort();
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0-65535: port=" + port);
        }
        boolean dropsOnly = frames.getDropsOnly();
        return (fromGuest, frame, verdict) -> {
            if (dropsOnly && !verdict.isDrop()) {
                return false;
            }
            PacketFields fields = PacketFields.of(frame);
            return (protocol < 0 || fields.isProtocol(protocol))
                    && (address == null || fields.hasAddress(address[0], address[1]))
                    && (port == 0 || fields.hasPort(port));
        };
    }

    private static TraceReply reply(Trace trace, boolean fromGuest) {
        Verdict verdict = trace.verdict();
        return TraceReply.newBuilder()
                .setFrom(fromGuest ? "guest" : "outside")
                .setBefore(PacketFields.of(trace.before()).text())
                .setAfter(trace.after().length == 0 ? "" : PacketFields.of(trace.after()).text())
                .addAllSteps(trace.describe())
                .setVerdict(verdict.label())
                .setMeaning(verdict.words())
                .setDrop(verdict.isDrop())
                .build();
    }
}
