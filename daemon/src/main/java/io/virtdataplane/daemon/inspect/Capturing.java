package io.virtdataplane.daemon.inspect;

import com.google.protobuf.UnsafeByteOperations;
import io.virtdataplane.api.CaptureReply;
import io.virtdataplane.api.CaptureRequest;
import io.virtdataplane.api.CapturedFrame;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.rpc.Recipient;
import io.virtdataplane.dataplane.FrameTap;
import io.virtdataplane.sys.Mapping;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams the frames of a NIC to a client. The packet thread copies them into a ring; the thread of
 * the call filters and sends, and what finds no room in the ring is counted.
 */
public final class Capturing {
    private static final long RING_BYTES = 8 << 20;
    private static final int WHOLE_FRAMES = 1 << 17;
    private static final int MESSAGE_BYTES = 1 << 20;
    private static final long POLL_MS = 10;
    private final Attachments attachments;
    private final Set<String> captured = ConcurrentHashMap.newKeySet();

    public Capturing(Attachments attachments) {
        this.attachments = attachments;
    }

    /**
     * Until the NIC goes or {@code to} has had enough. An empty reply is sent when it has begun.
     */
    public void capture(CaptureRequest request, Recipient<CaptureReply> to)
            throws InterruptedException {
        FrameTap.Side only = side(request.getSide());
        Attachment attached = attachments.find(request.getNic());
        String name = attached.name();
        try (CaptureFilter filter = CaptureFilter.compile(request.getFilter())) {
            if (!captured.add(name)) {
                throw new IllegalArgumentException("nic must not be captured already: nic=" + name);
            }
            Mapping ring = Mapping.anonymous(RING_BYTES);
            FrameTap tap = new FrameTap(ring.segment(), WHOLE_FRAMES);
            long clockToUnixNs = System.currentTimeMillis() * 1_000_000L - System.nanoTime();
            install(attached, tap);
            try {
                to.take(CaptureReply.getDefaultInstance());
                forward(attached, tap, only, filter, clockToUnixNs, to);
            } finally {
                try {
                    install(attached, null);
                    ring.close(); // where the worker has not answered, the ring is kept for it
                } finally {
                    captured.remove(name);
                }
            }
        }
    }

    private static void install(Attachment attached, FrameTap tap) {
        attached.worker()
                .ask(
                        on -> {
                            on.capture(attached.vif(), tap);
                            return null;
                        });
    }

    private void forward(
            Attachment attached,
            FrameTap tap,
            FrameTap.Side only,
            CaptureFilter filter,
            long clockToUnixNs,
            Recipient<CaptureReply> to)
            throws InterruptedException {
        CaptureReply.Builder reply = CaptureReply.newBuilder();
        long lost = 0;
        boolean wanted = true;
        while (wanted && attachments.isAttached(attached)) {
            int[] bytes = {0};
            int drained =
                    tap.drain(
                            (timeNs, side, data, wireLength) -> {
                                if (only != null && side != only) {
                                    return;
                                }
                                byte[] frame = data.toArray(ValueLayout.JAVA_BYTE);
                                if (!filter.matches(frame)) {
                                    return;
                                }
                                bytes[0] += frame.length;
                                reply.addFrames(
                                        CapturedFrame.newBuilder()
                                                .setUnixNs(timeNs + clockToUnixNs)
                                                .setSide(side.name().toLowerCase(Locale.ROOT))
                                                .setData(UnsafeByteOperations.unsafeWrap(frame)));
                                if (bytes[0] >= MESSAGE_BYTES) {
                                    bytes[0] = 0;
                                    to.take(reply.build());
                                    reply.clear();
                                }
                            });
            if (reply.getFramesCount() > 0 || tap.lost() != lost) {
                lost = tap.lost();
                wanted = to.take(reply.setLost(lost).build());
                reply.clear();
            } else if (drained == 0) {
                wanted = to.take(null);
                Thread.sleep(POLL_MS);
            }
        }
    }

    /** Null for both. */
    private static FrameTap.Side side(String text) {
        return switch (text) {
            case "", "both" -> null;
            case "guest" -> FrameTap.Side.GUEST;
            case "uplink" -> FrameTap.Side.UPLINK;
            default ->
                    throw new IllegalArgumentException(
                            "side must be guest, uplink or both: side=" + text);
        };
    }
}
