package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * struct virtio_net_hdr of linux/virtio_net.h, 10 bytes, in front of each frame of a tap or packet
 * socket; little endian here (the kernel's "legacy" order is the machine's own). A set {@link
 * #NEEDS_CSUM} means that the layer-4 checksum field holds the pseudo-header's sum only, not
 * complemented: a change of addresses is added to it, a change of ports is not.
 */
public final class VirtioNetHdr {
    public static final int LENGTH = 10;
    public static final int NEEDS_CSUM = 1;
    public static final int GSO_NONE = 0;
    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HDR_LEN = 2;
    private static final int GSO_SIZE = 4;
    private static final int CSUM_START = 6;
    private static final int CSUM_OFFSET = 8;
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private VirtioNetHdr() {}

    public static boolean needsChecksum(MemorySegment b, int at) {
        return (Bytes.u8(b, at + FLAGS) & NEEDS_CSUM) != 0;
    }

    public static boolean isGso(MemorySegment b, int at) {
        return Bytes.u8(b, at + GSO_TYPE) != GSO_NONE;
    }

    /** Bytes in front of each segment's payload, as the sender says; 0: it does not say. */
    public static int headerLength(MemorySegment b, int at) {
        return b.get(U16, at + HDR_LEN) & 0xffff;
    }

    /** Payload bytes of each segment. */
    public static int gsoSize(MemorySegment b, int at) {
        return b.get(U16, at + GSO_SIZE) & 0xffff;
    }

    /** Where checksumming starts, in bytes from the frame's first. */
    public static int checksumStart(MemorySegment b, int at) {
        return b.get(U16, at + CSUM_START) & 0xffff;
    }

    /** Where the checksum field is, in bytes from {@link #checksumStart}. */
    public static int checksumOffset(MemorySegment b, int at) {
        return b.get(U16, at + CSUM_OFFSET) & 0xffff;
    }

    /** Bytes were put in before the network header, or taken out where {@code by} is negative. */
    public static void shift(MemorySegment b, int at, int by) {
        if (needsChecksum(b, at)) {
            b.set(U16, at + CSUM_START, (short) (checksumStart(b, at) + by));
        }
        int headers = headerLength(b, at);
        if (headers != 0) {
            b.set(U16, at + HDR_LEN, (short) (headers + by));
        }
    }

    /** No offload: the frame is complete as it stands. */
    public static void clear(MemorySegment b, int at) {
        Bytes.put64(b, at, 0);
        Bytes.put16(b, at + 8, 0);
    }

    /** For tests and generators: a frame to be cut into segments of {@code size} payload bytes. */
    public static void gso(MemorySegment b, int at, int type, int size) {
        Bytes.put8(b, at + GSO_TYPE, type);
        b.set(U16, at + GSO_SIZE, (short) size);
    }

    /** For tests and generators: a frame whose checksum the receiver is to fill in. */
    public static void partial(MemorySegment b, int at, int checksumStart, int checksumOffset) {
        clear(b, at);
        Bytes.put8(b, at + FLAGS, NEEDS_CSUM);
        b.set(U16, at + CSUM_START, (short) checksumStart);
        b.set(U16, at + CSUM_OFFSET, (short) checksumOffset);
    }
}
