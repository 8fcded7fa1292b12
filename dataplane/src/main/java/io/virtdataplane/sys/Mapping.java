package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;

/**
 * Memory from mmap(2): anonymous pages, which cost nothing until they are touched, or a window on a
 * ring or map of the kernel. The segment must not be used after {@link #close}.
 */
public final class Mapping implements AutoCloseable {
    private static final int SYS_MMAP = 9; // asm/unistd_64.h
    private static final int SYS_MADVISE = 28;
    private static final int MADV_HUGEPAGE = 14; // asm-generic/mman-common.h
    private static final long HUGE_PAGE = 2 << 20;
    private static final long LARGE_TABLE = 16 << 20;
    private static final int PROT_READ_WRITE = 3; // asm-generic/mman-common.h
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_POPULATE = 0x8000;
    private final MemorySegment whole;
    private final MemorySegment segment;
    private boolean open = true;

    private Mapping(MemorySegment whole, MemorySegment segment) {
        this.whole = whole;
        this.segment = segment;
    }

    /** Zeroed pages of our own, page-aligned. */
    public static Mapping anonymous(long length) {
        return map(length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, "mmap");
    }

    /**
     * Zeroed pages for a table that is looked up all over: where it is large they are huge pages if
     * the kernel gives them, since out of cache the walk of page tables would cost more than the
     * lookup. A small one costs what is touched of it, as {@link #anonymous}.
     */
    public static Mapping table(long length) {
        if (length < LARGE_TABLE) {
            return anonymous(length);
        }
        long rounded = length + HUGE_PAGE - 1 & -HUGE_PAGE;
        Mapping mapping = anonymous(rounded + HUGE_PAGE);
        long start = mapping.whole.address();
        long aligned = start + HUGE_PAGE - 1 & -HUGE_PAGE;
        // Advice: a kernel without huge pages refuses it, and the table is as good.
        Libc.C.syscall(SYS_MADVISE, aligned, rounded, MADV_HUGEPAGE, 0, 0, 0);
        return new Mapping(mapping.whole, mapping.whole.asSlice(aligned - start, length));
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
        MemorySegment all = MemorySegment.ofAddress(address).reinterpret(length);
        return new Mapping(all, all);
    }

    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            Libc.C.munmap(whole.address(), whole.byteSize());
        }
    }
}
