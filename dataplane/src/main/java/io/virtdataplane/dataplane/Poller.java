package io.virtdataplane.dataplane;

/**
 * A worker's way to the system: sleeps until frames come, fetches and sends in bulk. The worker's
 * thread only, but for {@link #wake}.
 */
public interface Poller extends AutoCloseable {
    /** What it is, for status output: "io_uring" or "epoll". */
    String kind();

    void add(Port port);

    /** No frame of the port arrives afterwards; those it still held go back to the pool. */
    void remove(Port port);

    /**
     * Fetches frames from ports that have some into {@code ready}; how many ports. Sleeps until one
     * has, until {@link #wake}, or for {@code timeoutNs} (0: not at all; negative: without end).
     */
    int await(Port[] ready, long timeoutNs);

    /** Sends all queued frames and sets their {@link Frame#sent}. */
    void flush();

    /** Ends a sleep. Any thread. */
    void wake();

    @Override
    void close();
}
