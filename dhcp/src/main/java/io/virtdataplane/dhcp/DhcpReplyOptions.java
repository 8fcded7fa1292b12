package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Bytes;
import java.lang.foreign.MemorySegment;

/**
 * Writes the options of a reply: into the options field as far as the client takes it (option 57),
 * then into {@code file} and {@code sname} (RFC 2132 9.3), each closed by its own end. A value
 * longer than 255 bytes becomes several options of its code (RFC 3396 7). What finds no room is
 * left out.
 */
final class DhcpReplyOptions {
    private static final int FILE = 108;
    private static final int FILE_LENGTH = 128;
    private static final int SNAME = 44;
    private static final int SNAME_LENGTH = 64;
    private static final int CODE_AND_LENGTH = 2;
    private static final int LONGEST = 255;
    private static final int OVERLOAD = 3; // code, length, which fields

    private MemorySegment b;
    private int message;
    private int at;
    private int limit;
    private int field; // 0 options, 1 file, 2 sname, 3 none is left
    private int overload;
    private int mainEnd;

    /** {@code room}: bytes of the options field, its end and an overload option included. */
    void begin(MemorySegment to, int messageAt, int room) {
        b = to;
        message = messageAt;
        at = messageAt + DhcpMessage.OPTIONS;
        limit = at + room - 1 - OVERLOAD;
        field = 0;
        overload = 0;
    }

    /** False where it found no room, and then nothing of it was written. */
    boolean put(int code, byte[] value, int length) {
        int parts = Math.max(1, (length + LONGEST - 1) / LONGEST);
        int size = length + parts * CODE_AND_LENGTH;
        while (at + size > limit) {
            boolean fitsLater = size <= FILE_LENGTH - 1 && field == 0 || size < SNAME_LENGTH;
            if (!fitsLater || !next()) {
                return false;
            }
        }
        for (int from = 0; from < length || from == 0; from += LONGEST) {
            int part = Math.min(LONGEST, length - from);
            Bytes.put8(b, at, code);
            Bytes.put8(b, at + 1, part);
            for (int i = 0; i < part; i++) {
                Bytes.put8(b, at + CODE_AND_LENGTH + i, value[from + i]);
            }
            at += CODE_AND_LENGTH + part;
        }
        return true;
    }

    void put8(int code, int value) {
        Bytes.put8(b, at, code);
        Bytes.put8(b, at + 1, 1);
        Bytes.put8(b, at + 2, value);
        at += 3;
    }

    void put32(int code, int value) {
        Bytes.put8(b, at, code);
        Bytes.put8(b, at + 1, 4);
        Bytes.put32(b, at + 2, value);
        at += 6;
    }

    private boolean next() {
        if (field == 2) {
            return false;
        }
        close();
        field++;
        overload |= field;
        at = message + (field == 1 ? FILE : SNAME);
        limit = at + (field == 1 ? FILE_LENGTH : SNAME_LENGTH) - 1;
        return true;
    }

    private void close() {
        if (field == 0) {
            mainEnd = at; // its end comes behind the overload option, which is known last
        } else {
            Bytes.put8(b, at, DhcpOptions.END);
        }
    }

    /** Offset behind the options field. */
    int finish() {
        close();
        at = mainEnd;
        if (overload != 0) {
            put8(DhcpOptions.OVERLOAD, overload);
        }
        Bytes.put8(b, at, DhcpOptions.END);
        return at + 1;
    }
}
