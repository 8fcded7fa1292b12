package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Port;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * A port in memory, for tests and replay: {@link #inject} what is to arrive, read what left in
 * {@link #departed}. Frames are byte arrays from the Ethernet header on; the virtio_net_hdr is
 * cleared, or given.
 */
public final class PairPort implements Port {
    private final int id;
    private final String name;
    private final Queue<Frame> arrived = new ArrayDeque<>();
    private final List<byte[]> departed = new ArrayList<>();
    private boolean keep = true;
    long sent;

    public PairPort(int id, String name) {
        this.id = id;
        this.name = name;
    }

    /** For long runs: count what leaves and keep none of it; or keep again. */
    public PairPort keep(boolean frames) {
        keep = frames;
        return this;
    }

    /** Puts {@code bytes} into {@code frame} and lets it arrive here. */
    public void inject(Frame frame, byte[] bytes) {
        frame.received(this, bytes);
        arrived.add(frame);
    }

    /** Lets a frame arrive whose bytes and virtio_net_hdr the caller has set. */
    public void inject(Frame frame) {
        frame.ingress = this;
        arrived.add(frame);
    }

    public List<byte[]> departed() {
        return departed;
    }

    public long sent() {
        return sent;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public int receive(Frame[] burst, int from, int most) {
        int count = 0;
        while (count < most && from + count < burst.length && !arrived.isEmpty()) {
            burst[from + count++] = arrived.remove();
        }
        return count;
    }

    boolean hasArrivals() {
        return !arrived.isEmpty();
    }

    @Override
    public void send(Frame frame) {
        frame.egress = this;
        frame.unsent = null;
        sent++;
        if (keep) {
            departed.add(
                    frame.data.asSlice(frame.start, frame.length).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Override
    public void close() {
        arrived.clear();
    }
}
