package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;

/** Frames that wait for the next flush, of all ports of one poller. */
final class SendQueue {
    private static final int CAPACITY = 1024;
    final Frame[] frames = new Frame[CAPACITY];
    int size;

    void add(Frame frame) {
        frame.sent = false;
        if (size < CAPACITY) {
            frames[size++] = frame;
        }
    }
}
