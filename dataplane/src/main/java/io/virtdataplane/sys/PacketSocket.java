package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Opens packet(7) sockets on an existing device; frames carry a 10-byte virtio_net_hdr
 * (linux/if_packet.h).
 */
public final class PacketSocket {
    private static final int SIOCGSKNS = 0x894c; // linux/sockios.h
    private static final int AF_PACKET = 17;
    private static final int TYPE = 3 | Fd.O_NONBLOCK | Fd.O_CLOEXEC; // SOCK_RAW
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_MR_PROMISC = 1;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_AUXDATA = 8;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_QDISC_BYPASS = 20;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int NO_PROTOCOL = 0;
    private static final int ETH_P_ALL_BE = 0x0300;
    private static final int VNET_HDR = 10; // bytes of struct virtio_net_hdr
    private static final int BUFFER_BYTES = 8 << 20;

    private PacketSocket() {}

    /**
     * Receives all that the device receives and nothing that it sends; what is sent here passes the
     * device's queue by. The VLAN tag of a frame is not in it but beside it: see {@link
     * PacketMessage}.
     */
    public static Fd open(NetDevice device) {
        return open(
                device,
                ETH_P_ALL_BE,
                (fd, scratch) -> {
                    option(fd, scratch, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES);
                    option(fd, scratch, SOL_PACKET, PACKET_AUXDATA, 1);
                    option(fd, scratch, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
                    option(fd, scratch, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
                    promiscuous(fd, scratch, device);
                });
    }

    /** Sends past the device's queue, and has the device receive all; receives nothing itself. */
    public static Fd openSending(NetDevice device) {
        return open(
                device,
                NO_PROTOCOL,
                (fd, scratch) -> {
                    option(fd, scratch, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
                    promiscuous(fd, scratch, device);
                });
    }

    /**
     * Sends through the device's queue, where the kernel segments what the device does not;
     * receives nothing.
     */
    public static Fd openQueued(NetDevice device) {
        return open(device, NO_PROTOCOL, (fd, scratch) -> {});
    }

    /**
     * The socket sends by that device still, which has not been made anew since. Devices of two
     * namespaces may have the same numbers.
     */
    public static boolean isAt(Fd socket, NetDevice device) {
        int namespace = Libc.result(Libc.C.ioctl(socket.number(), SIOCGSKNS, 0));
        if (namespace < 0) {
            return false;
        }
        try (Netns netns = Netns.of("of a packet socket", new Fd(namespace))) {
            return netns.isHere() && isAt(socket, device.index());
        }
    }

    private static boolean isAt(Fd socket, int device) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment address = scratch.zeroed(20); // struct sockaddr_ll
            MemorySegment length = scratch.zeroed(4);
            length.set(Scratch.U32, 0, 20);
            int result =
                    Libc.result(
                            Libc.C.getsockname(
                                    socket.number(), address.address(), length.address()));
            return result == 0 && address.get(Scratch.U32, 4) == device;
        }
    }

    /** Frames that its buffer had no room for, since this was asked last; 0 where it is closed. */
    public static long drops(Fd socket) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment statistics = scratch.zeroed(8); // struct tpacket_stats: packets, drops
            MemorySegment length = scratch.zeroed(4);
            length.set(Scratch.U32, 0, 8);
            Libc.C.getsockopt(
                    socket.number(),
                    SOL_PACKET,
                    PACKET_STATISTICS,
                    statistics.address(),
                    length.address());
            return Integer.toUnsignedLong(statistics.get(Scratch.U32, 4));
        }
    }

    /** Sends these whole frames, without offloads, through the device's queue. */
    public static void send(NetDevice device, List<byte[]> frames) {
        try (Fd fd = openQueued(device);
                Scratch scratch = new Scratch()) {
            for (byte[] frame : frames) {
                MemorySegment message = scratch.zeroed(VNET_HDR + frame.length);
                MemorySegment.copy(
                        MemorySegment.ofArray(frame), 0, message, VNET_HDR, frame.length);
                SystemCallException.check(
                        fd.write(message.address(), (int) message.byteSize()), "send a frame");
            }
        }
    }

    private static Fd open(NetDevice device, int protocol, BiConsumer<Fd, Scratch> options) {
        long number = Libc.result(Libc.C.socket(AF_PACKET, TYPE, 0));
        Fd fd = new Fd((int) SystemCallException.check(number, "packet socket"));
        try (Scratch scratch = new Scratch()) {
            option(fd, scratch, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES);
            option(fd, scratch, SOL_PACKET, PACKET_VNET_HDR, 1);
            MemorySegment address = scratch.zeroed(20); // struct sockaddr_ll
            address.set(Scratch.U16, 0, (short) AF_PACKET);
            address.set(Scratch.U16, 2, (short) protocol);
            address.set(Scratch.U32, 4, device.index());
            SystemCallException.check(
                    Libc.result(Libc.C.bind(fd.number(), address.address(), 20)),
                    "bind packet socket");
            options.accept(fd, scratch);
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static void promiscuous(Fd fd, Scratch scratch, NetDevice device) {
        MemorySegment membership = scratch.zeroed(16); // struct packet_mreq
        membership.set(Scratch.U32, 0, device.index());
        membership.set(Scratch.U16, 4, (short) PACKET_MR_PROMISC);
        set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, 16);
    }

    private static void option(Fd fd, Scratch scratch, int level, int name, int value) {
        MemorySegment number = scratch.zeroed(4);
        number.set(Scratch.U32, 0, value);
        set(fd, level, name, number, 4);
    }

    private static void set(Fd fd, int level, int name, MemorySegment value, int length) {
        SystemCallException.check(
                Libc.result(Libc.C.setsockopt(fd.number(), level, name, value.address(), length)),
                "set option " + name + " of a packet socket");
    }
}
