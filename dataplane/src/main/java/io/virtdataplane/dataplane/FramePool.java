package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;

/**
 * A fixed number of frames over one stretch of memory, kept as a stack so that the warmest is used
 * next. One thread.
 */
public final class FramePool {
    private final Frame[] frames;
    private final Frame[] free;
    private int available;

    /** {@code memory} holds {@code bytes(count)}; its pages are touched only as frames are used. */
    public FramePool(MemorySegment memory, int count) {
        frames = new Frame[count];
        free = new Frame[count];
        for (int i = 0; i < count; i++) {
            frames[i] = new Frame(memory.asSlice((long) i * Frame.CAPACITY, Frame.CAPACITY), i);
        }
        for (int i = count - 1; i >= 0; i--) {
            free[available++] = frames[i];
        }
    }

    public static long bytes(int count) {
        return (long) count * Frame.CAPACITY;
    }

    public int capacity() {
        return frames.length;
    }

    public int available() {
        return available;
    }

    public boolean isEmpty() {
        return available == 0;
    }

    /** Only when not {@link #isEmpty}. */
    public Frame take() {
        Frame frame = free[--available];
        frame.reset();
        return frame;
    }

    public void free(Frame frame) {
        frame.ingress = null;
        frame.egress = null;
        frame.vif = null;
        free[available++] = frame;
    }

    public Frame byIndex(int index) {
        return frames[index];
    }
}
