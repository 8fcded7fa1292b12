package io.virtdataplane.dataplane;

/**
 * Where frames enter and leave. Both directions work in bursts: a {@link Poller} fetches frames
 * from the system for many ports at once and later sends all that was queued. A port is used by its
 * worker's thread only.
 */
public interface Port extends AutoCloseable {
    String name();

    /** A small number, unique in the worker. */
    int id();

    /**
     * Takes frames that the poller fetched, {@code most} of them, into {@code burst} from {@code
     * from} on; how many.
     */
    int receive(Frame[] burst, int from, int most);

    /**
     * Queues a frame for the next {@link Poller#flush}, which sets {@link Frame#sent}. The caller
     * still frees it, after that.
     */
    void send(Frame frame);

    /**
     * Frames that came while the queue to us was full, since it was opened, as somebody looked
     * last. Any thread.
     */
    default long missed() {
        return 0;
    }

    @Override
    void close();
}
