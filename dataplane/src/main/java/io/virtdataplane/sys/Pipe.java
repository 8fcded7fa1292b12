package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;

/** pipe(2): tells its reader when nobody has its other end open any more. */
final class Pipe implements AutoCloseable {
    private static final int SYS_PIPE2 = 293; // asm/unistd_64.h
    private static final int SYS_POLL = 7;
    private static final int POLLFD = 8;
    private static final int EVENTS_RETURNED = 6;
    private static final int POLLHUP = 16; // asm-generic/poll.h
    private final Fd out;
    private final Fd in;

    private Pipe(Fd out, Fd in) {
        this.out = out;
        this.in = in;
    }

    static Pipe open() {
        try (Scratch scratch = new Scratch()) {
            MemorySegment both = scratch.zeroed(2 * Integer.BYTES);
            SystemCallException.check(
                    Libc.result(
                            Libc.C.syscall(SYS_PIPE2, both.address(), Fd.O_CLOEXEC, 0, 0, 0, 0)),
                    "pipe");
            return new Pipe(
                    new Fd(both.get(Scratch.U32, 0)), new Fd(both.get(Scratch.U32, Integer.BYTES)));
        }
    }

    /** What is written here would be read at the other end. */
    Fd in() {
        return in;
    }

    /** Nobody has {@link #in} open any more, or not within this time. */
    boolean isClosed(int milliseconds) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment poll = scratch.zeroed(POLLFD); // struct pollfd; a hangup is always told
            poll.set(Scratch.U32, 0, out.number());
            long ready =
                    Libc.result(Libc.C.syscall(SYS_POLL, poll.address(), 1, milliseconds, 0, 0, 0));
            return ready == 1 && (poll.get(Scratch.U16, EVENTS_RETURNED) & POLLHUP) != 0;
        }
    }

    @Override
    public void close() {
        out.close();
        in.close();
    }
}
