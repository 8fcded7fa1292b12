package io.virtdataplane.port;

import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Poller;
import io.virtdataplane.sys.Unsupported;

/** Chooses how a worker moves frames. */
public final class Pollers {
    /** As configuration names it. */
    public enum Kind {
        AUTO,
        IO_URING,
        EPOLL
    }

    private Pollers() {}

    /** On the worker's thread. AUTO takes io_uring where the kernel lets us, else epoll. */
    public static Poller open(Kind kind, FramePool pool) {
        return switch (kind) {
            case IO_URING -> new UringPoller(pool);
            case EPOLL -> new EpollPoller(pool);
            case AUTO -> {
                try {
                    yield new UringPoller(pool);
                } catch (Unsupported e) {
                    yield new EpollPoller(pool);
                }
            }
        };
    }
}
