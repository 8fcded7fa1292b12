package io.virtdataplane.dataplane;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Carries events from the packet thread to the journal's thread: one writer, one reader, fixed
 * size. A full ring drops and counts; the packet thread never waits.
 */
public final class EventRing {
    /** Receives events on the reader's thread. */
    public interface Reader {
        void event(EventKind kind, int nic, long first, long second);
    }

    private static final int CAPACITY = 1024;
    private static final int WORDS = 3;
    private static final VarHandle TAIL;
    private static final VarHandle HEAD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TAIL = lookup.findVarHandle(EventRing.class, "tail", long.class);
            HEAD = lookup.findVarHandle(EventRing.class, "head", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] words = new long[CAPACITY * WORDS];
    private volatile Thread reader;
    private volatile long lost;
    private long tail;
    private long head;

    /** The thread to wake when an event comes. */
    public void readBy(Thread thread) {
        reader = thread;
    }

    /** Packet thread only. */
    public void emit(EventKind kind, int nic, long first, long second) {
        long at = tail;
        if (at - (long) HEAD.getAcquire(this) == CAPACITY) {
            lost = lost + 1; // one writer: no update is lost
            return;
        }
        int slot = (int) (at % CAPACITY) * WORDS;
        words[slot] = (long) kind.ordinal() << 32 | nic & 0xffff_ffffL;
        words[slot + 1] = first;
        words[slot + 2] = second;
        TAIL.setRelease(this, at + 1);
        LockSupport.unpark(reader); // events are rare: leases, first drops, faults
    }

    /** Reader's thread only; how many events there were. */
    public int drain(Reader to) {
        long end = (long) TAIL.getAcquire(this);
        int count = (int) (end - head);
        for (long at = head; at < end; at++) {
            int slot = (int) (at % CAPACITY) * WORDS;
            to.event(
                    EventKind.of((int) (words[slot] >>> 32)),
                    (int) words[slot],
                    words[slot + 1],
                    words[slot + 2]);
        }
        HEAD.setRelease(this, end);
        return count;
    }

    public long lost() {
        return lost;
    }
}
