package io.virtdataplane.dataplane;

import java.util.ArrayList;
import java.util.List;

/**
 * The way of one frame through the walk, step by step, with the frame as it came and as it left.
 * Made only while somebody asks for it; an untraced frame costs one null check a step.
 */
public final class Trace {
    private static final int MAX_STEPS = 32;
    private static final int SNAPSHOT = 256;
    private static final byte[] NOTHING = {};
    private final boolean dryRun;
    private final Step[] steps = new Step[MAX_STEPS];
    private final long[] first = new long[MAX_STEPS];
    private final long[] second = new long[MAX_STEPS];
    private final String[] words = new String[MAX_STEPS];
    private int count;
    private boolean fromGuest;
    private byte[] before = NOTHING;
    private byte[] after = NOTHING;
    private Verdict verdict = Verdict.CONTINUE;

    Trace(boolean dryRun) {
        this.dryRun = dryRun;
    }

    boolean isDryRun() {
        return dryRun;
    }

    void add(Step step, long a, long b) {
        add(step, a, b, "");
    }

    void add(Step step, String said) {
        add(step, 0, 0, said);
    }

    private void add(Step step, long a, long b, String said) {
        if (count < MAX_STEPS) {
            steps[count] = step;
            first[count] = a;
            second[count] = b;
            words[count++] = said;
        }
    }

    void fromGuest(boolean is) {
        fromGuest = is;
    }

    public boolean isFromGuest() {
        return fromGuest;
    }

    /** To be used for another frame. */
    void reset() {
        count = 0;
        after = NOTHING;
    }

    void begin(Frame frame) {
        before = copy(frame);
    }

    void end(Frame frame, Verdict finalVerdict) {
        verdict = finalVerdict;
        if (frame.egress != null || dryRun && sent()) {
            after = copy(frame);
        }
    }

    private boolean sent() {
        for (int i = 0; i < count; i++) {
            if (steps[i] == Step.SENT) {
                return true;
            }
        }
        return false;
    }

    private static byte[] copy(Frame frame) {
        int length = Math.min(SNAPSHOT, frame.length);
        return frame.data
                .asSlice(frame.start, length)
                .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    /** The frame's first bytes as it came. */
    public byte[] before() {
        return before;
    }

    /** The frame's first bytes as it left; empty where it did not. */
    public byte[] after() {
        return after;
    }

    public Verdict verdict() {
        return verdict;
    }

    /** One line a step, in order. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(steps[i].describe(first[i], second[i], words[i]));
        }
        return lines;
    }
}
