package io.virtdataplane.bridge;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The multicast database of one bridge: which ports of a VLAN have joined a group, each until a
 * deadline. One writer, the worker.
 *
 * <p>One chained hash table in arrays of fixed size. A group is an entry of its own, and its ports'
 * entries hang on it in a ring, so that a lookup of one port and a walk over all are short whatever
 * guests join. Addresses are as {@link io.virtdataplane.wire.Ip} holds them.
 */
public final class Groups {
    /** Groups and their ports together. */
    static final int ENTRIES = 16_384;

    /**
     * More than these a port does not note for itself: it then gets all groups, as a router does.
     */
    static final int OF_A_PORT = 256;

    /** Looks at entries; the worker's thread. */
    @FunctionalInterface
    public interface Reader {
        /** {@code router}: the port is to get all groups, and the address says of which family. */
        void entry(int vlan, long high, long low, boolean router, int port, long expiresInNs);
    }

    /** High half of the pseudo-group of routers: that of a group is 0 (IPv4) or begins with ff. */
    private static final long ROUTERS = 1;

    private static final int NONE = -1;
    private static final int FREE = -1;
    private static final int HEAD = 0xffff; // in place of a port's number
    private static final int SWEEP = 1024;
    private final int[] buckets = new int[ENTRIES * 2];
    private final int[] chain = new int[ENTRIES]; // next of the bucket, or of the free ones
    private final long[] high = new long[ENTRIES];
    private final long[] low = new long[ENTRIES];
    private final int[] place = new int[ENTRIES]; // VLAN << 16 | port
    private final int[] next = new int[ENTRIES];
    private final int[] previous = new int[ENTRIES];
    private final long[] expiresNs = new long[ENTRIES];
    private final int[] joinedByPort = new int[Bridge.MAX_PORTS];
    private final int shift = 64 - Integer.numberOfTrailingZeros(buckets.length);

    // Of this table alone, so that nobody outside can choose groups that all share a bucket.
    private final long multiplier = new SecureRandom().nextLong() | 1;
    private int free;
    private int size;
    private int groups;
    private int cursor;

    Groups() {
        clear();
    }

    void clear() {
        Arrays.fill(buckets, NONE);
        Arrays.fill(place, FREE);
        Arrays.fill(joinedByPort, 0);
        for (int i = 0; i < ENTRIES; i++) {
            chain[i] = i + 1 < ENTRIES ? i + 1 : NONE;
        }
        free = 0;
        size = 0;
        groups = 0;
    }

    /**
     * The port is a member until the deadline, or longer where it is already; false where there is
     * no room, by number of groups, of the port's, or of all.
     */
    boolean join(int vlan, long high, long low, int port, long untilNs, int maxGroups) {
        int entry = find(vlan, high, low, port);
        if (entry != NONE) {
            expiresNs[entry] = Math.max(expiresNs[entry], untilNs);
            return true;
        }
        int head = find(vlan, high, low, HEAD);
        boolean hasRoom =
                high == ROUTERS
                        ? size + 2 <= ENTRIES
                        : size + 2 <= ENTRIES / 4 * 3 // the rest is for routers
                                && joinedByPort[port] < OF_A_PORT
                                && (head != NONE || groups < maxGroups);
        if (!hasRoom) {
            return false;
        }
        if (head == NONE) {
            head = insert(vlan, high, low, HEAD);
            next[head] = head;
            previous[head] = head;
            groups += high == ROUTERS ? 0 : 1;
        }
        entry = insert(vlan, high, low, port);
        link(entry, head);
        expiresNs[entry] = untilNs;
        joinedByPort[port]++;
        return true;
    }

    /** The port gets all groups of the family until the deadline. */
    boolean joinAll(int vlan, long family, int port, long untilNs) {
        return join(vlan, ROUTERS, family, port, untilNs, 0);
    }

    /** Members that do not report again are none after the deadline. */
    void shorten(int vlan, long high, long low, long untilNs) {
        int head = find(vlan, high, low, HEAD);
        if (head == NONE) {
            return;
        }
        for (int entry = next[head]; entry != head; entry = next[entry]) {
            expiresNs[entry] = Math.min(expiresNs[entry], untilNs);
        }
    }

    boolean isMember(int vlan, long high, long low, int port, long nowNs) {
        int entry = find(vlan, high, low, port);
        return entry != NONE && expiresNs[entry] > nowNs;
    }

    /** Puts the numbers of the group's ports there, and says how many. */
    int members(int vlan, long high, long low, long nowNs, int[] into) {
        int count = 0;
        int head = find(vlan, high, low, HEAD);
        if (head == NONE) {
            return 0;
        }
        for (int entry = next[head]; entry != head; entry = next[entry]) {
            if (expiresNs[entry] > nowNs) {
                into[count++] = place[entry] & HEAD;
            }
        }
        return count;
    }

    /** Behind {@code members} of the group, those that get all groups and are none of them. */
    int addRouters(
            int vlan, long high, long low, long family, long nowNs, int[] into, int members) {
        int count = members;
        int head = find(vlan, ROUTERS, family, HEAD);
        if (head == NONE) {
            return count;
        }
        for (int entry = next[head]; entry != head; entry = next[entry]) {
            int port = place[entry] & HEAD;
            if (expiresNs[entry] > nowNs && !isMember(vlan, high, low, port, nowNs)) {
                into[count++] = port;
            }
        }
        return count;
    }

    /** All that the port has joined; true where it got all groups of a family. */
    boolean forget(int port) {
        boolean wasRouter = false;
        for (int entry = 0; entry < ENTRIES && joinedByPort[port] > 0; entry++) {
            if (place[entry] != FREE && (place[entry] & HEAD) == port) {
                wasRouter |= high[entry] == ROUTERS;
                leave(entry);
            }
        }
        return wasRouter;
    }

    /** Frees what has expired, a bounded number a call; true while there is anything that can. */
    boolean age(long nowNs) {
        for (int i = 0; i < SWEEP && size > 0; i++) {
            boolean isMember = place[cursor] != FREE && (place[cursor] & HEAD) != HEAD;
            if (isMember && expiresNs[cursor] <= nowNs) {
                leave(cursor);
            }
            cursor = cursor + 1 & ENTRIES - 1;
        }
        return size > 0;
    }

    void forEach(long nowNs, Reader reader) {
        for (int entry = 0; entry < ENTRIES; entry++) {
            boolean isMember = place[entry] != FREE && (place[entry] & HEAD) != HEAD;
            if (isMember && expiresNs[entry] > nowNs) {
                boolean router = high[entry] == ROUTERS;
                reader.entry(
                        place[entry] >>> 16,
                        router ? 0 : high[entry],
                        low[entry],
                        router,
                        place[entry] & HEAD,
                        expiresNs[entry] - nowNs);
            }
        }
    }

    /** Groups and ports in them. */
    int size() {
        return size;
    }

    private void leave(int entry) {
        joinedByPort[place[entry] & HEAD]--;
        int before = previous[entry];
        next[before] = next[entry];
        previous[next[entry]] = before;
        delete(entry);
        boolean isEmpty = next[before] == before; // only a head is alone in its ring
        if (isEmpty) {
            groups -= high[before] == ROUTERS ? 0 : 1;
            delete(before);
        }
    }

    private void link(int entry, int head) {
        next[entry] = next[head];
        previous[entry] = head;
        previous[next[head]] = entry;
        next[head] = entry;
    }

    private int insert(int vlan, long high, long low, int port) {
        int entry = free;
        free = chain[entry];
        this.high[entry] = high;
        this.low[entry] = low;
        place[entry] = vlan << 16 | port;
        int bucket = bucket(high, low, place[entry]);
        chain[entry] = buckets[bucket];
        buckets[bucket] = entry;
        size++;
        return entry;
    }

    private void delete(int entry) {
        int bucket = bucket(high[entry], low[entry], place[entry]);
        if (buckets[bucket] == entry) {
            buckets[bucket] = chain[entry];
        } else {
            int before = buckets[bucket];
            while (chain[before] != entry) {
                before = chain[before];
            }
            chain[before] = chain[entry];
        }
        place[entry] = FREE;
        chain[entry] = free;
        free = entry;
        size--;
    }

    private int find(int vlan, long high, long low, int port) {
        int wanted = vlan << 16 | port;
        int entry = buckets[bucket(high, low, wanted)];
        while (entry != NONE
                && (place[entry] != wanted || this.low[entry] != low || this.high[entry] != high)) {
            entry = chain[entry];
        }
        return entry;
    }

    private int bucket(long high, long low, int place) {
        long hash = (high * multiplier ^ low) * multiplier;
        return (int) ((hash >>> 32 ^ hash ^ place) * multiplier >>> shift);
    }
}
