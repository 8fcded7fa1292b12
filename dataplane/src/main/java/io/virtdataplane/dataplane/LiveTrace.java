package io.virtdataplane.dataplane;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Traces frames of a NIC as they pass, until so many have matched. Installed and removed by a
 * {@link Command}; the worker records, the asker takes.
 */
public final class LiveTrace {
    /** Which frames are wanted, asked when the frame's way is over and its headers are known. */
    @FunctionalInterface
    public interface Filter {
        boolean matches(boolean fromGuest, byte[] frame, Verdict verdict);
    }

    private final Filter filter;
    private final Queue<Trace> traces = new ConcurrentLinkedQueue<>();
    private int left;
    private Trace spare = new Trace(false);

    public LiveTrace(Filter filter, int count) {
        this.filter = filter;
        this.left = count;
    }

    /** Worker's thread. */
    void begin(Frame frame) {
        if (left > 0) {
            frame.trace = spare == null ? new Trace(false) : spare;
            spare = null;
            frame.trace.begin(frame);
        }
    }

    /** Worker's thread. */
    void end(Frame frame, boolean fromGuest) {
        Trace trace = frame.trace;
        frame.trace = null;
        trace.end(frame, frame.verdict);
        if (left > 0 && filter.matches(fromGuest, trace.before(), frame.verdict)) {
            left--;
            trace.fromGuest(fromGuest);
            traces.add(trace);
        } else {
            trace.reset();
            spare = trace;
        }
    }

    /** The next trace, or null where there is none yet. The asker's thread. */
    public Trace poll() {
        return traces.poll();
    }
}
