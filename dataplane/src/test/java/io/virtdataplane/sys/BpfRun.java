package io.virtdataplane.sys;

import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;

/**
 * Runs a loaded program on a frame, once or many times in one system call (BPF_PROG_TEST_RUN of
 * bpf(2)): what it would do is decided and not done. The frame comes in by the loopback device of
 * this namespace, whose address is 0.
 */
public final class BpfRun {
    /** {@link #action} of a program: on to other programs and the stack. */
    public static final int NEXT = -1;

    public static final int DROP = 2;
    public static final int REDIRECT = 7;

    /**
     * What a program is told of a frame beside its bytes, fields of struct __sk_buff.
     *
     * @param segment bytes of payload in each segment that the device is to make, or 0
     */
    public record About(int mark, int ingressDevice, int segment) {
        public static final About NOTHING = new About(0, 0, 0);
    }

    private static final int BPF_PROG_TEST_RUN = 10; // linux/bpf.h
    private static final int PROGRAM = 0;
    private static final int RESULT = 4;
    private static final int LENGTH_IN = 8;
    private static final int LENGTH_OUT = 12;
    private static final int DATA_IN = 16;
    private static final int DATA_OUT = 24;
    private static final int REPEAT = 32;
    private static final int DURATION = 36;
    private static final int CONTEXT_LENGTH_IN = 40;
    private static final int CONTEXT_LENGTH_OUT = 44;
    private static final int CONTEXT_IN = 48;
    private static final int CONTEXT_OUT = 56;
    private static final int ATTRIBUTES = 80;

    private static final int CONTEXT = 192;
    private static final int SKB_MARK = 8;
    private static final int SKB_INGRESS_IFINDEX = 36;
    private static final int SKB_GSO_SEGMENTS = 164;
    private static final int SKB_GSO_SIZE = 176;

    private final MemorySegment attributes;
    private final MemorySegment out;
    private final MemorySegment contextOut;

    public BpfRun(Fd program, byte[] frame, int repeat) {
        this(program, frame, About.NOTHING, repeat);
    }

    public BpfRun(Fd program, byte[] frame, About about, int repeat) {
        Arena arena = Arena.ofAuto();
        MemorySegment data = arena.allocate(frame.length, 8);
        MemorySegment.copy(frame, 0, data, ValueLayout.JAVA_BYTE, 0, frame.length);
        MemorySegment context = arena.allocate(CONTEXT, 8);
        context.set(Scratch.U32, SKB_MARK, about.mark());
        context.set(Scratch.U32, SKB_INGRESS_IFINDEX, about.ingressDevice());
        context.set(Scratch.U32, SKB_GSO_SIZE, about.segment());
        int segments = about.segment() == 0 ? 0 : 2;
        context.set(Scratch.U32, SKB_GSO_SEGMENTS, segments);
        out = arena.allocate(frame.length, 8);
        contextOut = arena.allocate(CONTEXT, 8);
        attributes = arena.allocate(ATTRIBUTES, 8);
        attributes.set(Scratch.U32, PROGRAM, program.number());
        attributes.set(Scratch.U32, LENGTH_IN, frame.length);
        attributes.set(Scratch.U64, DATA_IN, data.address());
        attributes.set(Scratch.U64, DATA_OUT, out.address());
        attributes.set(Scratch.U32, REPEAT, repeat);
        attributes.set(Scratch.U32, CONTEXT_LENGTH_IN, CONTEXT);
        attributes.set(Scratch.U64, CONTEXT_IN, context.address());
        attributes.set(Scratch.U64, CONTEXT_OUT, contextOut.address());
    }

    /** What the program returned, an action of tc. */
    public int run() {
        attributes.set(Scratch.U32, LENGTH_OUT, (int) out.byteSize());
        attributes.set(Scratch.U32, CONTEXT_LENGTH_OUT, CONTEXT);
        SystemCallException.check(
                Bpf.call(BPF_PROG_TEST_RUN, attributes, ATTRIBUTES), "run BPF program");
        return attributes.get(Scratch.U32, RESULT);
    }

    /** What one of the last runs took on average. */
    public int averageNs() {
        return attributes.get(Scratch.U32, DURATION);
    }

    /** The frame as the program has left it. */
    public byte[] frame() {
        return out.asSlice(0, attributes.get(Scratch.U32, LENGTH_OUT))
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** Its mark, likewise. */
    public int mark() {
        return contextOut.get(Scratch.U32, SKB_MARK);
    }

    /** What the kernel lets root load; else the test that asks is not run, and says so. */
    public static <T> T loaded(Supplier<T> load) {
        try {
            return load.get();
        } catch (Unsupported e) {
            if (!e.getMessage().contains("errno " + Errno.EPERM + ')')) {
                throw e;
            }
            return abort("not as root: " + e.getMessage());
        } catch (SystemCallException e) {
            if (e.errno() != Errno.EPERM) {
                throw e;
            }
            return abort("not as root: " + e.getMessage());
        }
    }
}
