package io.virtdataplane.sys;

/**
 * How many frames a device had no room for on their way out, as the kernel counts them
 * (rtnetlink(7)). Any thread may ask: the socket stays in the namespace where it was opened.
 */
public final class LinkDrops implements AutoCloseable {
    private static final int RTM_GETLINK = 18; // linux/rtnetlink.h
    private static final int IFLA_STATS64 = 23; // linux/if_link.h
    private static final int IFINFOMSG = 16;
    private static final int TX_DROPPED = 56; // struct rtnl_link_stats64
    private final NetlinkSocket netlink = new NetlinkSocket();
    private final int index;
    private final long before; // an earlier run's, which the device has outlived
    private long count;

    /** Of a device of the calling thread's namespace. */
    public LinkDrops(String name) {
        try {
            index = new NetDevice(name).index();
            before = read(0);
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    /** Since this was made; no more of them once the device has left the namespace. */
    public long count() {
        count = read(before + count) - before;
        return count;
    }

    /** {@code none}: what is told where there is no such device. */
    private long read(long none) {
        NetlinkRequest request = new NetlinkRequest(RTM_GETLINK);
        request.raw().putInt(0).putInt(index).putInt(0).putInt(0); // struct ifinfomsg
        long[] drops = {none};
        NetlinkAnswer.attributes(
                netlink.ask(request, "get link").body(),
                IFINFOMSG,
                (type, value) -> {
                    if (type == IFLA_STATS64 && value.limit() >= TX_DROPPED + Long.BYTES) {
                        drops[0] = value.getLong(TX_DROPPED);
                    }
                });
        return drops[0];
    }

    @Override
    public void close() {
        netlink.close();
    }
}
