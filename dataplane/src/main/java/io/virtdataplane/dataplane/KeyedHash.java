package io.virtdataplane.dataplane;

/**
 * Where a key is in a table that programs in the kernel read: in one of two buckets, found by the
 * halves of its hash. Begun with a number that nobody outside knows, so that nobody chooses keys
 * which all meet in one bucket. hash.h in src/main/bpf has the same.
 */
public final class KeyedHash {
    /** In a chain of {@link #mix}, one each. */
    public static final long FIRST = 0x9e3779b97f4a7c15L;

    public static final long SECOND = 0xbf58476d1ce4e5b9L;
    public static final long THIRD = 0x94d049bb133111ebL;

    private KeyedHash() {}

    public static long mix(long h, long word, long factor) {
        return (h ^ h >>> 29 ^ word) * factor;
    }

    /** Never 0, which says that an entry is free. */
    public static long closed(long h) {
        return h ^ h >>> 31 | 1;
    }

    /** {@code choice}: 0 or 1. */
    public static int bucket(long hash, int choice, int buckets) {
        long half = choice == 0 ? hash & 0xffff_ffffL : hash >>> Integer.SIZE;
        return (int) (half * buckets >>> Integer.SIZE);
    }
}
