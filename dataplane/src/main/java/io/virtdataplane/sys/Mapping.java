package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;

/**
 * Memory from mmap(2): anonymous pages, which cost nothing until they are touched, or a window on a
 * ring or map of the kernel. The segment must not be used after {@link #close}.
 */
public final class Mapping implements AutoCloseable {
    private static final int SYS_MMAP = 9; // asm/unistd_64.h
    private static final int PROT_READ_WRITE = 3; // asm-generic/mman-common.h
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_POPULATE = 0x8000;
    private final MemorySegment segment;
    private boolean open = true;

    private Mapping(MemorySegment segment) {
        this.segment = segment;
    }

    /** Zeroed pages of our own, page-aligned. */
    public static Mapping anonymous(long length) {
        return map(length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, "mmap");
    }

    static Mapping ofMap(Fd fd, long length) {
        return map(length, MAP_SHARED, fd.number(), 0, "mmap of a BPF map");
    }

    static Mapping ofRing(Fd fd, long length, long offset) {
        return map(length, MAP_SHARED | MAP_POPULATE, fd.number(), offset, "mmap of a ring");
    }

    @SuppressWarnings("restricted") // the kernel has just given this range, of this length
    private static Mapping map(long length, int flags, int fd, long offset, String what) {
        long address =
                Libc.result(
                        Libc.C.syscall(SYS_MMAP, 0, length, PROT_READ_WRITE, flags, fd, offset));
        SystemCallException.check(address, what);
        return new Mapping(MemorySegment.ofAddress(address).reinterpret(length));
    }

    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            Libc.C.munmap(segment.address(), segment.byteSize());
        }
    }
}
