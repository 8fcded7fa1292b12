package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A map of eBPF, bpf(2). It lives as long as a descriptor or a loaded program refers to it. */
public final class BpfMap implements AutoCloseable {
    private static final int BPF_MAP_CREATE = 0;
    private static final int BPF_MAP_LOOKUP_ELEM = 1;
    private static final int BPF_MAP_UPDATE_ELEM = 2;
    private static final int BPF_MAP_DELETE_ELEM = 3;
    private static final int BPF_MAP_GET_NEXT_KEY = 4;
    private static final int BPF_OBJ_GET_INFO_BY_FD = 15;
    private static final int BPF_MAP_FREEZE = 22;
    private static final int INFO = 80; // bytes of struct bpf_map_info that are asked for
    private static final int TYPE_ARRAY = 2;
    private static final int MAP_ALONE = 4; // bytes of attributes: the descriptor
    private static final int KEY_ALONE = 16;
    private static final int ELEMENT = 32; // and a key and a value
    private static final int F_RDONLY_PROG = 1 << 7;
    private static final int F_MMAPABLE = 1 << 10;
    private final Arena arena = Arena.ofShared();
    private final Fd fd;
    private final long bytes;
    private final int keyLength;
    private final MemorySegment key;
    private final MemorySegment value;
    private final MemorySegment attributes; // of a lookup or an update of that key and value

    /** What a map is: as {@code linux/bpf.h} numbers types and flags; lengths in bytes. */
    record Shape(int type, int keyLength, int valueLength, int entries, int flags) {
        /**
         * One value of {@code length} bytes that {@link #map} shares with this process: no system
         * call to change it.
         */
        static Shape shared(int length) {
            return new Shape(TYPE_ARRAY, 4, length, 1, F_MMAPABLE);
        }
    }

    /** A new one. */
    BpfMap(Shape shape) {
        this(shape, create(shape));
    }

    private BpfMap(Shape shape, Fd fd) {
        this.fd = fd;
        bytes = (long) (shape.valueLength + Long.BYTES - 1 & -Long.BYTES) * shape.entries;
        key = arena.allocate(Math.max(shape.keyLength, 8), 8);
        keyLength = shape.keyLength;
        value = valueOf(shape);
        attributes = arena.allocate(Bpf.ATTRIBUTES, 8);
        attributes.set(Scratch.U32, 0, fd.number());
        attributes.set(Scratch.U64, 8, key.address());
        attributes.set(Scratch.U64, 16, value.address());
    }

    /** None where values are shared memory, which may be large: no call has to fetch them. */
    private MemorySegment valueOf(Shape shape) {
        return (shape.flags & F_MMAPABLE) != 0
                ? MemorySegment.NULL
                : arena.allocate(Math.max(shape.valueLength, shape.keyLength + 8), 8);
    }

    private static Fd create(Shape shape) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment map = scratch.zeroed(Bpf.ATTRIBUTES);
            map.set(Scratch.U32, 0, shape.type);
            map.set(Scratch.U32, 4, shape.keyLength);
            map.set(Scratch.U32, 8, shape.valueLength);
            map.set(Scratch.U32, 12, shape.entries);
            map.set(Scratch.U32, 16, shape.flags);
            long result = Bpf.call(BPF_MAP_CREATE, map, 72);
            return new Fd((int) SystemCallException.check(result, "create BPF map"));
        }
    }

    /**
     * One that is there already, whose descriptor this map has from now on.
     *
     * @throws IllegalArgumentException it has another shape
     */
    static BpfMap existing(Shape shape, Fd fd) {
        Shape found;
        try (Scratch scratch = new Scratch()) {
            MemorySegment info = scratch.zeroed(INFO);
            MemorySegment attributes = scratch.zeroed(Bpf.ATTRIBUTES);
            attributes.set(Scratch.U32, 0, fd.number());
            attributes.set(Scratch.U32, 4, INFO);
            attributes.set(Scratch.U64, 8, info.address());
            SystemCallException.check(
                    Bpf.call(BPF_OBJ_GET_INFO_BY_FD, attributes, 16), "look at BPF map");
            found =
                    new Shape(
                            info.get(Scratch.U32, 0),
                            info.get(Scratch.U32, 8),
                            info.get(Scratch.U32, 12),
                            info.get(Scratch.U32, 16),
                            info.get(Scratch.U32, 20));
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
        if (!found.equals(shape)) {
            fd.close();
            throw new IllegalArgumentException("BPF map must be " + shape + ": map=" + found);
        }
        return new BpfMap(shape, fd);
    }

    /** One value that nobody can change: verifiers take it for constants of the program. */
    static BpfMap constants(byte[] bytes) {
        BpfMap map = new BpfMap(new Shape(TYPE_ARRAY, 4, bytes.length, 1, F_RDONLY_PROG));
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

    /** Sets the value of a key, both as they lie; one thread at a time. */
    public void put(byte[] newKey, byte[] newValue) {
        copy(newKey, key);
        copy(newValue, value);
        call(BPF_MAP_UPDATE_ELEM, ELEMENT, "update BPF map");
    }

    /** The key is not there any more; likewise. */
    public void remove(byte[] oldKey) {
        copy(oldKey, key);
        long result = Bpf.call(BPF_MAP_DELETE_ELEM, attributes, KEY_ALONE);
        if (result != -Errno.ENOENT) {
            SystemCallException.check(result, "remove from BPF map");
        }
    }

    /** All keys that are there, as they lie; likewise, and while nobody else writes. */
    public List<byte[]> keys() {
        List<byte[]> keys = new ArrayList<>();
        attributes.set(Scratch.U64, 8, 0); // the first one
        try {
            while (Bpf.call(BPF_MAP_GET_NEXT_KEY, attributes, ELEMENT) == 0) {
                byte[] next = value.asSlice(0, keyLength).toArray(ValueLayout.JAVA_BYTE);
                keys.add(next);
                copy(next, key);
                attributes.set(Scratch.U64, 8, key.address());
            }
        } finally {
            attributes.set(Scratch.U64, 8, key.address());
        }
        return keys;
    }

    private static void copy(byte[] bytes, MemorySegment to) {
        MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, 0, bytes.length);
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
