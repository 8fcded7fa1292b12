package io.virtdataplane.sys;

import java.lang.foreign.MemorySegment;

/** Makes taps whose frames carry a 10-byte virtio_net_hdr and pass unsegmented (linux/if_tun.h). */
public final class Tun {
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETPERSIST = 0x400454cbL;
    private static final long TUNSETOWNER = 0x400454ccL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNGETIFF = 0x800454d2L;
    private static final long TUNGETDEVNETNS = 0x54e3L; // Linux 5.5
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final int IFF_TAP = 0x0002;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_TUN_EXCL = 0x8000;
    private static final int TUN_F_CSUM = 0x01;
    private static final int TUN_F_TSO4 = 0x02;
    private static final int TUN_F_TSO6 = 0x04;
    private static final int TUN_F_TSO_ECN = 0x08;
    private static final int TUN_F_USO4 = 0x20; // Linux 6.2
    private static final int TUN_F_USO6 = 0x40;
    private static final int NAME_LENGTH = 16;
    private static final int IFREQ = 40;
    private static final long IN_USE_NS = 2_000_000_000L;
    private static final int IN_USE_POLL_MILLISECONDS = 10;

    /** Somebody has it open. */
    private static final class InUseException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        InUseException(String name) {
            super("tap must not exist yet: tap=" + name);
        }
    }

    private Tun() {}

    /**
     * A new tap of that name in the calling thread's namespace; it lives as long as the descriptor.
     * Refused where the name is taken.
     */
    public static Fd openTap(String name) {
        return prepared(open(name, IFF_VNET_HDR | IFF_TUN_EXCL));
    }

    /**
     * The same of a tap that an earlier run may have left: then it is that one, under its number.
     * Where a process that is ending has it still, that is waited for.
     */
    public static Fd takeTap(String name) {
        long deadline = System.nanoTime() + IN_USE_NS;
        while (true) {
            try {
                return prepared(open(name, IFF_VNET_HDR));
            } catch (InUseException e) {
                if (System.nanoTime() - deadline > 0 || !sleeps()) {
                    throw e;
                }
            }
        }
    }

    private static boolean sleeps() {
        try {
            Thread.sleep(IN_USE_POLL_MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether the tap outlives its descriptor. */
    public static void persist(Fd tap, boolean persistent) {
        SystemCallException.check(
                Libc.result(Libc.C.ioctl(tap.number(), TUNSETPERSIST, persistent ? 1 : 0)),
                "TUNSETPERSIST");
    }

    /** What the tap is called now; it may have been moved and renamed. Empty: it is gone. */
    public static String name(Fd tap) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment ifreq = scratch.zeroed(IFREQ);
            int result = Libc.result(Libc.C.ioctl(tap.number(), TUNGETIFF, ifreq.address()));
            return result < 0 ? "" : ifreq.getString(0);
        }
    }

    /** Where the tap is now. */
    public static Netns namespace(Fd tap) {
        int fd =
                SystemCallException.check(
                        Libc.result(Libc.C.ioctl(tap.number(), TUNGETDEVNETNS, 0)),
                        "namespace of a tap");
        return Netns.of(name(tap), new Fd(fd));
    }

    /** It is the tap of that name in the calling thread's namespace. */
    public static boolean isHere(Fd tap, String name) {
        if (!name(tap).equals(name)) {
            return false;
        }
        try (Netns netns = namespace(tap)) {
            return netns.isHere();
        }
    }

    /** The device goes at once, whoever else has a descriptor of it. */
    public static void delete(Fd tap) {
        String name = name(tap);
        if (!name.isEmpty()) {
            try (Netns netns = namespace(tap)) {
                netns.call(() -> Links.delete(name));
            }
        }
    }

    private static Fd prepared(Fd fd) {
        try (Scratch scratch = new Scratch()) {
            MemorySegment length = scratch.zeroed(4);
            length.set(Scratch.U32, 0, 10);
            SystemCallException.check(
                    Libc.result(Libc.C.ioctl(fd.number(), TUNSETVNETHDRSZ, length.address())),
                    "TUNSETVNETHDRSZ");
            offload(fd);
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Makes a tap that stays until it is deleted, for somebody else to open, such as QEMU.
     *
     * @param owner user number who may open it
     * @param multiQueue it is opened by as many descriptors as there are queues
     */
    public static void makePersistentTap(String name, int owner, boolean multiQueue) {
        int flags = IFF_VNET_HDR | IFF_TUN_EXCL | (multiQueue ? IFF_MULTI_QUEUE : 0);
        try (Fd fd = open(name, flags)) {
            SystemCallException.check(
                    Libc.result(Libc.C.ioctl(fd.number(), TUNSETOWNER, owner)), "TUNSETOWNER");
            SystemCallException.check(
                    Libc.result(Libc.C.ioctl(fd.number(), TUNSETPERSIST, 1)), "TUNSETPERSIST");
        }
    }

    private static Fd open(String name, int flags) {
        NetDevice.checkName(name);
        int number = Libc.open("/dev/net/tun", Fd.O_RDWR | Fd.O_NONBLOCK | Fd.O_CLOEXEC);
        if (number == -Errno.ENOENT || number == -Errno.ENODEV) {
            throw new Unsupported("/dev/net/tun is missing: load the kernel module tun");
        }
        Fd fd = new Fd(SystemCallException.check(number, "open /dev/net/tun"));
        try (Scratch scratch = new Scratch()) {
            MemorySegment ifreq = scratch.zeroed(IFREQ);
            MemorySegment.copy(MemorySegment.ofArray(Libc.bytes(name)), 0, ifreq, 0, name.length());
            ifreq.set(Scratch.U16, NAME_LENGTH, (short) (IFF_TAP | IFF_NO_PI | flags));
            int result = Libc.result(Libc.C.ioctl(fd.number(), TUNSETIFF, ifreq.address()));
            if (result == -Errno.EBUSY) {
                throw new InUseException(name);
            }
            if (result == -Errno.EEXIST || result == -Errno.EINVAL) {
                throw new IllegalArgumentException("tap must not exist yet: tap=" + name);
            }
            SystemCallException.check(result, "make tap " + name);
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static void offload(Fd fd) {
        int segmentation = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
        int result =
                Libc.result(
                        Libc.C.ioctl(
                                fd.number(),
                                TUNSETOFFLOAD,
                                segmentation | TUN_F_USO4 | TUN_F_USO6));
        if (result == -Errno.EINVAL) { // before Linux 6.2: TCP only
            result = Libc.result(Libc.C.ioctl(fd.number(), TUNSETOFFLOAD, segmentation));
        }
        SystemCallException.check(result, "TUNSETOFFLOAD");
    }
}
