package io.virtdataplane.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A request of netlink(7): its header, the fixed part that its type has, and attributes one behind
 * the other (struct nlmsghdr, struct nlattr of linux/netlink.h). Numbers are the host's, which is
 * little-endian. It asks to be acknowledged.
 */
public final class NetlinkRequest {
    /** The object may not be there yet, and is to be made. */
    public static final int CREATE = 0x600; // NLM_F_CREATE | NLM_F_EXCL

    static final int HEADER = 16;
    static final int LENGTH = 0;
    static final int TYPE = 4;
    static final int FLAGS = 6;
    static final int SEQUENCE = 8;
    static final int PORT = 12;
    static final int ATTRIBUTE_HEADER = 4; // length, type
    private static final int REQUEST = 1; // NLM_F_REQUEST
    private static final int REQUEST_ACK = 5; // NLM_F_REQUEST | NLM_F_ACK
    private static final int NESTED = 0x8000; // NLA_F_NESTED
    private static final int CAPACITY = 512;
    private final ByteBuffer bytes = ByteBuffer.allocate(CAPACITY).order(ByteOrder.LITTLE_ENDIAN);

    public NetlinkRequest(int type) {
        this(type, 0);
    }

    /** {@code flags}: {@link #CREATE}, or 0. */
    public NetlinkRequest(int type, int flags) {
        bytes.putShort(TYPE, (short) type).putShort(FLAGS, (short) (flags | REQUEST_ACK));
        bytes.position(HEADER);
    }

    /** The same of one that is not acknowledged. */
    static NetlinkRequest withoutAck(int type, int flags) {
        NetlinkRequest request = new NetlinkRequest(type, flags);
        request.bytes.putShort(FLAGS, (short) (flags | REQUEST));
        return request;
    }

    /** Where the next bytes go: the fixed part, or those of a {@link #struct}. */
    public ByteBuffer raw() {
        return bytes;
    }

    public NetlinkRequest number(int type, int value) {
        return attribute(type, () -> bytes.putInt(value));
    }

    /** As a C string. */
    public NetlinkRequest text(int type, String value) {
        return attribute(type, () -> bytes.put(Libc.bytes(value)).put((byte) 0));
    }

    /** An attribute of attributes, which {@code inside} writes. */
    public NetlinkRequest nested(int type, Runnable inside) {
        return attribute(type | NESTED, inside);
    }

    /** An attribute whose payload {@code inside} writes, as it is. */
    public NetlinkRequest struct(int type, Runnable inside) {
        return attribute(type, inside);
    }

    private NetlinkRequest attribute(int type, Runnable inside) {
        int start = bytes.position();
        bytes.putShort((short) 0).putShort((short) type);
        inside.run();
        bytes.putShort(start, (short) (bytes.position() - start));
        while (bytes.position() % 4 != 0) { // NLA_ALIGN
            bytes.put((byte) 0);
        }
        return this;
    }

    /** What stands behind the header. */
    public byte[] body() {
        return Arrays.copyOfRange(bytes.array(), HEADER, bytes.position());
    }

    /** All of it, by this number. */
    byte[] message(int sequence) {
        bytes.putInt(LENGTH, bytes.position()).putInt(SEQUENCE, sequence);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }
}
