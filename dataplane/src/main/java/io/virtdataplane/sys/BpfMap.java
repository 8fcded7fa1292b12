package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A map of eBPF, bpf(2). It lives as long as a descriptor or a loaded program refers to it. */
public final class BpfMap implements AutoCloseable {
    private static final int BPF_MAP_CREATE = 0;
    private static final int BPF_MAP_LOOKUP_ELEM = 1;
    private static final int TYPE_ARRAY = 2;
    private static final int TYPE_LRU_HASH = 9;
    private static final int F_MMAPABLE = 1 << 10;
    private final Arena arena = Arena.ofShared();
    private final Fd fd;
    private final MemorySegment key;
    private final MemorySegment lookup;

    private BpfMap(int type, int keyLength, int valueLength, int entries, int flags) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment attributes = scratch.zeroed(Bpf.ATTRIBUTES);
            attributes.set(Scratch.U32, 0, type);
            attributes.set(Scratch.U32, 4, keyLength);
            attributes.set(Scratch.U32, 8, valueLength);
            attributes.set(Scratch.U32, 12, entries);
            attributes.set(Scratch.U32, 16, flags);
            fd =
                    new Fd(
                            (int)
                                    SystemCallException.check(
                                            Bpf.call(BPF_MAP_CREATE, attributes, 72),
                                            "create BPF map"));
        }
        key = arena.allocate(keyLength, 8);
        lookup = arena.allocate(Bpf.ATTRIBUTES, 8);
        lookup.set(Scratch.U32, 0, fd.number());
        lookup.set(Scratch.U64, 8, key.address());
        lookup.set(Scratch.U64, 16, arena.allocate(Math.max(valueLength, 8), 8).address());
    }

    /**
     * One value of {@code length} bytes that {@link #map} shares with this process: no system call
     * to change it.
     */
    public static BpfMap sharedBytes(int length) {
        return new BpfMap(TYPE_ARRAY, 4, length, 1, F_MMAPABLE);
    }

    /** A set of keys; the least recently used one gives way when it is full. */
    public static BpfMap recentKeys(int keyLength, int entries) {
        return new BpfMap(TYPE_LRU_HASH, keyLength, 4, entries, 0);
    }

    public Mapping map(int length) {
        return Mapping.ofMap(fd, length);
    }

    /** Whether a program has put this key of 24 bytes, as they lie; one thread at a time. */
    public boolean contains(long first, long second, long third) {
        key.set(Scratch.U64, 0, first);
        key.set(Scratch.U64, 8, second);
        key.set(Scratch.U64, 16, third);
        return Bpf.call(BPF_MAP_LOOKUP_ELEM, lookup, 32) == 0;
    }

    Fd fd() {
        return fd;
    }

    @Override
    public void close() {
        fd.close();
        arena.close();
    }
}
