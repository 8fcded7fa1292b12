package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;

/**
 * Cuts an IPv4 packet into fragments (RFC 791 3.2) where the next link is narrower and the sender
 * allows it. IPv6 has no such thing: there the sender is told.
 */
final class Fragmenter {
    private static final int OPTION_NOP = 1;
    private static final int OPTION_COPIED = 0x80;

    private Fragmenter() {}

    /** How many frames it takes beside the first. */
    static int furtherFrames(Frame frame) {
        int room = room(frame);
        int payload = frame.end - frame.l4;
        return (payload + room - 1) / room - 1;
    }

    /** Payload bytes of each fragment but the last. */
    private static int room(Frame frame) {
        return frame.splitMtu - (frame.l4 - frame.l3) & ~7;
    }

    /** What the cuts have in common must be done once: the checksum that was left to a device. */
    static void prepare(Frame frame) {
        int vnet = frame.vnet();
        if (VirtioNetHdr.needsChecksum(frame.data, vnet)) {
            int from = frame.start + VirtioNetHdr.checksumStart(frame.data, vnet);
            int field = from + VirtioNetHdr.checksumOffset(frame.data, vnet);
            if (from < frame.end && field + 2 <= frame.end) {
                int sum = ~Checksum.fold(Checksum.sum(frame.data, from, frame.end - from)) & 0xffff;
                Bytes.put16(frame.data, field, sum == 0 ? 0xffff : sum);
            }
        }
        VirtioNetHdr.clear(frame.data, vnet);
    }

    /**
     * After {@link #shorten}: makes {@code to} the fragment number {@code number}, counted from 1,
     * of {@code frame}.
     */
    static void fill(Frame frame, Frame to, int number) {
        MemorySegment b = frame.data;
        int header = frame.l4 - frame.l3;
        int room = room(frame);
        int from = frame.l4 + number * room;
        int payload = Math.min(room, frame.end - from);
        to.compose(Ethernet.HEADER + header + payload);
        int l3 = to.start + Ethernet.HEADER;
        MemorySegment.copy(b, frame.start, to.data, to.start, Ethernet.HEADER + header);
        MemorySegment.copy(b, from, to.data, l3 + header, payload);
        dropOptionsNotCopied(to.data, l3, header);
        int base = Math.max(0, frame.fragmentOffset);
        boolean more = from + payload < frame.end || frame.isFragment() && frame.moreFragments;
        Ipv4.fragment(to.data, l3, header + payload, base + number * room, more);
    }

    /** Makes {@code frame} its first fragment; the bytes of the others stay behind its length. */
    static void shorten(Frame frame) {
        int header = frame.l4 - frame.l3;
        int payload = room(frame);
        int base = Math.max(0, frame.fragmentOffset);
        Ipv4.fragment(frame.data, frame.l3, header + payload, base, true);
        frame.length = Ethernet.HEADER + header + payload;
    }

    /** RFC 791 3.1: options without the copied flag stand in the first fragment only. */
    private static void dropOptionsNotCopied(MemorySegment b, int l3, int header) {
        if (header == Ipv4.HEADER) {
            return;
        }
        int at = l3 + Ipv4.HEADER;
        int end = l3 + header;
        while (at < end) {
            int kind = Bytes.u8(b, at);
            int length = kind <= OPTION_NOP ? 1 : at + 1 < end ? Bytes.u8(b, at + 1) : 0;
            if (length == 0 || at + length > end) {
                break;
            }
            if (kind > OPTION_NOP && (kind & OPTION_COPIED) == 0) {
                b.asSlice(at, length).fill((byte) OPTION_NOP);
            }
            at += length;
        }
        Ipv4.checksumAnew(b, l3);
    }
}
