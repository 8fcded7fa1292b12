package io.virtdataplane.daemon.inspect;

import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.inspect.CapturedFrames.Captured;
import io.virtdataplane.daemon.rpc.Recipient;
import io.virtdataplane.dataplane.FrameTap;
import io.virtdataplane.sys.Mapping;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
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
     * Until the NIC goes or {@code to} has had enough. No frames are sent when it has begun.
     *
     * @param side "guest", "uplink", "both" or empty: both
     * @param filter of pcap-filter(7); empty: all frames
     */
    public void capture(String name, String side, String filter, Recipient<CapturedFrames> to)
            throws InterruptedException {
        FrameTap.Side only = side(side);
        Attachment attached = attachments.find(name);
        String fullName = attached.name();
        try (CaptureFilter compiled = CaptureFilter.compile(filter)) {
            if (!captured.add(fullName)) {
                throw new IllegalArgumentException(
                        "nic must not have another capture at the same time: nic=" + fullName);
            }
            try {
                capture(attached, only, compiled, to);
            } finally {
                captured.remove(fullName);
            }
        }
    }

    private void capture(
            Attachment attached,
            FrameTap.Side only,
            CaptureFilter filter,
            Recipient<CapturedFrames> to)
            throws InterruptedException {
        Mapping ring = Mapping.anonymous(RING_BYTES);
        Tap tap = new Tap(new FrameTap(ring.segment(), WHOLE_FRAMES), only, filter);
        attached.worker().tell(on -> on.capture(attached.vif(), tap.tap()));
        try {
            to.take(CapturedFrames.NONE);
            forward(attached, tap, to);
        } finally {
            attached.worker().tell(on -> on.capture(attached.vif(), null));
            ring.close(); // where the worker has not answered, the ring is kept for it
        }
    }

    /**
     * What one capture takes from the ring.
     *
     * @param only null: both sides
     */
    private record Tap(FrameTap tap, FrameTap.Side only, CaptureFilter filter) {
        boolean wants(FrameTap.Side side, byte[] frame) {
            return (only == null || side == only) && filter.matches(frame);
        }
    }

    private void forward(Attachment attached, Tap tap, Recipient<CapturedFrames> to)
            throws InterruptedException {
        long clockToUnixNs = System.currentTimeMillis() * 1_000_000L - System.nanoTime();
        long lost = 0;
        boolean wanted = true;
        while (wanted && attachments.has(attached)) {
            List<Captured> frames = new ArrayList<>();
            int drained = drain(tap, clockToUnixNs, frames, to);
            if (!frames.isEmpty() || tap.tap().lost() != lost) {
                lost = tap.tap().lost();
                wanted = to.take(new CapturedFrames(frames, lost));
            } else if (drained == 0) {
                wanted = to.take(null);
                Thread.sleep(POLL_MS);
            }
        }
    }

    /** What does not fit into one message is sent at once. */
    private static int drain(
            Tap tap, long clockToUnixNs, List<Captured> frames, Recipient<CapturedFrames> to) {
        int[] bytes = {0};
        return tap.tap()
                .drain(
                        (timeNs, side, data, wireLength) -> {
                            byte[] frame = data.toArray(ValueLayout.JAVA_BYTE);
                            if (!tap.wants(side, frame)) {
                                return;
                            }
                            bytes[0] += frame.length;
                            frames.add(new Captured(timeNs + clockToUnixNs, side, frame));
                            if (bytes[0] >= MESSAGE_BYTES) {
                                bytes[0] = 0;
                                to.take(new CapturedFrames(List.copyOf(frames), 0));
                                frames.clear();
                            }
                        });
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
