package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A map of eBPF, bpf(2). It lives as long as a descriptor or a loaded program refers to it. */
public final class BpfMap implements AutoCloseable {
    private static final int BPF_MAP_CREATE = 0;
    private static final int BPF_MAP_LOOKUP_ELEM = 1;
    private static final int BPF_MAP_UPDATE_ELEM = 2;
    private static final int TYPE_ARRAY = 2;
    private static final int TYPE_LRU_HASH = 9;
    private static final int F_MMAPABLE = 1 << 10;
    private final Arena arena = Arena.ofShared();
    private final Fd fd;
    private final MemorySegment key;
    private final MemorySegment value;
    private final MemorySegment attributes; // of a lookup or an update of that key and value

    private BpfMap(int type, int keyLength, int valueLength, int entries, int flags) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment map = scratch.zeroed(Bpf.ATTRIBUTES);
            map.set(Scratch.U32, 0, type);
            map.set(Scratch.U32, 4, keyLength);
            map.set(Scratch.U32, 8, valueLength);
            map.set(Scratch.U32, 12, entries);
            map.set(Scratch.U32, 16, flags);
            fd =
                    new Fd(
                            (int)
                                    SystemCallException.check(
                                            Bpf.call(BPF_MAP_CREATE, map, 72), "create BPF map"));
        }
        key = arena.allocate(keyLength, 8);
        value = arena.allocate(Math.max(valueLength, 8), 8);
        attributes = arena.allocate(Bpf.ATTRIBUTES, 8);
        attributes.set(Scratch.U32, 0, fd.number());
        attributes.set(Scratch.U64, 8, key.address());
        attributes.set(Scratch.U64, 16, value.address());
    }

    /**
     * One value of {@code length} bytes that {@link #map} shares with this process: no system call
     * to change it.
     */
    public static BpfMap sharedBytes(int length) {
        return new BpfMap(TYPE_ARRAY, 4, length, 1, F_MMAPABLE);
    }

    /** Keys with 4 bytes each; the least recently used one gives way when it is full. */
    public static BpfMap recentKeys(int keyLength, int entries) {
        return new BpfMap(TYPE_LRU_HASH, keyLength, 4, entries, 0);
    }

    public Mapping map(int length) {
        return Mapping.ofMap(fd, length);
    }

    /** The value of this key of 24 bytes, as they lie, or {@code none}; one thread at a time. */
    public int get(long first, long second, long third, int none) {
        key(first, second, third);
        return Bpf.call(BPF_MAP_LOOKUP_ELEM, attributes, 32) == 0
                ? value.get(Scratch.U32, 0)
                : none;
    }

    /** Sets the value of such a key; likewise. */
    public void put(long first, long second, long third, int newValue) {
        key(first, second, third);
        value.set(Scratch.U32, 0, newValue);
        SystemCallException.check(Bpf.call(BPF_MAP_UPDATE_ELEM, attributes, 32), "update BPF map");
    }

    private void key(long first, long second, long third) {
        key.set(Scratch.U64, 0, first);
        key.set(Scratch.U64, 8, second);
        key.set(Scratch.U64, 16, third);
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
