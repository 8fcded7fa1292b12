package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A route socket (rtnetlink(7)) for requests of the control path, one at a time. It acts on the
 * namespace of the thread that opened it, and is connected to the kernel: nobody else can send to
 * it.
 */
public final class NetlinkSocket implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_ROUTE = 0;
    private static final int SOL_NETLINK = 270; // linux/socket.h
    private static final int NETLINK_CAP_ACK = 10; // linux/netlink.h
    private static final int NETLINK_EXT_ACK = 11;
    private static final int ADDRESS = 12; // struct sockaddr_nl: family, pad, port, groups
    private static final int ADDRESS_PORT = 4;
    private static final int CAPACITY = 256 << 10; // a PF with all its VFs comes in one message
    private final Fd socket;
    private final int port;
    private int sequence;

    public NetlinkSocket() {
        this(0);
    }

    /** {@code flags}: of the descriptor, beside O_CLOEXEC. */
    NetlinkSocket(int flags) {
        this(NETLINK_ROUTE, flags);
    }

    /** Of another family than the routes'. */
    NetlinkSocket(int family, int flags) {
        int type = SOCK_RAW | Fd.O_CLOEXEC | flags;
        socket =
                new Fd(
                        SystemCallException.check(
                                Libc.result(Libc.C.socket(AF_NETLINK, type, family)),
                                "netlink socket"));
        try {
            port = connect();
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
        // Kernels before 4.12 lack them; then errors have a number only.
        option(NETLINK_CAP_ACK);
        option(NETLINK_EXT_ACK);
    }

    /** To the kernel, whose port is 0; the socket's own. */
    private int connect() {
        try (Scratch scratch = new Scratch()) {
            MemorySegment address = scratch.zeroed(ADDRESS);
            address.set(Scratch.U16, 0, (short) AF_NETLINK);
            SystemCallException.check(
                    Libc.result(Libc.C.connect(socket.number(), address.address(), ADDRESS)),
                    "connect netlink socket");
            MemorySegment length = scratch.zeroed(4);
            length.set(Scratch.U32, 0, ADDRESS);
            SystemCallException.check(
                    Libc.result(
                            Libc.C.getsockname(
                                    socket.number(), address.address(), length.address())),
                    "name of netlink socket");
            return address.get(Scratch.U32, ADDRESS_PORT);
        }
    }

    private void option(int name) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment on = scratch.zeroed(4);
            on.set(Scratch.U32, 0, 1);
            Libc.C.setsockopt(socket.number(), SOL_NETLINK, name, on.address(), 4);
        }
    }

    /**
     * What the kernel answers, without its header; empty where it only acknowledges.
     *
     * @param what names the request in an exception, which a refusal is
     */
    public byte[] request(NetlinkRequest request, String what) {
        NetlinkAnswer answer = ask(request, what);
        if (answer.errno() != 0) {
            String words = answer.words();
            throw new SystemCallException(
                    words.isEmpty() ? what : what + ": " + words, answer.errno());
        }
        return answer.body();
    }

    /** The same where a refusal is to be expected. */
    NetlinkAnswer ask(NetlinkRequest request, String what) {
        NetlinkAnswer answer = new NetlinkAnswer(++sequence, port);
        send(request.message(sequence), what);
        receive(answer, what);
        return answer;
    }

    void send(byte[] message, String what) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment memory = scratch.zeroed(message.length);
            MemorySegment.copy(message, 0, memory, ValueLayout.JAVA_BYTE, 0, message.length);
            SystemCallException.check(
                    socket.write(memory.address(), message.length), what + ": send");
        }
    }

    /** Until it is acknowledged. */
    void receive(NetlinkAnswer answer, String what) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment memory = scratch.zeroed(CAPACITY);
            boolean isWhole = false;
            while (!isWhole) {
                int length =
                        SystemCallException.check(
                                socket.read(memory.address(), CAPACITY), what + ": receive");
                isWhole = answer.take(memory.asSlice(0, length).asByteBuffer());
            }
        }
    }

    int port() {
        return port;
    }

    boolean isOpen() {
        return socket.isOpen();
    }

    @Override
    public void close() {
        socket.close();
    }
}
