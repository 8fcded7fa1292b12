package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;

/** Frames that wait for the next flush, of all ports of one poller. */
final class SendQueue {
    private static final int CAPACITY = 1024;
    final Frame[] frames = new Frame[CAPACITY];
    int size;

    void add(Frame frame) {
        frame.unsent = Verdict.DROP_EGRESS_FULL; // until it has left
        if (size < CAPACITY) {
            frames[size++] = frame;
        }
    }
}
