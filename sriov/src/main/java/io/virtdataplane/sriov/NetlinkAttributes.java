package io.virtdataplane.sriov;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BiConsumer;

/**
 * The attributes of a netlink message (struct nlattr of linux/netlink.h): written one behind the
 * other, nested ones closed by their opener; read by walking a slice. Numbers are the host's, which
 * is little-endian.
 */
final class NetlinkAttributes {
    private static final int HEADER = 4; // length, type
    private static final int NESTED = 0x8000; // NLA_F_NESTED
    private static final int TYPE_MASK = 0x3fff;
    private final ByteBuffer bytes = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);

    /** Bytes that stand before the first attribute. */
    ByteBuffer raw() {
        return bytes;
    }

    void number(int type, int value) {
        bytes.putShort((short) (HEADER + 4)).putShort((short) type).putInt(value);
    }

    void nested(int type, Runnable inside) {
        int start = bytes.position();
        bytes.putShort((short) 0).putShort((short) (type | NESTED));
        inside.run();
        close(start);
    }

    /** An attribute whose payload is a struct. */
    void struct(int type, Runnable inside) {
        int start = bytes.position();
        bytes.putShort((short) 0).putShort((short) type);
        inside.run();
        close(start);
    }

    private void close(int start) {
        bytes.putShort(start, (short) (bytes.position() - start));
        while (bytes.position() % 4 != 0) {
            bytes.put((byte) 0);
        }
    }

    byte[] message() {
        byte[] message = new byte[bytes.position()];
        bytes.get(0, message);
        return message;
    }

    /** Calls with type and payload of each attribute; one that does not fit ends the walk. */
    static void walk(ByteBuffer attributes, BiConsumer<Integer, ByteBuffer> each) {
        int at = 0;
        while (at + HEADER <= attributes.limit()) {
            int length = attributes.getShort(at) & 0xffff;
            if (length < HEADER || at + length > attributes.limit()) {
                return;
            }
            each.accept(
                    attributes.getShort(at + 2) & TYPE_MASK,
                    slice(attributes, at + HEADER, length - HEADER));
            at += length + 3 & ~3;
        }
    }

    static ByteBuffer slice(ByteBuffer of, int at, int length) {
        return of.slice(at, length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
