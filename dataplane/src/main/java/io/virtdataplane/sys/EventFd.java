package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** eventfd(2): lets any thread wake one that sleeps in a poller. */
public final class EventFd implements AutoCloseable {
    private static final MemorySegment ONE = Arena.global().allocate(8, 8);
    private final Fd fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment value = arena.allocate(8, 8);

    static {
        ONE.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    public EventFd() {
        fd =
                new Fd(
                        SystemCallException.check(
                                Libc.result(Libc.C.eventfd(0, Fd.O_NONBLOCK | Fd.O_CLOEXEC)),
                                "eventfd"));
    }

    public Fd fd() {
        return fd;
    }

    public void signal() {
        fd.write(ONE.address(), 8);
    }

    /** Takes the signals that have come; only the sleeping thread calls this. */
    public void drain() {
        fd.read(value.address(), 8);
    }

    @Override
    public void close() {
        fd.close();
        arena.close();
    }
}
