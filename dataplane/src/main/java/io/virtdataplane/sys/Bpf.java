package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Loads tc programs and attaches them to a device (linux/bpf.h). */
public final class Bpf {
    /** Where on the device a program runs. */
    public enum Hook {
        INGRESS(46), // BPF_TCX_INGRESS
        EGRESS(47); // BPF_TCX_EGRESS

        private final int attachType;

        Hook(int attachType) {
            this.attachType = attachType;
        }
    }

    /** A call at a socket of the processes of a cgroup (BPF_CGROUP_INET4_CONNECT and so on). */
    public enum Call {
        CONNECT4(10),
        CONNECT6(11),
        SENDMSG4(14),
        SENDMSG6(15),
        RECVMSG4(19),
        RECVMSG6(20),
        GETPEERNAME4(29),
        GETPEERNAME6(30);

        private final int attachType;

        Call(int attachType) {
            this.attachType = attachType;
        }
    }

    /**
     * How a program is tied to a device: tcx links end with the process, clsact filters stay until
     * they are removed.
     */
    public enum Mechanism {
        AUTO,
        TCX,
        CLSACT
    }

    /** Whose place at a device a filter of clsact takes; links of tcx do not meet. */
    public enum Order {
        /** What carries guests' frames. */
        OWN(4242),
        /** Another program of ours at the same device. */
        BESIDE(4243);

        private final int preference;

        Order(int preference) {
            this.preference = preference;
        }

        int preference() {
            return preference;
        }
    }

    static final int ATTRIBUTES = 160;
    private static final int SYS_BPF = 321;
    private static final int BPF_PROG_LOAD = 5;
    private static final int BPF_OBJ_PIN = 6;
    private static final int BPF_OBJ_GET = 7;
    private static final int PIN_ATTRIBUTES = 16;
    private static final int BPF_OBJ_GET_INFO_BY_FD = 15;
    private static final int LINK_INFO = 32; // bytes of struct bpf_link_info that are asked for
    private static final int TCX_IFINDEX = 16;
    private static final int BPF_LINK_CREATE = 28;
    private static final int BPF_LINK_UPDATE = 29;
    private static final int LINK_UPDATE = 16; // bytes of its attributes, flags among them
    private static final int PROG_TYPE_SCHED_CLS = 3;
    private static final int PROG_TYPE_CGROUP_SOCK_ADDR = 18;
    private static final int EXPECTED_ATTACH_TYPE = 68;
    private static final int INSTRUCTION = 8;
    private static final int LOG_BYTES = 1 << 18;

    private Bpf() {}

    static long call(int command, MemorySegment attributes, int length) {
        return Libc.result(Libc.C.syscall(SYS_BPF, command, attributes.address(), length, 0, 0, 0));
    }

    /** The object of the descriptor lives for as long as this file does. */
    static void pin(Fd fd, String path) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment attributes = scratch.zeroed(PIN_ATTRIBUTES);
            attributes.set(Scratch.U64, 0, scratch.string(path));
            attributes.set(Scratch.U32, 8, fd.number());
            SystemCallException.check(
                    call(BPF_OBJ_PIN, attributes, PIN_ATTRIBUTES), "pin BPF object " + path);
        }
    }

    /** What is pinned there, or null. */
    static Fd pinned(String path) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment attributes = scratch.zeroed(PIN_ATTRIBUTES);
            attributes.set(Scratch.U64, 0, scratch.string(path));
            long result = call(BPF_OBJ_GET, attributes, PIN_ATTRIBUTES);
            return result == -Errno.ENOENT
                    ? null
                    : new Fd((int) SystemCallException.check(result, "open BPF object " + path));
        }
    }

    /** The number of the device that a tcx link is at; 0: the device has gone. */
    public static int deviceOf(Fd link) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment info = scratch.zeroed(LINK_INFO);
            MemorySegment attributes = scratch.zeroed(PIN_ATTRIBUTES);
            attributes.set(Scratch.U32, 0, link.number());
            attributes.set(Scratch.U32, 4, LINK_INFO);
            attributes.set(Scratch.U64, 8, info.address());
            SystemCallException.check(
                    call(BPF_OBJ_GET_INFO_BY_FD, attributes, PIN_ATTRIBUTES), "look at BPF link");
            return info.get(Scratch.U32, TCX_IFINDEX);
        }
    }

    static Fd load(byte[] code, String name) {
        return load(code, name, PROG_TYPE_SCHED_CLS, 0);
    }

    static Fd load(byte[] code, String name, Call at) {
        return load(code, name, PROG_TYPE_CGROUP_SOCK_ADDR, at.attachType);
    }

    private static Fd load(byte[] code, String name, int type, int attachType) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment instructions = scratch.zeroed(code.length);
            MemorySegment.copy(code, 0, instructions, ValueLayout.JAVA_BYTE, 0, code.length);
            MemorySegment log = scratch.zeroed(LOG_BYTES);
            MemorySegment attributes = scratch.zeroed(ATTRIBUTES);
            attributes.set(Scratch.U32, 0, type);
            attributes.set(Scratch.U32, EXPECTED_ATTACH_TYPE, attachType);
            attributes.set(Scratch.U32, 4, code.length / INSTRUCTION);
            attributes.set(Scratch.U64, 8, instructions.address());
            attributes.set(
                    Scratch.U64,
                    16,
                    scratch.string("GPL")); // some helpers ask for it; the program is Apache-2.0 OR
            // GPL-2.0
            MemorySegment.copy(
                    MemorySegment.ofArray(Libc.bytes(name)),
                    0,
                    attributes,
                    48,
                    Math.min(15, name.length()));
            long result = call(BPF_PROG_LOAD, attributes, ATTRIBUTES);
            if (result < 0 && result != -Errno.EPERM) {
                attributes.set(Scratch.U32, 24, 1); // once more, for the verifier's words
                attributes.set(Scratch.U32, 28, LOG_BYTES);
                attributes.set(Scratch.U64, 32, log.address());
                result = call(BPF_PROG_LOAD, attributes, ATTRIBUTES);
            }
            if (result < 0) {
                throw new Unsupported(
                        "BPF program "
                                + name
                                + " cannot be loaded (errno "
                                + -result
                                + "): needs CAP_BPF, CAP_NET_ADMIN and Linux 5.10\n"
                                + lastLines(log.getString(0)));
            }
            return new Fd((int) result);
        }
    }

    private static String lastLines(String log) {
        return log.length() > 1500 ? log.substring(log.length() - 1500) : log;
    }

    /**
     * Runs {@code program} on the device of the calling thread's namespace until what is returned
     * is closed. AUTO takes tcx where the kernel has it (Linux 6.6), else clsact.
     */
    public static AutoCloseable attach(
            Fd program, NetDevice device, Hook hook, Mechanism mechanism) {
        return attach(program, device, hook, mechanism, Order.OWN);
    }

    /** The same, beside other programs of ours. */
    public static AutoCloseable attach(
            Fd program, NetDevice device, Hook hook, Mechanism mechanism, Order order) {
        if (mechanism == Mechanism.CLSACT) {
            return filter(program, device, hook, order);
        }
        try (Scratch scratch = new Scratch()) {
            MemorySegment attributes = scratch.zeroed(ATTRIBUTES);
            attributes.set(Scratch.U32, 0, program.number());
            attributes.set(Scratch.U32, 4, device.index());
            attributes.set(Scratch.U32, 8, hook.attachType);
            long result = call(BPF_LINK_CREATE, attributes, 64);
            if (result != -Errno.EINVAL) {
                return new Fd((int) SystemCallException.check(result, "attach BPF program"));
            }
            if (mechanism == Mechanism.TCX) {
                throw new Unsupported(
                        "the kernel has no tcx hooks: needs Linux 6.6; set hooks to auto or clsact");
            }
        }
        return filter(program, device, hook, order);
    }

    /**
     * The link runs {@code program} from its next frame, or call, on: none passes between the two.
     */
    public static void replace(Fd link, Fd program) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment attributes = scratch.zeroed(LINK_UPDATE);
            attributes.set(Scratch.U32, 0, link.number());
            attributes.set(Scratch.U32, 4, program.number());
            SystemCallException.check(
                    call(BPF_LINK_UPDATE, attributes, LINK_UPDATE), "replace BPF program");
        }
    }

    private static TcFilter filter(Fd program, NetDevice device, Hook hook, Order order) {
        return new TcFilter(program, device.index(), hook == Hook.INGRESS, order);
    }

    /**
     * Runs {@code program} at that call of all processes below {@code cgroup}, a directory of a
     * cgroup2 file system, until what is returned is closed.
     */
    public static Fd attach(Fd program, Fd cgroup, Call call) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment attributes = scratch.zeroed(ATTRIBUTES);
            attributes.set(Scratch.U32, 0, program.number());
            attributes.set(Scratch.U32, 4, cgroup.number());
            attributes.set(Scratch.U32, 8, call.attachType);
            long result = call(BPF_LINK_CREATE, attributes, 64);
            return new Fd((int) SystemCallException.check(result, "attach BPF program to cgroup"));
        }
    }
}
