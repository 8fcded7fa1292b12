package io.virtdataplane.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * What the kernel answers to one {@link NetlinkRequest}, read from the datagrams that come:
 * messages with its number and for its port, up to the acknowledgement, which has the reason in the
 * kernel's own words where it gives one. Others are passed over; a message that says to be longer
 * than what has come is an error, since its rest is lost.
 */
public final class NetlinkAnswer {
    private static final int ERROR = 2; // NLMSG_ERROR, also of a success
    private static final int ERROR_BODY = 4 + NetlinkRequest.HEADER; // struct nlmsgerr
    private static final int ACK_TLVS = 0x200; // NLM_F_ACK_TLVS
    private static final int ATTRIBUTE_MESSAGE = 1; // NLMSGERR_ATTR_MSG
    private static final int TYPE_MASK = 0x3fff; // NLA_TYPE_MASK
    private final int sequence;
    private final int port;
    private byte[] body = {};
    private int errno;
    private String words = "";

    /** {@code port}: the socket's own, to which the kernel answers. */
    NetlinkAnswer(int sequence, int port) {
        this.sequence = sequence;
        this.port = port;
    }

    /** True when with this datagram the request has been acknowledged, or refused. */
    boolean take(ByteBuffer datagram) {
        ByteBuffer all = datagram.slice().order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        do {
            int left = all.limit() - at;
            int length = left < NetlinkRequest.HEADER ? 0 : all.getInt(at + NetlinkRequest.LENGTH);
            if (length < NetlinkRequest.HEADER || length > left) {
                throw new SystemCallException(
                        "answer is cut off: bytes=" + left + " length=" + length, Errno.EBADMSG);
            }
            if (isOurs(all, at) && isLast(slice(all, at, length))) {
                return true;
            }
            at += length + 3 & ~3; // NLMSG_ALIGN
        } while (at < all.limit());
        return false;
    }

    private boolean isOurs(ByteBuffer all, int at) {
        return all.getInt(at + NetlinkRequest.SEQUENCE) == sequence
                && all.getInt(at + NetlinkRequest.PORT) == port;
    }

    private boolean isLast(ByteBuffer message) {
        int length = message.limit() - NetlinkRequest.HEADER;
        if (message.getShort(NetlinkRequest.TYPE) != ERROR) {
            body = new byte[length];
            message.get(NetlinkRequest.HEADER, body);
            return false;
        }
        if (length < ERROR_BODY) {
            throw new SystemCallException(
                    "acknowledgement is cut off: length=" + length, Errno.EBADMSG);
        }
        errno = -message.getInt(NetlinkRequest.HEADER);
        if ((message.getShort(NetlinkRequest.FLAGS) & ACK_TLVS) != 0) {
            int from = NetlinkRequest.HEADER + ERROR_BODY;
            attributes(slice(message, from, message.limit() - from), this::read);
        }
        return true;
    }

    private void read(int type, ByteBuffer value) {
        if (type == ATTRIBUTE_MESSAGE) {
            words = StandardCharsets.UTF_8.decode(value).toString().replace("\0", "");
        }
    }

    /** Of the last message before the acknowledgement; empty where there was none. */
    byte[] body() {
        return body;
    }

    /** 0: the request was granted. */
    int errno() {
        return errno;
    }

    /** Empty where the kernel gave no reason. */
    String words() {
        return words;
    }

    /** The attributes of a body behind its fixed part; none where that is not whole. */
    public static void attributes(
            byte[] body, int fixedPart, BiConsumer<Integer, ByteBuffer> each) {
        if (body.length >= fixedPart) {
            ByteBuffer all = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
            attributes(slice(all, fixedPart, body.length - fixedPart), each);
        }
    }

    /** Calls with type and payload of each attribute; one that does not fit ends the walk. */
    public static void attributes(ByteBuffer list, BiConsumer<Integer, ByteBuffer> each) {
        int at = 0;
        while (at + NetlinkRequest.ATTRIBUTE_HEADER <= list.limit()) {
            int length = list.getShort(at) & 0xffff;
            if (length < NetlinkRequest.ATTRIBUTE_HEADER || at + length > list.limit()) {
                return;
            }
            int from = at + NetlinkRequest.ATTRIBUTE_HEADER;
            each.accept(
                    list.getShort(at + 2) & TYPE_MASK,
                    slice(list, from, length - NetlinkRequest.ATTRIBUTE_HEADER));
            at += length + 3 & ~3;
        }
    }

    private static ByteBuffer slice(ByteBuffer of, int at, int length) {
        return of.slice(at, length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
