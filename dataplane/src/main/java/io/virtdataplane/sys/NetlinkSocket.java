package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A route socket (rtnetlink(7)) for requests of the control path, one at a time: a request, what
 * the kernel answers, and its acknowledgement with the reason in the kernel's own words where it
 * gives one. It acts on the namespace of the thread that opened it.
 */
public final class NetlinkSocket implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_ROUTE = 0;
    private static final int SOL_NETLINK = 270; // linux/socket.h
    private static final int NETLINK_CAP_ACK = 10; // linux/netlink.h
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NLM_F_REQUEST_ACK = 5;
    private static final int NLM_F_ACK_TLVS = 0x200;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSGERR_ATTR_MSG = 1;
    private static final int HEADER = 16; // struct nlmsghdr: length, type, flags, sequence, port
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final int ERROR_HEADER = 4 + HEADER; // struct nlmsgerr, without the request
    private static final int CAPACITY = 256 << 10; // a PF with all its VFs comes in one message
    private final Fd socket;
    private int sequence;

    public NetlinkSocket() {
        socket =
                new Fd(
                        SystemCallException.check(
                                Libc.result(
                                        Libc.C.socket(
                                                AF_NETLINK,
                                                SOCK_RAW | Fd.O_CLOEXEC,
                                                NETLINK_ROUTE)),
                                "netlink socket"));
        // Kernels before 4.12 lack them; then errors have a number only.
        option(NETLINK_CAP_ACK);
        option(NETLINK_EXT_ACK);
    }

    private void option(int name) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment on = scratch.zeroed(4);
            on.set(Scratch.U32, 0, 1);
            Libc.C.setsockopt(socket.number(), SOL_NETLINK, name, on.address(), 4);
        }
    }

    /**
     * What the kernel answers to a message of this type and body, without its header; empty where
     * it only acknowledges.
     *
     * @param what names the request in an exception
     */
    public byte[] request(int type, byte[] body, String what) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment memory = scratch.zeroed(CAPACITY);
            memory.set(Scratch.U32, 0, HEADER + body.length);
            memory.set(Scratch.U16, TYPE, (short) type);
            memory.set(Scratch.U16, FLAGS, (short) NLM_F_REQUEST_ACK);
            memory.set(Scratch.U32, SEQUENCE, ++sequence);
            MemorySegment.copy(body, 0, memory, ValueLayout.JAVA_BYTE, HEADER, body.length);
            SystemCallException.check(
                    socket.write(memory.address(), HEADER + body.length), what + ": send");
            byte[] answer = {};
            while (true) {
                int length =
                        SystemCallException.check(
                                socket.read(memory.address(), CAPACITY), what + ": receive");
                ByteBuffer message =
                        memory.asSlice(0, length).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
                if (length < HEADER || message.getInt(SEQUENCE) != sequence) {
                    continue; // of a request that was given up
                }
                if (message.getShort(TYPE) == NLMSG_ERROR) {
                    acknowledged(message, what);
                    return answer;
                }
                answer = new byte[message.getInt(0) - HEADER];
                message.get(HEADER, answer);
            }
        }
    }

    private static void acknowledged(ByteBuffer message, String what) {
        int result = message.getInt(HEADER);
        if (result < 0) {
            String words = words(message);
            throw new SystemCallException(words.isEmpty() ? what : what + ": " + words, -result);
        }
    }

    /** The text attribute behind the error, where the kernel sent attributes. */
    private static String words(ByteBuffer message) {
        if ((message.getShort(FLAGS) & NLM_F_ACK_TLVS) == 0) {
            return "";
        }
        int at = HEADER + ERROR_HEADER;
        while (at + 4 <= message.limit()) {
            int length = message.getShort(at) & 0xffff;
            if (length < 4 || at + length > message.limit()) {
                return "";
            }
            if (message.getShort(at + 2) == NLMSGERR_ATTR_MSG) {
                byte[] text = new byte[length - 4];
                message.get(at + 4, text);
                return new String(text, StandardCharsets.UTF_8).replace("\0", "");
            }
            at += length + 3 & ~3;
        }
        return "";
    }

    @Override
    public void close() {
        socket.close();
    }
}
