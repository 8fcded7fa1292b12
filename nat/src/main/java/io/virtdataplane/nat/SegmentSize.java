package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;

/**
 * Keeps the segments of a connection below what both links carry: the MSS option of a SYN is
 * lowered, never raised (RFC 9293 3.7.1), in both directions.
 */
final class SegmentSize {
    private static final int SMALLEST = 88; // as Linux' tcp_min_snd_mss takes 48 with 40 of options

    private SegmentSize() {}

    /** {@code configured}: a fixed size, or 0 for what the narrower MTU leaves. */
    static void clamp(Frame frame, NatPlan plan, int configured) {
        if (frame.protocol != Protocols.TCP || (Tcp.flags(frame.data, frame.l4) & Tcp.SYN) == 0) {
            return;
        }
        int at = Tcp.maxSegmentSizeAt(frame.data, frame.l4);
        if (at == 0) {
            return;
        }
        int headers = (frame.isIpv4() ? Ipv4.HEADER : Ipv6.HEADER) + Tcp.HEADER;
        int fitting = Math.min(plan.uplinkMtu(), plan.guestMtu()) - headers;
        int most = configured == 0 ? fitting : Math.min(configured, fitting);
        int size = Bytes.u16(frame.data, at);
        if (size <= most || most < SMALLEST) {
            return;
        }
        frame.note(Step.MSS_CLAMPED, size, most);
        Bytes.put16(frame.data, at, most);
        if (!Rewrite.isPartial(frame)) {
            boolean aligned = (at - frame.l4) % 2 == 0;
            long delta = Checksum.delta16(size, most);
            Tcp.repairChecksum(frame.data, frame.l4, aligned ? delta : swapped(size, most));
        }
    }

    /** A value at an odd place spans two words of the sum: its bytes change places (RFC 1071 2). */
    private static long swapped(int before, int after) {
        return Checksum.delta16(
                Short.reverseBytes((short) before) & 0xffff,
                Short.reverseBytes((short) after) & 0xffff);
    }
}
