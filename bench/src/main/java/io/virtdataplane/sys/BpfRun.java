package io.virtdataplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Runs a loaded program on a frame, many times in one system call (BPF_PROG_TEST_RUN of bpf(2)):
 * what it would do is decided and not done.
 */
public final class BpfRun {
    private static final int BPF_PROG_TEST_RUN = 10; // linux/bpf.h
    private static final int PROGRAM = 0;
    private static final int RESULT = 4;
    private static final int LENGTH_IN = 8;
    private static final int DATA_IN = 16;
    private static final int REPEAT = 32;
    private static final int ATTRIBUTES = 64;
    private final MemorySegment attributes;

    public BpfRun(Fd program, byte[] frame, int repeat) {
        MemorySegment data = Arena.global().allocate(frame.length, 8);
        MemorySegment.copy(frame, 0, data, ValueLayout.JAVA_BYTE, 0, frame.length);
        attributes = Arena.global().allocate(ATTRIBUTES, 8);
        attributes.set(Scratch.U32, PROGRAM, program.number());
        attributes.set(Scratch.U32, LENGTH_IN, frame.length);
        attributes.set(Scratch.U64, DATA_IN, data.address());
        attributes.set(Scratch.U32, REPEAT, repeat);
    }

    /** What the program returned, an action of tc. */
    public int run() {
        SystemCallException.check(
                Bpf.call(BPF_PROG_TEST_RUN, attributes, ATTRIBUTES), "run BPF program");
        return attributes.get(Scratch.U32, RESULT);
    }
}
