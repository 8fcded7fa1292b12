package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Bytes;
import java.lang.foreign.MemorySegment;

/**
 * Writes the options of a reply: into the options field as far as the client takes it (option 57),
 * and what finds no room there into {@code file} and {@code sname} (RFC 2132 9.3), each closed by
 * its own end. A value longer than 255 bytes becomes several options of its code (RFC 3396 7).
 */
final class DhcpReplyOptions {
    /** Option 52: which fields hold options. */
    static final int IN_FILE = 1;

    static final int IN_SNAME = 2;

    /** Options, file, sname: parts of a value are put together in this order (RFC 3396 5). */
    private static final int FIELDS = 3;

    private static final int CODE_AND_LENGTH = 2;
    private static final int LONGEST = 255;
    private static final int OVERLOAD = 3; // code, length, which fields

    private MemorySegment b;
    private final int[] starts = new int[FIELDS];
    private final int[] at = new int[FIELDS];
    private final int[] limits = new int[FIELDS];

    /**
     * @param room bytes of the options field, its end and an overload option included
     * @param taken fields that are not for options, as in option 52
     */
    void begin(MemorySegment to, int message, int room, int taken) {
        b = to;
        boolean file = (taken & IN_FILE) == 0;
        boolean sname = (taken & IN_SNAME) == 0;
        field(0, message + DhcpMessage.OPTIONS, room - OVERLOAD);
        field(IN_FILE, message + DhcpMessage.FILE, file ? DhcpMessage.FILE_LENGTH : 0);
        field(IN_SNAME, message + DhcpMessage.SNAME, sname ? DhcpMessage.SNAME_LENGTH : 0);
    }

    private void field(int field, int start, int length) {
        starts[field] = start;
        at[field] = start;
        limits[field] = start + length - 1; // its end
    }

    /** False where no field has room for the whole, and then nothing of it was written. */
    boolean put(int code, byte[] value, int length) {
        int parts = Math.max(1, (length + LONGEST - 1) / LONGEST);
        int size = length + parts * CODE_AND_LENGTH;
        for (int field = 0; field < FIELDS; field++) {
            if (at[field] + size <= limits[field]) {
                put(field, code, value, 0, length);
                return true;
            }
        }
        return false;
    }

    /**
     * For options whose clients put parts together (RFC 3396): over all fields where none has room
     * for the whole, and cut at the last of {@code ends} that fits. How many of these were written.
     */
    int putParts(int code, byte[] value, int[] ends) {
        int room = room();
        int count = ends.length;
        while (count > 0 && ends[count - 1] > room) {
            count--;
        }
        if (count == 0 || put(code, value, ends[count - 1])) {
            return count;
        }
        int from = 0;
        for (int field = 0; field < FIELDS; field++) {
            int to = Math.min(ends[count - 1], from + room(field));
            if (to > from) {
                put(field, code, value, from, to);
                from = to;
            }
        }
        return count;
    }

    private int room() {
        int room = 0;
        for (int field = 0; field < FIELDS; field++) {
            room += room(field);
        }
        return room;
    }

    /** Bytes of a value that the field still takes, its codes and lengths counted. */
    private int room(int field) {
        int free = limits[field] - at[field];
        int full = free / (LONGEST + CODE_AND_LENGTH);
        int rest = free % (LONGEST + CODE_AND_LENGTH);
        return full * LONGEST + Math.max(0, rest - CODE_AND_LENGTH);
    }

    private void put(int field, int code, byte[] value, int from, int to) {
        int done = from;
        do {
            int part = Math.min(LONGEST, to - done);
            Bytes.put8(b, at[field], code);
            Bytes.put8(b, at[field] + 1, part);
            for (int i = 0; i < part; i++) {
                Bytes.put8(b, at[field] + CODE_AND_LENGTH + i, value[done + i]);
            }
            at[field] += CODE_AND_LENGTH + part;
            done += part;
        } while (done < to);
    }

    /** What every reply has comes first, where there is room. */
    void put8(int code, int value) {
        Bytes.put8(b, at[0], code);
        Bytes.put8(b, at[0] + 1, 1);
        Bytes.put8(b, at[0] + 2, value);
        at[0] += 3;
    }

    void put32(int code, int value) {
        Bytes.put8(b, at[0], code);
        Bytes.put8(b, at[0] + 1, 4);
        Bytes.put32(b, at[0] + 2, value);
        at[0] += 6;
    }

    /** Which fields hold options, as in option 52. */
    int overload() {
        return (at[IN_FILE] > starts[IN_FILE] ? IN_FILE : 0)
                | (at[IN_SNAME] > starts[IN_SNAME] ? IN_SNAME : 0);
    }

    /** Offset behind the options field. */
    int finish() {
        int overload = overload();
        for (int field = IN_FILE; field < FIELDS; field++) {
            if ((overload & field) != 0) {
                Bytes.put8(b, at[field], DhcpOptions.END);
            }
        }
        if (overload != 0) {
            put8(DhcpOptions.OVERLOAD, overload);
        }
        Bytes.put8(b, at[0], DhcpOptions.END);
        return at[0] + 1;
    }
}
