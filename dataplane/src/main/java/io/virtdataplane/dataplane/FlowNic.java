package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * What the programs are told of a NIC, for all of its flows: whose frames are carried, and for how
 * long without us. Worker's thread.
 *
 * <pre>
 *   the guest's MAC address as it lies, 0: nothing is carried (8)    when the worker last was alive, ns (8)
 *   for how long it may be silent, ns (8)    longest TCP segment that a SYN may ask for, 0: what the MTUs leave (8)
 * </pre>
 */
public final class FlowNic {
    static final int BYTES = 32;

    private static final long MAC = 0;
    private static final long BEAT = 8;
    private static final long ABSENCE = 16;
    private static final long SEGMENT = 24;
    private static final long USUAL_ABSENCE_NS = 30_000_000_000L;
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment memory;
    private long guestMac;
    private boolean isAllowed = true;

    FlowNic(MemorySegment memory) {
        this.memory = memory;
        guestMac = Long.reverseBytes((long) WORD.getOpaque(memory, MAC)) >>> Short.SIZE;
        absence(USUAL_ABSENCE_NS);
    }

    /** The guest's MAC address, as far as it is known. */
    long guest() {
        return guestMac;
    }

    /**
     * The guest has this MAC address: its frames are known by it, and those to it are sent to it.
     */
    void guest(long address) {
        guestMac = address;
        publish();
    }

    /** From the next frame on, whatever is in the table. */
    void allow(boolean allowed) {
        isAllowed = allowed;
        publish();
    }

    private void publish() {
        WORD.setRelease(memory, MAC, isAllowed ? Long.reverseBytes(guestMac) >>> Short.SIZE : 0L);
    }

    /**
     * The worker lives: frames are carried, and taken from the pod's kernel, for as long as it may
     * be silent.
     */
    public void beat(long nowNs) {
        WORD.setRelease(memory, BEAT, nowNs);
    }

    /** The worker may be silent for so long. */
    public void absence(long ns) {
        WORD.setRelease(memory, ABSENCE, ns);
    }

    /** A SYN that asks for longer segments is walked; 0: than the MTUs leave. */
    public void segment(int bytes) {
        WORD.setRelease(memory, SEGMENT, (long) bytes);
    }
}
