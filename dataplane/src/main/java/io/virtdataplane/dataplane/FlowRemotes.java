package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Checksum;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * What the remotes of carried flows are translated to, where they are: a guest addresses a Service,
 * and an endpoint answers. They lie behind the entries of each bucket of a {@link FlowTable}, so
 * that a program that looks only at other flows reads none of it.
 *
 * <pre>
 *   32 bytes: address, IPv4 as ::ffff:a.b.c.d (16)    version (48 bits), port (16)
 *             what a ones' complement sum over the address is more with this one instead (4)    0 (4)
 * </pre>
 *
 * No two that ever stood in a place have the same version, and it is 0 while one is written: a
 * program that has read the same one before and after has read what belongs together. Worker's
 * thread.
 */
final class FlowRemotes {
    static final int ENTRY = 32;

    private static final int HIGH = 0;
    private static final int LOW = 8;
    private static final int VERSION = 16;
    private static final int DELTA = 24;
    private static final int VERSION_SHIFT = 16;
    private static final int PORT_MASK = 0xffff;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle WORD = LONG.varHandle();

    private final MemorySegment flows;
    private final int bucket;
    private final int first;
    private long version;

    /**
     * @param bucket bytes of one
     * @param first where in it they begin
     */
    FlowRemotes(MemorySegment flows, int bucket, int first) {
        this.flows = flows;
        this.bucket = bucket;
        this.first = first;
    }

    private long at(int place) {
        int ways = FlowTable.WAYS;
        return (long) place / ways * bucket + first + (long) place % ways * ENTRY;
    }

    /** The flow there, which nobody carries now, has its remote translated so. */
    void set(int place, RemoteEnd from, RemoteEnd to) {
        long at = at(place);
        WORD.setRelease(flows, at + VERSION, 0L);
        VarHandle.storeStoreFence(); // the rest is not to be seen before that
        flows.set(LONG, at + HIGH, Long.reverseBytes(to.high()));
        flows.set(LONG, at + LOW, Long.reverseBytes(to.low()));
        flows.set(LONG, at + DELTA, delta(from, to));
        version++;
        WORD.setRelease(flows, at + VERSION, version << VERSION_SHIFT | swap(to.port()));
    }

    /** As the program adds it up: over words as they lie. */
    private static long delta(RemoteEnd from, RemoteEnd to) {
        long delta = Checksum.delta128(from.high(), from.low(), to.high(), to.low());
        return swap(Checksum.fold(delta));
    }

    void get(int place, RemoteEnd to) {
        long at = at(place);
        to.set(
                Long.reverseBytes(flows.get(LONG, at + HIGH)),
                Long.reverseBytes(flows.get(LONG, at + LOW)),
                swap((int) flows.get(LONG, at + VERSION) & PORT_MASK));
    }

    private static int swap(int port) {
        return Short.reverseBytes((short) port) & PORT_MASK;
    }
}
