package io.virtdataplane.bridge;

import java.security.SecureRandom;

/**
 * The forwarding database of one bridge: (VLAN, MAC address) to port. One writer, the worker.
 *
 * <p>A hash table with open addressing in one array of longs, two a slot, so that a lookup that
 * hits touches one cache line:
 *
 * <pre>
 *   key:   VLAN (16 bits) | MAC address (48 bits); 0 means the slot is free (no station has address 0)
 *   value: time last seen (32 bits, in units of 2^26 ns) | flags (8) | unused (8) | port (16)
 * </pre>
 *
 * The table is sized for its limit and never more than three quarters full, so a probe is short
 * whatever stations a guest invents. An entry that has outlived the ageing time is as good as
 * absent from that very moment; {@link #age} later frees its slot, a bounded number of slots a
 * call.
 *
 * <p>What a lookup costs among few stations, among all that a bridge learns (16,384), and beside
 * operators' entries until no more is taken; in brackets the ratio to the smallest:
 *
 * <pre>
 *   stations   fill   slots looked at    found           not found       seen again      memory an entry
 *                     mean   longest
 *         64   0.00   1.00         1     3.8 ns (1.0)    3.6 ns (1.0)    4.6 ns (1.0)
 *     16,384   0.50   1.50     20-23     4.9 ns (1.3)    5.8 ns (1.6)    5.6 ns (1.2)    32 bytes
 *     24,573   0.75   2.51    81-101     5.6 ns (1.5)     21 ns (5.8)    7.3 ns (1.6)    21 bytes
 * </pre>
 *
 * First deciles of {@code bench/jmh Fdb -f 1 -i 150 -r 20ms}, which prints the fill too; JDK 25,
 * two cores of a shared machine. An unknown station costs most where the table is fullest: it is
 * unknown only at the end of a run.
 */
public final class Fdb {
    /** No port has this station. */
    public static final int UNKNOWN = -1;

    /** What became of a source address. */
    enum Learned {
        KNOWN,
        NEW,
        MOVED,
        /** The entry is sticky and another port's. */
        REFUSED,
        /** The bridge's or the port's limit is reached: the frame goes on, unlearned. */
        FULL
    }

    /** Looks at entries; the worker's thread. */
    @FunctionalInterface
    public interface Reader {
        void entry(int vlan, long mac, int port, int flags, long ageNs);
    }

    /** The entry does not age. */
    public static final int STATIC = 1;

    /** The entry does not move to another port. */
    public static final int STICKY = 2;

    private static final int SLOTS_A_CALL = 1024;
    private static final int TIME_SHIFT = 26;
    private static final int TIME_BITS = 32;
    private static final long PORT_MASK = 0xffff;
    private static final int FLAGS_SHIFT = 16;
    private static final long FLAGS_MASK = 0xffL << FLAGS_SHIFT;
    private static final long MAC_MASK = 0xffff_ffff_ffffL;

    private final long[] slots;
    private final int mask;
    private final int limit;
    private final int shift;

    // Of this table alone, so that nobody outside can choose stations that all begin at one slot.
    private final long multiplier = new SecureRandom().nextLong() | 1;
    private final int[] learnedByPort;
    private final Stations stations;
    private final int[] numbers; // of the stations, by slot
    private long ageing;
    private int movedFrom;
    private int size;
    private int learned;
    private int cursor;

    /**
     * Room for {@code limit} entries on {@code ports} ports.
     *
     * @param ageingNs after which an entry that was not seen is forgotten; 0: nothing is learned
     * @param stations hears of each that comes, moves and goes
     */
    Fdb(int limit, int ports, long ageingNs, Stations stations) {
        int capacity = slotsFor(limit);
        this.stations = stations;
        this.numbers = new int[capacity];
        this.slots = new long[capacity * 2];
        this.mask = capacity - 1;
        this.shift = 64 - Integer.numberOfTrailingZeros(capacity);
        this.limit = limit;
        this.learnedByPort = new int[ports];
        ageing(ageingNs);
    }

    private static int slotsFor(int limit) {
        return Integer.highestOneBit(Math.max(limit, 16) * 2 - 1) * 2;
    }

    /** The most entries that there can be beside a {@code limit}, an operator's among them. */
    static int mostFor(int limit) {
        return slotsFor(limit) / 4 * 3;
    }

    void ageing(long ageingNs) {
        ageing = ageingNs >> TIME_SHIFT;
    }

    /** The port of the station that {@link #learn} has just said to have MOVED. */
    int movedFrom() {
        return movedFrom;
    }

    /** The station's port, or {@link #UNKNOWN}. */
    int lookup(int vlan, long mac, long nowNs) {
        int slot = slot(key(vlan, mac));
        return slots[slot] == 0 || isExpired(slot, nowNs)
                ? UNKNOWN
                : (int) (slots[slot + 1] & PORT_MASK);
    }

    /** Of the station among {@link Stations}. */
    int number(int vlan, long mac) {
        int slot = slot(key(vlan, mac));
        return slots[slot] == 0 ? Stations.NO_NUMBER : numbers[slot >> 1];
    }

    /** True where the entry is there, is the port's, and has not expired. */
    boolean isAt(int vlan, long mac, int port, long nowNs) {
        return lookup(vlan, mac, nowNs) == port;
    }

    /**
     * The station has sent a frame to {@code port}, which may have {@code portLimit} learned ones.
     */
    Learned learn(int vlan, long mac, int port, int portLimit, long nowNs) {
        long key = key(vlan, mac);
        int slot = slot(key);
        if (slots[slot] == 0) {
            return insertLearned(slot, key, port, portLimit, nowNs);
        }
        long value = slots[slot + 1];
        int at = (int) (value & PORT_MASK);
        if (at == port) {
            slots[slot + 1] = value(nowNs, value & FLAGS_MASK, port);
            return Learned.KNOWN;
        }
        boolean expired = isExpired(slot, nowNs);
        if ((flags(value) & STICKY) != 0) {
            return Learned.REFUSED;
        }
        if ((flags(value) & STATIC) == 0) {
            if (learnedByPort[port] >= portLimit) {
                return Learned.FULL;
            }
            learnedByPort[at]--;
            learnedByPort[port]++;
        }
        slots[slot + 1] = value(nowNs, value & FLAGS_MASK, port);
        stations.changed(numbers[slot >> 1]);
        movedFrom = at;
        return expired ? Learned.NEW : Learned.MOVED;
    }

    private Learned insertLearned(int slot, long key, int port, int portLimit, long nowNs) {
        if (ageing == 0
                || learned >= limit
                || size >= mask / 4 * 3
                || learnedByPort[port] >= portLimit) {
            return Learned.FULL;
        }
        slots[slot] = key;
        slots[slot + 1] = value(nowNs, 0, port);
        numbers[slot >> 1] = stations.take();
        size++;
        learned++;
        learnedByPort[port]++;
        return Learned.NEW;
    }

    /** An operator's entry: it does not age. False where the table is full. */
    boolean put(int vlan, long mac, int port, int flags, long nowNs) {
        long key = key(vlan, mac);
        int slot = slot(key);
        if (slots[slot] == 0) {
            if (size >= mask / 4 * 3) { // operators' entries find room beside learned ones
                return false;
            }
            slots[slot] = key;
            numbers[slot >> 1] = stations.take();
            size++;
        } else {
            forget(slots[slot + 1]);
            stations.changed(numbers[slot >> 1]);
        }
        slots[slot + 1] = value(nowNs, (long) (flags | STATIC) << FLAGS_SHIFT, port);
        return true;
    }

    /** False where there was none. */
    boolean remove(int vlan, long mac) {
        int slot = slot(key(vlan, mac));
        if (slots[slot] == 0) {
            return false;
        }
        delete(slot);
        return true;
    }

    /** Forgets all stations of a port, or of one VLAN on it ({@code vlan} -1: of all). */
    void flush(int port, int vlan) {
        for (int slot = 0; slot < slots.length; ) {
            boolean matches =
                    slots[slot] != 0
                            && (slots[slot + 1] & PORT_MASK) == port
                            && (vlan < 0 || slots[slot] >>> 48 == vlan);
            if (matches) {
                delete(slot); // another entry may have taken the slot: look again
            } else {
                slot += 2;
            }
        }
    }

    /** Forgets the port's stations in other VLANs than these. */
    void flushOutside(int port, VlanSet kept) {
        for (int slot = 0; slot < slots.length; ) {
            int vlan = (int) (slots[slot] >>> 48);
            boolean matches =
                    slots[slot] != 0 && (slots[slot + 1] & PORT_MASK) == port && !kept.has(vlan);
            if (matches) {
                delete(slot);
            } else {
                slot += 2;
            }
        }
    }

    /** Frees slots of entries that have expired; true while there are entries that can. */
    boolean age(long nowNs) {
        for (int i = 0; i < SLOTS_A_CALL && learned > 0; i++) {
            int slot = cursor << 1;
            if (slots[slot] != 0 && isExpired(slot, nowNs)) {
                delete(slot);
            } else {
                cursor = cursor + 1 & mask;
            }
        }
        return learned > 0;
    }

    void forEach(long nowNs, Reader reader) {
        for (int slot = 0; slot < slots.length; slot += 2) {
            long value = slots[slot + 1];
            if (slots[slot] != 0 && !isExpired(slot, nowNs)) {
                reader.entry(
                        (int) (slots[slot] >>> 48),
                        slots[slot] & MAC_MASK,
                        (int) (value & PORT_MASK),
                        flags(value),
                        elapsed(slot, nowNs) << TIME_SHIFT);
            }
        }
    }

    int size() {
        return size;
    }

    int capacity() {
        return mask + 1;
    }

    /** How many slots a lookup of this station looks at. */
    int probes(int vlan, long mac) {
        long key = key(vlan, mac);
        return ((slot(key) >> 1) - home(key) & mask) + 1;
    }

    int learned() {
        return learned;
    }

    int learned(int port) {
        return learnedByPort[port];
    }

    /** The key's slot, or the free one where it would go. */
    private int slot(long key) {
        int i = home(key);
        while (true) {
            long found = slots[i << 1];
            if (found == key || found == 0) {
                return i << 1;
            }
            i = i + 1 & mask;
        }
    }

    /** Multiplicative hashing: the high bits of the product depend on all bits of the key. */
    private int home(long key) {
        return (int) (key * multiplier >>> shift);
    }

    /** Closes the gap, so that later entries of the same run are still found. */
    private void delete(int slot) {
        forget(slots[slot + 1]);
        stations.give(numbers[slot >> 1]);
        size--;
        int hole = slot >> 1;
        int i = hole;
        while (true) {
            i = i + 1 & mask;
            long key = slots[i << 1];
            if (key == 0) {
                break;
            }
            if ((i - home(key) & mask) >= (i - hole & mask)) {
                slots[hole << 1] = key;
                slots[(hole << 1) + 1] = slots[(i << 1) + 1];
                numbers[hole] = numbers[i];
                hole = i;
            }
        }
        slots[hole << 1] = 0;
        slots[(hole << 1) + 1] = 0;
    }

    private void forget(long value) {
        if ((flags(value) & STATIC) == 0) {
            learned--;
            learnedByPort[(int) (value & PORT_MASK)]--;
        }
    }

    private boolean isExpired(int slot, long nowNs) {
        long value = slots[slot + 1];
        return (flags(value) & STATIC) == 0
                && walkedBefore(value, nowNs) > ageing
                && elapsed(slot, nowNs) > ageing;
    }

    /** Since the station was last seen, here or by the kernel. */
    private long elapsed(int slot, long nowNs) {
        long walked = walkedBefore(slots[slot + 1], nowNs);
        long carriedNs = stations.lastNs(numbers[slot >> 1]);
        return carriedNs == 0
                ? walked
                : Math.min(walked, Math.max(nowNs - carriedNs, 0) >> TIME_SHIFT);
    }

    private static long walkedBefore(long value, long nowNs) {
        return (nowNs >> TIME_SHIFT) - (value >>> TIME_BITS) & 0xffff_ffffL;
    }

    private static int flags(long value) {
        return (int) (value >>> FLAGS_SHIFT) & 0xff;
    }

    private static long key(int vlan, long mac) {
        return (long) vlan << 48 | mac;
    }

    private static long value(long nowNs, long flags, int port) {
        return nowNs >> TIME_SHIFT << TIME_BITS | flags | port;
    }
}
