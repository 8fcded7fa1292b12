package io.virtdataplane.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads a server's reply as a client does: RFC 2131 and, parts put together, RFC 3396. */
final class ReplyReader {
    private static final int UDP_PAYLOAD = 14 + 20 + 8;
    private final ByteBuffer message;
    private final Map<Integer, ByteArrayOutputStream> options = new TreeMap<>();

    /** {@code frame}: Ethernet, IPv4 without options, UDP. */
    ReplyReader(byte[] frame) {
        message = ByteBuffer.wrap(frame, UDP_PAYLOAD, frame.length - UDP_PAYLOAD).slice();
        read(240, message.capacity());
        int overload = options.containsKey(52) ? option(52)[0] : 0;
        if ((overload & 1) != 0) {
            read(108, 236);
        }
        if ((overload & 2) != 0) {
            read(44, 108);
        }
    }

    private void read(int from, int to) {
        int i = from;
        while (true) {
            int code = message.get(i) & 0xff;
            if (code == 255) {
                return;
            }
            i++;
            if (code == 0) {
                continue;
            }
            int length = message.get(i) & 0xff;
            if (i + 1 + length >= to) {
                throw new AssertionError("no end: code=" + code + " at=" + i);
            }
            byte[] part = new byte[length];
            message.get(i + 1, part);
            options.computeIfAbsent(code, c -> new ByteArrayOutputStream()).writeBytes(part);
            i += 1 + length;
        }
    }

    int length() {
        return message.capacity();
    }

    /** Of the UDP payload, by its offset in RFC 2131 2. */
    int field8(int at) {
        return message.get(at) & 0xff;
    }

    int field16(int at) {
        return message.getShort(at) & 0xffff;
    }

    int field32(int at) {
        return message.getInt(at);
    }

    byte[] bytes(int at, int length) {
        byte[] bytes = new byte[length];
        message.get(at, bytes);
        return bytes;
    }

    /** A field that holds text, up to its first zero. */
    String text(int at, int length) {
        return new String(bytes(at, length), StandardCharsets.US_ASCII).replaceFirst("\0.*", "");
    }

    List<Integer> codes() {
        return List.copyOf(options.keySet());
    }

    /** Null where there is none. */
    byte[] option(int code) {
        return options.containsKey(code) ? options.get(code).toByteArray() : null;
    }

    int type() {
        return option(53)[0];
    }

    /** RFC 3397 2: names with the pointers of RFC 1035 4.1.4 within the whole value. */
    List<String> searchList() {
        byte[] value = option(119);
        List<String> names = new ArrayList<>();
        for (int at = 0; at < value.length; ) {
            List<String> labels = new ArrayList<>();
            int next = -1;
            int i = at;
            while (value[i] != 0) {
                int length = value[i] & 0xff;
                if (length >= 0xc0) {
                    int target = (length & 0x3f) << 8 | value[i + 1] & 0xff;
                    if (target >= i) {
                        throw new AssertionError("a pointer forwards: at=" + i);
                    }
                    next = next < 0 ? i + 2 : next;
                    i = target;
                } else {
                    labels.add(
                            new String(
                                    Arrays.copyOfRange(value, i + 1, i + 1 + length),
                                    StandardCharsets.US_ASCII));
                    i += 1 + length;
                }
            }
            at = next < 0 ? i + 1 : next;
            names.add(String.join(".", labels));
        }
        return names;
    }
}
