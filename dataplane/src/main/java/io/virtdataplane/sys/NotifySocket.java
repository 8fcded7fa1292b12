package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends states to systemd by the datagram protocol of sd_notify(3). Without $NOTIFY_SOCKET it does
 * nothing.
 */
public final class NotifySocket {
    private static final int SYS_SENDMSG = 46; // asm/unistd_64.h
    private static final int MSGHDR = 56;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int RIGHTS_LENGTH = 20; // CMSG_LEN and CMSG_SPACE of an int
    private static final int RIGHTS_SPACE = 24;
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int PATH_AT = 2;
    private static final int PATH_MAX = 108;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int SO_SNDTIMEO = 21; // asm-generic/socket.h
    private static final long SEND_SECONDS = 2; // one that is stopped does not stop us
    private static final String BARRIER = "BARRIER=1";
    private final String path;

    public NotifySocket(String path) {
        this.path = path;
    }

    public static NotifySocket ofEnvironment() {
        String path = System.getenv("NOTIFY_SOCKET");
        return new NotifySocket(path == null ? "" : path);
    }

    boolean isThere() {
        return !path.isEmpty() && path.length() < PATH_MAX;
    }

    /** For instance {@code "READY=1"}. */
    public void send(String state) {
        send(state, null);
    }

    /**
     * The same with a descriptor.
     *
     * @param fd null: none
     */
    void send(String state, Fd fd) {
        if (!isThere()) {
            return;
        }
        try (Scratch scratch = new Scratch();
                Fd socket =
                        new Fd(
                                SystemCallException.check(
                                        Libc.result(Libc.C.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0)),
                                        "socket"))) {
            MemorySegment message = message(scratch, state, fd);
            MemorySegment timeout = scratch.zeroed(2 * Long.BYTES); // struct timeval
            timeout.set(Scratch.U64, 0, SEND_SECONDS);
            Libc.C.setsockopt(
                    socket.number(), SOL_SOCKET, SO_SNDTIMEO, timeout.address(), 2 * Long.BYTES);
            Libc.C.syscall(SYS_SENDMSG, socket.number(), message.address(), MSG_NOSIGNAL, 0, 0, 0);
        }
    }

    /**
     * Waits until all that was sent before has been taken in (sd_notify_barrier(3)): the other end
     * closes the descriptor that comes with this. False where that takes longer.
     */
    boolean barrier(int milliseconds) {
        if (!isThere()) {
            return false;
        }
        try (Pipe pipe = Pipe.open()) {
            send(BARRIER, pipe.in());
            pipe.in().close();
            return pipe.isClosed(milliseconds);
        }
    }

    /** struct msghdr: the address, one piece of text, and a descriptor as SCM_RIGHTS. */
    private MemorySegment message(Scratch scratch, String state, Fd fd) {
        byte[] text = Libc.bytes(state);
        MemorySegment bytes = scratch.zeroed(text.length);
        MemorySegment.copy(text, 0, bytes, ValueLayout.JAVA_BYTE, 0, text.length);
        MemorySegment piece = scratch.zeroed(2 * Long.BYTES); // struct iovec
        piece.set(Scratch.U64, 0, bytes.address());
        piece.set(Scratch.U64, Long.BYTES, text.length);
        byte[] name = Libc.bytes(path);
        MemorySegment message = scratch.zeroed(MSGHDR);
        message.set(Scratch.U64, 0, address(scratch, name).address());
        message.set(Scratch.U32, 8, PATH_AT + name.length);
        message.set(Scratch.U64, 16, piece.address());
        message.set(Scratch.U64, 24, 1);
        if (fd != null) {
            MemorySegment rights = scratch.zeroed(RIGHTS_SPACE); // struct cmsghdr
            rights.set(Scratch.U64, 0, RIGHTS_LENGTH);
            rights.set(Scratch.U32, 8, SOL_SOCKET);
            rights.set(Scratch.U32, 12, SCM_RIGHTS);
            rights.set(Scratch.U32, 16, fd.number());
            message.set(Scratch.U64, 32, rights.address());
            message.set(Scratch.U64, 40, RIGHTS_SPACE);
        }
        return message;
    }

    private static MemorySegment address(Scratch scratch, byte[] name) {
        MemorySegment address = scratch.zeroed(PATH_AT + PATH_MAX);
        address.set(Scratch.U16, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, PATH_AT, name.length);
        if (name[0] == '@') {
            address.set(ValueLayout.JAVA_BYTE, PATH_AT, (byte) 0); // an abstract socket
        }
        return address;
    }
}
