package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** epoll(7), level-triggered, each descriptor with a token of the caller's. */
public final class Epoll implements AutoCloseable {
    private static final int EPOLL_CTL_ADD = 1; // sys/epoll.h
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLLIN = 1;
    private static final int EVENT_LENGTH = 12; // struct epoll_event is packed on x86-64
    private static final int CAPACITY = 64;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment events = arena.allocate(EVENT_LENGTH * CAPACITY, 8);
    private final Fd fd =
            new Fd(
                    SystemCallException.check(
                            Libc.result(Libc.C.epoll_create1(Fd.O_CLOEXEC)), "epoll_create1"));

    public void add(Fd watched, int token) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment event = scratch.zeroed(EVENT_LENGTH);
            event.set(Scratch.U32, 0, EPOLLIN);
            event.set(Scratch.U64, 4, token);
            SystemCallException.check(
                    Libc.result(
                            Libc.C.epoll_ctl(
                                    fd.number(), EPOLL_CTL_ADD, watched.number(), event.address())),
                    "epoll_ctl");
        }
    }

    public void remove(Fd watched) {
        Libc.C.epoll_ctl(fd.number(), EPOLL_CTL_DEL, watched.number(), 0);
    }

    /**
     * How many descriptors are readable, 0 on time-out; their tokens by {@link #token}. Negative
     * time-out: no end.
     */
    public int await(int timeoutMs) {
        int result =
                Libc.result(Libc.C.epoll_wait(fd.number(), events.address(), CAPACITY, timeoutMs));
        return result == -Errno.EINTR ? 0 : SystemCallException.check(result, "epoll_wait");
    }

    public int token(int i) {
        return (int) events.get(Scratch.U64, i * EVENT_LENGTH + 4L);
    }

    @Override
    public void close() {
        fd.close();
        arena.close();
    }
}
