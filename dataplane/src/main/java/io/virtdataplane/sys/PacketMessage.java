package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What recvmsg(2) on a {@link PacketSocket} tells beside a frame: the VLAN tag, which the kernel
 * has taken out of it (struct tpacket_auxdata, linux/if_packet.h). Either received here one by one,
 * or found at the head of a buffer that a multishot receive of {@link IoUring} has filled:
 *
 * <pre>
 *   struct io_uring_recvmsg_out (16 bytes) | struct cmsghdr (16) | struct tpacket_auxdata (20) | 4 unused | frame
 * </pre>
 */
public final class PacketMessage implements AutoCloseable {
    /** Bytes in front of the frame in a buffer of a multishot receive. */
    public static final int HEAD = 56;

    /** No tag. */
    public static final int UNTAGGED = 0;

    static final int CONTROL = 40; // CMSG_SPACE(sizeof(struct tpacket_auxdata))
    private static final int SYS_RECVMSG = 47;
    private static final int MSGHDR = 56;
    private static final int OUT = 16;
    private static final int OUT_CONTROL_LENGTH = 4;
    private static final int CMSGHDR = 16;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_AUXDATA = 8;
    private static final int TP_STATUS = 0;
    private static final int TP_VLAN_TCI = 16;
    private static final int TP_VLAN_TPID = 18;
    private static final int VLAN_VALID = 1 << 4; // TP_STATUS_VLAN_VALID
    private static final int VLAN_TPID_VALID = 1 << 6;
    private static final int TPID_8021Q = 0x8100;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final Scratch scratch = new Scratch();
    private final MemorySegment message = scratch.zeroed(MSGHDR);
    private final MemorySegment vector = scratch.zeroed(16); // struct iovec
    private final MemorySegment control = scratch.zeroed(CONTROL);
    private int tag;

    public PacketMessage() {
        message.set(Scratch.U64, 16, vector.address());
        message.set(Scratch.U64, 24, 1);
        message.set(Scratch.U64, 32, control.address());
    }

    /** Receives a frame to that address: its bytes, or {@code -errno}. */
    public int receive(Fd fd, long address, int length) {
        vector.set(Scratch.U64, 0, address);
        vector.set(Scratch.U64, 8, length);
        message.set(Scratch.U64, 40, CONTROL); // msg_controllen; the kernel writes what it used
        int result =
                (int)
                        Libc.result(
                                Libc.C.syscall(
                                        SYS_RECVMSG, fd.number(), message.address(), 0, 0, 0, 0));
        tag = result > 0 && message.get(Scratch.U64, 40) > 0 ? tag(control, 0) : UNTAGGED;
        return result;
    }

    /** The tag beside the frame last received, as TPID and TCI. */
    public int tag() {
        return tag;
    }

    /** The tag of a frame in a buffer of a multishot receive; {@code at}: the buffer's begin. */
    public static int tagAt(MemorySegment buffer, int at) {
        return buffer.get(U32, at + OUT_CONTROL_LENGTH) == 0 ? UNTAGGED : tag(buffer, at + OUT);
    }

    private static int tag(MemorySegment b, int at) {
        if (b.get(U32, at + CMSG_LEVEL) != SOL_PACKET
                || b.get(U32, at + CMSG_TYPE) != PACKET_AUXDATA) {
            return UNTAGGED;
        }
        int data = at + CMSGHDR;
        int status = b.get(U32, data + TP_STATUS);
        if ((status & VLAN_VALID) == 0) {
            return UNTAGGED;
        }
        int tpid =
                (status & VLAN_TPID_VALID) == 0
                        ? TPID_8021Q
                        : b.get(U16, data + TP_VLAN_TPID) & 0xffff;
        return tpid << 16 | b.get(U16, data + TP_VLAN_TCI) & 0xffff;
    }

    @Override
    public void close() {
        scratch.close();
    }
}
