package io.virtdataplane.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Which TCP connections and UDP sessions the program may open itself (opening.h in src/main/bpf),
 * so that a first frame need not wait for the worker to wake: those that are decided as one was
 * that has been walked. Outward that is one to the same address and port, inward one from the same
 * address to the same port of the guest. And how many, until the worker has made sessions of them:
 * the next one after these is walked, and so wakes it.
 *
 * <p>A grant is one word, a hash that nobody outside can know, in a place that it has itself; a new
 * one may take another's place. Worker's thread.
 */
public final class Openings {
    /** How many grants there are room for. */
    static final int GRANTS = 256;

    /** Bytes of the number, and of the grants. */
    static final int BYTES = Long.BYTES + GRANTS * Long.BYTES;

    private static final long COUNT = 0;
    private static final long GRANTED = Long.BYTES;
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment memory;
    private final long seed;
    private boolean isEmpty;

    Openings(MemorySegment memory, long seed) {
        this.memory = memory;
        this.seed = seed;
        isEmpty = true;
        memory.fill((byte) 0); // whoever was there before us may have decided otherwise
    }

    /** So many more may be opened. */
    public void most(int count) {
        if (!isEmpty && (long) WORD.getOpaque(memory, COUNT) != count) {
            WORD.setRelease(memory, COUNT, (long) count);
        }
    }

    /**
     * Connections like this one may be opened.
     *
     * @param direction {@link FlowTable#OUTWARD}: it is the guest's
     * @param port the remote one of the guest's, the local one of those from outside
     */
    public void grant(
            int direction, int protocol, long remoteHigh, long remoteLow, int port, boolean ipv6) {
        long hash = hash(direction, protocol, remoteHigh, remoteLow, port, ipv6);
        isEmpty = false;
        WORD.setRelease(memory, at(hash), hash);
    }

    /** No more of them, until one is walked that is granted. */
    public void revoke(
            int direction, int protocol, long remoteHigh, long remoteLow, int port, boolean ipv6) {
        long hash = hash(direction, protocol, remoteHigh, remoteLow, port, ipv6);
        if (!isEmpty && (long) WORD.getOpaque(memory, at(hash)) == hash) {
            WORD.setRelease(memory, at(hash), 0L);
        }
    }

    private long hash(
            int direction, int protocol, long remoteHigh, long remoteLow, int port, boolean ipv6) {
        boolean outward = direction == FlowTable.OUTWARD;
        long alike =
                FlowKey.tuple(direction, protocol, outward ? 0 : port, outward ? port : 0, ipv6);
        return FlowKey.hash(seed, remoteHigh, remoteLow, alike);
    }

    private static long at(long hash) {
        return GRANTED + ((hash >>> Integer.SIZE) % GRANTS) * Long.BYTES;
    }

    /** From the next frame on none is. */
    public void forget() {
        if (!isEmpty) {
            memory.fill((byte) 0);
            isEmpty = true;
        }
    }
}
