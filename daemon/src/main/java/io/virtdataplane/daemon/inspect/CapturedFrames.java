package io.virtdataplane.daemon.inspect;

import io.virtdataplane.dataplane.FrameTap;
import java.util.List;

/**
 * Frames of a capture, in order.
 *
 * @param lost how many found no room since the capture began
 */
public record CapturedFrames(List<Captured> frames, long lost) {
    static final CapturedFrames NONE = new CapturedFrames(List.of(), 0);

    /**
     * @param unixNs when its burst was received
     */
    public record Captured(long unixNs, FrameTap.Side side, byte[] bytes) {}
}
