package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * The request of a station for its own address, RFC 903: what a hypervisor sends for a guest that
 * has moved, so that switches learn where it is now. It needs no address of the guest but its MAC.
 */
public final class Rarp {
    private static final int REQUEST_REVERSE = 3;
    private static final int MINIMUM_FRAME = 60;

    private Rarp() {}

    /** A whole frame from this station to all. */
    public static byte[] announcement(long mac) {
        byte[] frame = new byte[MINIMUM_FRAME];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, mac);
        Ethernet.type(b, 0, Ethernet.RARP);
        Arp.emit(b, Ethernet.HEADER, REQUEST_REVERSE, mac, 0, mac, 0);
        return frame;
    }
}
