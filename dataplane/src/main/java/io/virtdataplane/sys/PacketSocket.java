package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;

/**
 * Opens packet(7) sockets on an existing device; frames carry a 10-byte virtio_net_hdr
 * (linux/if_packet.h).
 */
public final class PacketSocket {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_MR_PROMISC = 1;
    private static final int PACKET_AUXDATA = 8;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_QDISC_BYPASS = 20;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int ETH_P_ALL_BE = 0x0300;
    private static final int BUFFER_BYTES = 8 << 20;

    private PacketSocket() {}

    /**
     * Receives all that the device receives and nothing that it sends. The VLAN tag of a frame is
     * not in it but beside it: see {@link PacketMessage}.
     */
    public static Fd open(NetDevice device) {
        Fd fd =
                new Fd(
                        SystemCallException.check(
                                Libc.result(
                                        Libc.C.socket(
                                                AF_PACKET,
                                                SOCK_RAW | Fd.O_NONBLOCK | Fd.O_CLOEXEC,
                                                0)),
                                "packet socket"));
        try (Scratch scratch = new Scratch()) {
            option(fd, scratch, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES, "SO_RCVBUFFORCE");
            option(fd, scratch, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES, "SO_SNDBUFFORCE");
            option(fd, scratch, SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA");
            option(fd, scratch, SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
            option(fd, scratch, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
            option(fd, scratch, SOL_PACKET, PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
            MemorySegment address = scratch.zeroed(20); // struct sockaddr_ll
            address.set(Scratch.U16, 0, (short) AF_PACKET);
            address.set(Scratch.U16, 2, (short) ETH_P_ALL_BE);
            address.set(Scratch.U32, 4, device.index());
            SystemCallException.check(
                    Libc.result(Libc.C.bind(fd.number(), address.address(), 20)),
                    "bind packet socket");
            MemorySegment membership = scratch.zeroed(16); // struct packet_mreq
            membership.set(Scratch.U32, 0, device.index());
            membership.set(Scratch.U16, 4, (short) PACKET_MR_PROMISC);
            SystemCallException.check(
                    Libc.result(
                            Libc.C.setsockopt(
                                    fd.number(),
                                    SOL_PACKET,
                                    PACKET_ADD_MEMBERSHIP,
                                    membership.address(),
                                    16)),
                    "PACKET_ADD_MEMBERSHIP");
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static void option(
            Fd fd, Scratch scratch, int level, int name, int value, String what) {
        MemorySegment number = scratch.zeroed(4);
        number.set(Scratch.U32, 0, value);
        SystemCallException.check(
                Libc.result(Libc.C.setsockopt(fd.number(), level, name, number.address(), 4)),
                what);
    }
}
