package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A program on a device by clsact and cls_bpf (rtnetlink(7), tc-bpf(8)), for kernels before tcx.
 * Unlike a tcx link it outlives a killed process; the next attach replaces it.
 */
final class TcFilter implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NLMSG_ERROR = 2; // linux/netlink.h
    private static final int NLM_F_REQUEST_ACK = 5;
    private static final int NLM_F_EXCL_CREATE = 0x600;
    private static final int RTM_NEWQDISC = 36; // linux/rtnetlink.h
    private static final int RTM_DELQDISC = 37;
    private static final int RTM_NEWTFILTER = 44;
    private static final int RTM_DELTFILTER = 45;
    private static final int TC_H_CLSACT = 0xffff_fff1; // linux/pkt_sched.h
    private static final int CLSACT_HANDLE = 0xffff_0000;
    private static final int CLSACT_INGRESS = 0xffff_fff2;
    private static final int CLSACT_EGRESS = 0xffff_fff3;
    private static final int TCA_KIND = 1;
    private static final int TCA_OPTIONS = 2;
    private static final int TCA_BPF_FD = 6; // linux/pkt_cls.h
    private static final int TCA_BPF_NAME = 7;
    private static final int TCA_BPF_FLAGS = 8;
    private static final int DIRECT_ACTION = 1;
    private static final int PREFERENCE = 4242;
    private static final int ETH_P_ALL_BE = 0x0300;
    private static final int HEADERS = 16 + 20; // struct nlmsghdr, struct tcmsg
    private static final int CAPACITY = 256;

    private final Fd netlink;
    private final int device;
    private final int parent;
    private final boolean madeQdisc;

    /** In the device's namespace. */
    TcFilter(Fd program, int device, boolean ingress) {
        this.netlink =
                new Fd(
                        SystemCallException.check(
                                Libc.result(Libc.C.socket(AF_NETLINK, SOCK_RAW | Fd.O_CLOEXEC, 0)),
                                "netlink socket"));
        this.device = device;
        this.parent = ingress ? CLSACT_INGRESS : CLSACT_EGRESS;
        int made =
                request(
                        RTM_NEWQDISC,
                        NLM_F_EXCL_CREATE,
                        CLSACT_HANDLE,
                        TC_H_CLSACT,
                        0,
                        "clsact",
                        null);
        madeQdisc = made == 0;
        try {
            SystemCallException.check(made == -Errno.EEXIST ? 0 : made, "make clsact qdisc");
            request(
                    RTM_DELTFILTER,
                    0,
                    0,
                    parent,
                    PREFERENCE << 16 | ETH_P_ALL_BE,
                    "bpf",
                    null); // a killed process's
            int added =
                    request(
                            RTM_NEWTFILTER,
                            NLM_F_EXCL_CREATE,
                            0,
                            parent,
                            PREFERENCE << 16 | ETH_P_ALL_BE,
                            "bpf",
                            program);
            SystemCallException.check(added, "add cls_bpf filter");
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    private int request(
            int type, int flags, int handle, int tcParent, int info, String kind, Fd program) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment m = scratch.zeroed(CAPACITY);
            m.set(Scratch.U16, 4, (short) type);
            m.set(Scratch.U16, 6, (short) (flags | NLM_F_REQUEST_ACK));
            m.set(Scratch.U32, 20, device);
            m.set(Scratch.U32, 24, handle);
            m.set(Scratch.U32, 28, tcParent);
            m.set(Scratch.U32, 32, info);
            int end = text(m, HEADERS, TCA_KIND, kind);
            if (program != null) {
                int options = end;
                end = number(m, options + 4, TCA_BPF_FD, program.number());
                end = text(m, end, TCA_BPF_NAME, "virt-dataplane");
                end = number(m, end, TCA_BPF_FLAGS, DIRECT_ACTION);
                attribute(m, options, TCA_OPTIONS, end - options);
            }
            m.set(Scratch.U32, 0, end);
            SystemCallException.check(netlink.write(m.address(), end), "send to netlink");
            return acknowledgement(scratch.zeroed(CAPACITY * 4));
        }
    }

    /** 0 or -errno of the request. */
    private int acknowledgement(MemorySegment answer) {
        SystemCallException.check(
                netlink.read(answer.address(), (int) answer.byteSize()), "receive from netlink");
        return answer.get(Scratch.U16, 4) == NLMSG_ERROR ? answer.get(Scratch.U32, 16) : 0;
    }

    private static void attribute(MemorySegment m, int at, int type, int length) {
        m.set(Scratch.U16, at, (short) length);
        m.set(Scratch.U16, at + 2, (short) type);
    }

    private static int number(MemorySegment m, int at, int type, int value) {
        attribute(m, at, type, 8);
        m.set(Scratch.U32, at + 4, value);
        return at + 8;
    }

    private static int text(MemorySegment m, int at, int type, String value) {
        byte[] bytes = Libc.bytes(value + "\0");
        attribute(m, at, type, 4 + bytes.length);
        MemorySegment.copy(bytes, 0, m, ValueLayout.JAVA_BYTE, at + 4, bytes.length);
        return at + 4 + (bytes.length + 3 & ~3);
    }

    /** The device may be gone already; then so is all that was on it. */
    @Override
    public void close() {
        if (netlink.isOpen()) {
            request(RTM_DELTFILTER, 0, 0, parent, PREFERENCE << 16 | ETH_P_ALL_BE, "bpf", null);
            if (madeQdisc) {
                request(RTM_DELQDISC, 0, CLSACT_HANDLE, TC_H_CLSACT, 0, "clsact", null);
            }
            netlink.close();
        }
    }
}
