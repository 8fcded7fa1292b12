package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A map of eBPF, bpf(2). It lives as long as a descriptor or a loaded program refers to it. */
public final class BpfMap implements AutoCloseable {
    private static final int BPF_MAP_CREATE = 0;
    private static final int BPF_MAP_LOOKUP_ELEM = 1;
    private static final int BPF_MAP_UPDATE_ELEM = 2;
    private static final int BPF_MAP_FREEZE = 22;
    private static final int TYPE_ARRAY = 2;
    private static final int MAP_ALONE = 4; // bytes of attributes: the descriptor
    private static final int ELEMENT = 32; // and a key and a value
    private static final int F_RDONLY_PROG = 1 << 7;
    private static final int F_MMAPABLE = 1 << 10;
    private final Arena arena = Arena.ofShared();
    private final Fd fd;
    private final long bytes;
    private final MemorySegment key;
    private final MemorySegment value;
    private final MemorySegment attributes; // of a lookup or an update of that key and value

    /** As {@code linux/bpf.h} numbers types and flags; lengths in bytes. */
    BpfMap(int type, int keyLength, int valueLength, int entries, int flags) {
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
        bytes = (long) (valueLength + Long.BYTES - 1 & -Long.BYTES) * entries;
        key = arena.allocate(Math.max(keyLength, 8), 8);
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
    static BpfMap shared(int length) {
        return new BpfMap(TYPE_ARRAY, 4, length, 1, F_MMAPABLE);
    }

    /** One value that nobody can change: verifiers take it for constants of the program. */
    static BpfMap constants(byte[] bytes) {
        BpfMap map = new BpfMap(TYPE_ARRAY, 4, bytes.length, 1, F_RDONLY_PROG);
        MemorySegment.copy(bytes, 0, map.value, ValueLayout.JAVA_BYTE, 0, bytes.length);
        map.call(BPF_MAP_UPDATE_ELEM, ELEMENT, "fill BPF map");
        map.call(BPF_MAP_FREEZE, MAP_ALONE, "freeze BPF map");
        return map;
    }

    private void call(int command, int length, String what) {
        SystemCallException.check(Bpf.call(command, attributes, length), what);
    }

    /** Of all values of an array. */
    public long bytes() {
        return bytes;
    }

    /** The memory of a map that is shared. */
    public Mapping map(long length) {
        return Mapping.ofMap(fd, length);
    }

    /** The value of this key of 24 bytes, as they lie, or {@code none}; one thread at a time. */
    public int get(long first, long second, long third, int none) {
        key(first, second, third);
        return Bpf.call(BPF_MAP_LOOKUP_ELEM, attributes, ELEMENT) == 0
                ? value.get(Scratch.U32, 0)
                : none;
    }

    /** Sets the value of such a key; likewise. */
    public void put(long first, long second, long third, int newValue) {
        key(first, second, third);
        value.set(Scratch.U32, 0, newValue);
        call(BPF_MAP_UPDATE_ELEM, ELEMENT, "update BPF map");
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
