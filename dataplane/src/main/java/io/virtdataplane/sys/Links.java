package io.virtdataplane.sys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Makes and removes devices of the calling thread's namespace (rtnetlink(7)). */
public final class Links {
    private static final int RTM_NEWLINK = 16; // linux/rtnetlink.h
    private static final int RTM_DELLINK = 17;
    private static final int RTM_NEWADDR = 20;
    private static final int IFLA_ADDRESS = 1; // linux/if_link.h
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFA_ADDRESS = 1; // linux/if_addr.h
    private static final int IFA_LOCAL = 2;
    private static final byte IFA_F_NODAD = 2;
    private static final byte AF_INET = 2;
    private static final byte AF_INET6 = 10;
    private static final int VETH_INFO_PEER = 1; // linux/veth.h

    // Of the calling thread's namespace, which /sys/class/net is not.
    private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");

    private Links() {}

    /** Names of all devices there. */
    public static List<String> names() {
        try (Stream<String> lines = Files.lines(DEVICES)) {
            return lines.filter(line -> line.contains(":"))
                    .map(line -> line.substring(0, line.indexOf(':')).strip())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("read " + DEVICES, e);
        }
    }

    /** One end of a veth(4). */
    public record End(String name, long mac) {
        public End {
            NetDevice.checkName(name);
        }
    }

    /** Both ends are down. */
    public static void addVeth(End end, End peer, int mtu) {
        addVeth(end, peer, mtu, null);
    }

    /**
     * The same.
     *
     * @param ofPeer where {@code peer} is made; null: beside the other end
     */
    public static void addVeth(End end, End peer, int mtu, Netns ofPeer) {
        NetlinkRequest request = new NetlinkRequest(RTM_NEWLINK, NetlinkRequest.CREATE);
        link(request, 0);
        describe(request, end, mtu);
        request.nested(
                IFLA_LINKINFO,
                () ->
                        request.text(IFLA_INFO_KIND, "veth")
                                .nested(
                                        IFLA_INFO_DATA,
                                        () ->
                                                request.nested(
                                                        VETH_INFO_PEER,
                                                        () -> {
                                                            link(request, 0);
                                                            describe(request, peer, mtu);
                                                            if (ofPeer != null) {
                                                                request.number(
                                                                        IFLA_NET_NS_FD,
                                                                        ofPeer.descriptor());
                                                            }
                                                        })));
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            netlink.request(request, "make veth " + end.name());
        }
    }

    /** False where there was none of that name; of a veth the other end goes too. */
    public static boolean delete(String name) {
        int index = new NetDevice(name).index();
        if (index == 0) {
            return false;
        }
        NetlinkRequest request = new NetlinkRequest(RTM_DELLINK);
        link(request, index);
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            int errno = netlink.ask(request, "delete " + name).errno();
            if (errno != Errno.ENODEV) { // it went meanwhile
                SystemCallException.check(-errno, "delete " + name);
            }
        }
        return true;
    }

    /**
     * Gives a device an address, if it has it not yet.
     *
     * @param address of 4 or 16 bytes, in network order
     */
    public static void addAddress(String name, byte[] address, int prefixLength) {
        NetlinkRequest request = new NetlinkRequest(RTM_NEWADDR, NetlinkRequest.CREATE);
        byte family = address.length == 4 ? AF_INET : AF_INET6;
        request.raw() // struct ifaddrmsg: family, prefix length, flags, scope, index
                .put(family)
                .put((byte) prefixLength)
                .put(family == AF_INET ? 0 : IFA_F_NODAD)
                .put((byte) 0)
                .putInt(new NetDevice(name).index());
        request.struct(IFA_LOCAL, () -> request.raw().put(address));
        request.struct(IFA_ADDRESS, () -> request.raw().put(address));
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            int errno = netlink.ask(request, "address of " + name).errno();
            if (errno != Errno.EEXIST) {
                SystemCallException.check(-errno, "address of " + name);
            }
        }
    }

    /** struct ifinfomsg: family, type, index, flags, mask. */
    private static void link(NetlinkRequest request, int index) {
        request.raw().putInt(0).putInt(index).putInt(0).putInt(0);
    }

    private static void describe(NetlinkRequest request, End end, int mtu) {
        request.text(IFLA_IFNAME, end.name()).number(IFLA_MTU, mtu);
        request.struct(
                IFLA_ADDRESS,
                () -> {
                    for (int shift = 40; shift >= 0; shift -= 8) {
                        request.raw().put((byte) (end.mac() >>> shift));
                    }
                });
    }
}
