package io.virtdataplane.sys;

/**
 * A program on a device by clsact and cls_bpf (rtnetlink(7), tc-bpf(8)), for kernels before tcx.
 * Unlike a tcx link it outlives a killed process; the next attach replaces it.
 */
final class TcFilter implements AutoCloseable {
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
    private static final int ETH_P_ALL_BE = 0x0300;

    private final NetlinkSocket netlink = new NetlinkSocket();
    private final int device;
    private final int parent;
    private final int preference;
    private final boolean madeQdisc;

    /**
     * In the device's namespace.
     *
     * @param order of which there is one a direction; the qdisc of the first one goes with it
     */
    TcFilter(Fd program, int device, boolean ingress, Bpf.Order order) {
        this.device = device;
        this.preference = order.preference();
        this.parent = ingress ? CLSACT_INGRESS : CLSACT_EGRESS;
        try {
            int made = errno(qdisc(RTM_NEWQDISC, NetlinkRequest.CREATE, device));
            madeQdisc = made == 0 && order == Bpf.Order.OWN;
            check(made == Errno.EEXIST ? 0 : made, "make clsact qdisc");
            errno(filter(RTM_DELTFILTER, 0, device, parent, preference)); // a killed process's
            NetlinkRequest added =
                    filter(RTM_NEWTFILTER, NetlinkRequest.CREATE, device, parent, preference);
            check(errno(run(added, program.number())), "add cls_bpf filter");
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    static NetlinkRequest qdisc(int type, int flags, int device) {
        return request(type, flags, device, CLSACT_HANDLE, TC_H_CLSACT, 0).text(TCA_KIND, "clsact");
    }

    static NetlinkRequest filter(int type, int flags, int device, int parent, int preference) {
        return request(type, flags, device, 0, parent, preference << 16 | ETH_P_ALL_BE)
                .text(TCA_KIND, "bpf");
    }

    static NetlinkRequest run(NetlinkRequest filter, int program) {
        return filter.struct(
                TCA_OPTIONS,
                () ->
                        filter.number(TCA_BPF_FD, program)
                                .text(TCA_BPF_NAME, "virt-dataplane")
                                .number(TCA_BPF_FLAGS, DIRECT_ACTION));
    }

    /** With struct tcmsg: family, device, handle, parent, info. */
    private static NetlinkRequest request(
            int type, int flags, int device, int handle, int parent, int info) {
        NetlinkRequest request = new NetlinkRequest(type, flags);
        request.raw().putInt(0).putInt(device).putInt(handle).putInt(parent).putInt(info);
        return request;
    }

    private int errno(NetlinkRequest request) {
        return netlink.ask(request, "traffic control").errno();
    }

    private static void check(int errno, String call) {
        SystemCallException.check(-errno, call);
    }

    /** The device may be gone already; then so is all that was on it. */
    @Override
    public void close() {
        if (netlink.isOpen()) {
            errno(filter(RTM_DELTFILTER, 0, device, parent, preference));
            if (madeQdisc) {
                errno(qdisc(RTM_DELQDISC, 0, device));
            }
            netlink.close();
        }
    }
}
