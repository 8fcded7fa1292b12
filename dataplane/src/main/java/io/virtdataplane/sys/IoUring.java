package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * One io_uring(7), used by the thread that made it and by no other (IORING_SETUP_SINGLE_ISSUER).
 * Reads are multishot: armed once, the kernel then puts each frame into a buffer of a {@link
 * BufferRing} and posts a completion; writes are posted in bulk. Completion work runs only inside
 * {@link #enter} (IORING_SETUP_DEFER_TASKRUN), so no signal ever interrupts the walk. Layouts and
 * numbers: linux/io_uring.h. Needs Linux 6.7 (IORING_OP_READ_MULTISHOT).
 */
public final class IoUring implements AutoCloseable {
    private static final int SYS_SETUP = 425;
    private static final int SYS_ENTER = 426;
    private static final int SYS_REGISTER = 427;
    private static final int SETUP_CQSIZE = 1 << 3;
    private static final int SETUP_TASKRUN_FLAG = 1 << 9;
    private static final int SETUP_SINGLE_ISSUER = 1 << 12;
    private static final int SETUP_DEFER_TASKRUN = 1 << 13;
    private static final int REGISTER_PROBE = 8;
    private static final int REGISTER_PBUF_RING = 22;
    private static final int ENTER_GETEVENTS = 1;
    private static final int ENTER_EXT_ARG = 1 << 3;
    private static final int SQ_TASKRUN = 1 << 2;
    private static final int OP_RECVMSG = 10;
    private static final int OP_ASYNC_CANCEL = 14;
    private static final int OP_WRITE = 23;
    private static final int OP_READ_MULTISHOT = 49;
    private static final int SQE_BUFFER_SELECT = 1 << 5;
    private static final int RECV_MULTISHOT = 1 << 1; // in ioprio
    private static final int RWF_NOWAIT = 8; // linux/fs.h: a full queue answers EAGAIN at once
    private static final int CQE_MORE = 2;
    private static final long OFF_SQES = 0x1000_0000L;
    private static final int SQE = 64;
    private static final int CQE = 16;
    private static final int PARAMS = 120;
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private final Arena arena = Arena.ofShared();
    private final Fd fd;
    private final Mapping rings;
    private final Mapping sqes;
    private final MemorySegment ring;
    private final MemorySegment sq;
    private final List<BufferRing> groups = new ArrayList<>();
    private final MemorySegment timeout = arena.allocate(16, 8); // struct __kernel_timespec
    private final MemorySegment waitArgument =
            arena.allocate(24, 8); // struct io_uring_getevents_arg
    private final MemorySegment packetMessage = arena.allocate(56, 8); // struct msghdr
    private final long sqTail;
    private final long sqFlags;
    private final long sqArray;
    private final int sqMask;
    private final long cqHead;
    private final long cqTail;
    private final long cqes;
    private final int cqMask;
    private int tail;
    private int submitted;
    private int head;
    private int completionResult;
    private int completionFlags;

    /** A ring with room for {@code entries} requests, a power of two. */
    public IoUring(int entries) {
        MemorySegment params = arena.allocate(PARAMS, 8);
        params.set(
                Scratch.U32,
                4,
                entries * 4); // completions: one a write, and frames that arrive meanwhile
        params.set(
                Scratch.U32,
                8,
                SETUP_CQSIZE | SETUP_TASKRUN_FLAG | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN);
        long number = Libc.result(Libc.C.syscall(SYS_SETUP, entries, params.address(), 0, 0, 0, 0));
        if (number < 0) {
            throw new Unsupported(
                    "io_uring cannot be set up (errno "
                            + -number
                            + "): needs Linux 6.7, kernel.io_uring_disabled=0 and a seccomp profile that allows it");
        }
        fd = new Fd((int) number);
        sqMask = params.get(Scratch.U32, 0) - 1;
        cqMask = params.get(Scratch.U32, 4) - 1;
        sqTail = params.get(Scratch.U32, 44);
        sqFlags = params.get(Scratch.U32, 56);
        sqArray = params.get(Scratch.U32, 64);
        cqHead = params.get(Scratch.U32, 80);
        cqTail = params.get(Scratch.U32, 84);
        cqes = params.get(Scratch.U32, 100);
        long length = Math.max(sqArray + (sqMask + 1) * 4L, cqes + (cqMask + 1L) * CQE);
        rings = Mapping.ofRing(fd, length, 0);
        ring = rings.segment();
        sqes = Mapping.ofRing(fd, (sqMask + 1L) * SQE, OFF_SQES);
        sq = sqes.segment();
        packetMessage.set(Scratch.U64, 40, PacketMessage.CONTROL); // msg_controllen
        probe();
    }

    private void probe() {
        MemorySegment probe = arena.allocate(16 + 256 * 8, 8); // struct io_uring_probe
        long result =
                Libc.result(
                        Libc.C.syscall(
                                SYS_REGISTER,
                                fd.number(),
                                REGISTER_PROBE,
                                probe.address(),
                                256,
                                0,
                                0));
        if (result < 0 || (probe.get(ValueLayout.JAVA_BYTE, 0) & 0xff) < OP_READ_MULTISHOT) {
            close();
            throw new Unsupported("io_uring has no multishot read: needs Linux 6.7");
        }
    }

    /** Room for so many buffers, a power of two, in a group of its own. */
    public BufferRing buffers(int buffers) {
        BufferRing made = new BufferRing(groups.size(), buffers);
        groups.add(made);
        long result =
                Libc.result(
                        Libc.C.syscall(
                                SYS_REGISTER,
                                fd.number(),
                                REGISTER_PBUF_RING,
                                made.registration(arena).address(),
                                1,
                                0,
                                0));
        if (result < 0) {
            close();
            throw new Unsupported(
                    "io_uring has no provided-buffer rings (errno "
                            + -result
                            + "): needs Linux 5.19");
        }
        return made;
    }

    /**
     * Reads into {@code buffers} until cancelled, one completion a frame; to be armed again when a
     * completion has no {@link #hasMore}.
     */
    public void readMultishot(int fileDescriptor, BufferRing buffers, long token) {
        long at = request(OP_READ_MULTISHOT, fileDescriptor, 0, 0, 0, token);
        select(at, buffers);
    }

    /**
     * The same for a {@link PacketSocket}: each buffer has what is told beside the frame in front
     * of it, {@link PacketMessage#HEAD} bytes.
     */
    public void receiveMultishot(int fileDescriptor, BufferRing buffers, long token) {
        long at = request(OP_RECVMSG, fileDescriptor, packetMessage.address(), 1, 0, token);
        select(at, buffers);
        sq.set(ValueLayout.JAVA_SHORT, at + 2, (short) RECV_MULTISHOT);
        sq.set(ValueLayout.JAVA_LONG, at + 8, 0);
    }

    private void select(long at, BufferRing buffers) {
        sq.set(ValueLayout.JAVA_BYTE, at + 1, (byte) SQE_BUFFER_SELECT);
        sq.set(ValueLayout.JAVA_SHORT, at + 40, (short) buffers.group());
    }

    public void write(int fileDescriptor, long address, int length, long token) {
        request(OP_WRITE, fileDescriptor, address, length, RWF_NOWAIT, token);
    }

    /** Ends the multishot read with that token; its last completion says so. */
    public void cancel(long cancelledToken, long token) {
        request(OP_ASYNC_CANCEL, -1, cancelledToken, 0, 0, token);
    }

    private long request(
            int opcode, int fileDescriptor, long address, int length, int flags, long token) {
        if (tail - submitted > sqMask) {
            enter(0);
        }
        int slot = tail & sqMask;
        long at = (long) slot * SQE;
        sq.set(ValueLayout.JAVA_LONG, at, opcode & 0xffL | (long) fileDescriptor << 32);
        sq.set(
                ValueLayout.JAVA_LONG,
                at + 8,
                opcode == OP_ASYNC_CANCEL ? 0 : -1L); // offset: -1, a stream
        sq.set(ValueLayout.JAVA_LONG, at + 16, address);
        sq.set(ValueLayout.JAVA_LONG, at + 24, length & 0xffff_ffffL | (long) flags << 32);
        sq.set(ValueLayout.JAVA_LONG, at + 32, token);
        sq.set(ValueLayout.JAVA_LONG, at + 40, 0);
        sq.set(ValueLayout.JAVA_LONG, at + 48, 0);
        sq.set(ValueLayout.JAVA_LONG, at + 56, 0);
        ring.set(ValueLayout.JAVA_INT, sqArray + slot * 4L, slot);
        tail++;
        return at;
    }

    /** Submits what was requested, runs completion work, and returns without waiting; or -errno. */
    public int enter(int minComplete) {
        INT.setRelease(ring, sqTail, tail);
        int count = tail - submitted;
        long result =
                Libc.result(
                        Libc.C.syscall(
                                SYS_ENTER, fd.number(), count, minComplete, ENTER_GETEVENTS, 0, 0));
        if (result > 0) {
            submitted += (int) result;
        }
        return (int) result;
    }

    /**
     * Like {@link #enter} with one completion to wait for, at most {@code timeoutNs}; negative: no
     * end.
     */
    public int await(long timeoutNs) {
        if (timeoutNs < 0) {
            return enter(1);
        }
        timeout.set(ValueLayout.JAVA_LONG, 0, timeoutNs / 1_000_000_000L);
        timeout.set(ValueLayout.JAVA_LONG, 8, timeoutNs % 1_000_000_000L);
        waitArgument.set(ValueLayout.JAVA_LONG, 16, timeout.address());
        INT.setRelease(ring, sqTail, tail);
        int count = tail - submitted;
        long result =
                Libc.result(
                        Libc.C.syscall(
                                SYS_ENTER,
                                fd.number(),
                                count,
                                1,
                                ENTER_GETEVENTS | ENTER_EXT_ARG,
                                waitArgument.address(),
                                24));
        if (result > 0) {
            submitted += (int) result;
        }
        return (int) result;
    }

    /** True when {@link #enter} would find a completion: one memory read, no system call. */
    public boolean isReady() {
        return head != (int) INT.getAcquire(ring, cqTail)
                || ((int) INT.getOpaque(ring, sqFlags) & SQ_TASKRUN) != 0;
    }

    /**
     * The next completion's token, or -1 when there is none; its values are then in {@link
     * #completionResult} and the rest.
     */
    public long nextCompletion() {
        if (head == (int) INT.getAcquire(ring, cqTail)) {
            return -1;
        }
        long at = cqes + (long) (head & cqMask) * CQE;
        long token = ring.get(ValueLayout.JAVA_LONG, at);
        completionResult = ring.get(ValueLayout.JAVA_INT, at + 8);
        completionFlags = ring.get(ValueLayout.JAVA_INT, at + 12);
        head++;
        INT.setRelease(ring, cqHead, head);
        return token;
    }

    public int completionResult() {
        return completionResult;
    }

    public int bufferId() {
        return completionFlags >>> 16;
    }

    public boolean hasBuffer() {
        return (completionFlags & 1) != 0;
    }

    public boolean hasMore() {
        return (completionFlags & CQE_MORE) != 0;
    }

    @Override
    public void close() {
        fd.close();
        if (sqes != null) {
            sqes.close();
            rings.close();
            groups.forEach(BufferRing::close);
        }
        arena.close();
    }
}
