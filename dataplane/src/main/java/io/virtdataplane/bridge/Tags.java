package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.VirtioNetHdr;
import io.virtdataplane.wire.Vlan;
import java.lang.foreign.MemorySegment;

/**
 * Takes a frame's outermost 802.1Q tag out of the frame and puts it back. While a frame is in the
 * bridge its tag is beside it ({@link Frame#tag}), as the kernel has it, so that a frame which only
 * passes is not moved.
 */
final class Tags {
    private static final int ADDRESSES = 12;

    private Tags() {}

    /**
     * Takes out a tag that is in the frame. A foreign one (802.1ad) is put back: it is payload.
     * False where the frame ends within its tag, which a Linux bridge does not even see.
     */
    static boolean lift(Frame frame) {
        if (frame.tag != Frame.UNTAGGED) {
            if (frame.tag >>> 16 != Ethernet.DOT1Q) {
                push(frame);
            }
            return true;
        }
        if (Ethernet.type(frame.data, frame.start) != Ethernet.DOT1Q) {
            return true;
        }
        if (frame.length < Ethernet.HEADER + Vlan.TAG) {
            return false;
        }
        pop(frame);
        return true;
    }

    private static void pop(Frame frame) {
        MemorySegment b = frame.data;
        frame.tag = Bytes.u32(b, frame.start + ADDRESSES);
        MemorySegment.copy(
                b, frame.vnet(), b, frame.vnet() + Vlan.TAG, VirtioNetHdr.LENGTH + ADDRESSES);
        frame.start += Vlan.TAG;
        frame.length -= Vlan.TAG;
        VirtioNetHdr.shift(b, frame.vnet(), -Vlan.TAG);
    }

    /** Puts the tag back into the frame. */
    static void push(Frame frame) {
        MemorySegment b = frame.data;
        MemorySegment.copy(
                b, frame.vnet(), b, frame.vnet() - Vlan.TAG, VirtioNetHdr.LENGTH + ADDRESSES);
        frame.start -= Vlan.TAG;
        frame.length += Vlan.TAG;
        Bytes.put32(b, frame.start + ADDRESSES, frame.tag);
        VirtioNetHdr.shift(b, frame.vnet(), Vlan.TAG);
        frame.tag = Frame.UNTAGGED;
    }
}
