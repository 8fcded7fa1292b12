package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends states to systemd by the datagram protocol of sd_notify(3). Without $NOTIFY_SOCKET it does
 * nothing.
 */
public final class NotifySocket {
    private static final int SYS_SENDTO = 44; // asm/unistd_64.h
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int PATH_AT = 2;
    private static final int PATH_MAX = 108;
    private static final int MSG_NOSIGNAL = 0x4000;
    private final String path;

    public NotifySocket(String path) {
        this.path = path;
    }

    public static NotifySocket ofEnvironment() {
        String path = System.getenv("NOTIFY_SOCKET");
        return new NotifySocket(path == null ? "" : path);
    }

    /** For instance {@code "READY=1"}. */
    public void send(String state) {
        if (path.isEmpty() || path.length() >= PATH_MAX) {
            return;
        }
        byte[] name = Libc.bytes(path);
        byte[] text = Libc.bytes(state);
        try (Scratch scratch = new Scratch();
                Fd socket =
                        new Fd(
                                SystemCallException.check(
                                        Libc.result(Libc.C.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0)),
                                        "socket"))) {
            MemorySegment address = scratch.zeroed(PATH_AT + PATH_MAX);
            address.set(Scratch.U16, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, PATH_AT, name.length);
            if (name[0] == '@') {
                address.set(ValueLayout.JAVA_BYTE, PATH_AT, (byte) 0); // an abstract socket
            }
            MemorySegment message = scratch.zeroed(text.length);
            MemorySegment.copy(text, 0, message, ValueLayout.JAVA_BYTE, 0, text.length);
            Libc.C.syscall(
                    SYS_SENDTO,
                    socket.number(),
                    message.address(),
                    text.length,
                    MSG_NOSIGNAL,
                    address.address(),
                    PATH_AT + name.length);
        }
    }
}
