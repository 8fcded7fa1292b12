package io.virtdataplane.sys;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What netdevice(7) says about one interface of the calling thread's namespace, and the few
 * settings we make. Addresses are IPv4, network order in an int.
 */
public final class NetDevice {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int NAME_LENGTH = 16; // IFNAMSIZ, linux/if.h
    private static final int IFREQ_LENGTH = 40;
    private static final int SIOCGIFNAME = 0x8910; // linux/sockios.h
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int SIOCGIFADDR = 0x8915;
    private static final int SIOCGIFNETMASK = 0x891b;
    private static final int SIOCGIFMTU = 0x8921;
    private static final int SIOCSIFMTU = 0x8922;
    private static final int SIOCGIFHWADDR = 0x8927;
    private static final int SIOCSIFHWADDR = 0x8924;
    private static final int SIOCSIFTXQLEN = 0x8943;
    private static final int ARPHRD_ETHER = 1;
    private static final int IFF_UP = 1;
    private static final int IFF_NOARP = 0x80;
    private static final int NO_ADDRESS = 99; // EADDRNOTAVAIL
    private static final int SCOPE_GLOBAL = 0; // IPV6_ADDR_ANY of net/ipv6.h
    private static final int UNUSABLE = 0x69; // IFA_F_TEMPORARY, DADFAILED, DEPRECATED, TENTATIVE
    private final String name;

    public NetDevice(String name) {
        this.name = checkName(name);
    }

    public String name() {
        return name;
    }

    /** The kernel's own rule (dev_valid_name): 1-15 bytes, no slash, colon or blank. */
    public static String checkName(String name) {
        if (name.isEmpty()
                || name.length() >= NAME_LENGTH
                || !name.matches("[!-~&&[^/:]]+")
                || name.startsWith(".")) {
            throw new IllegalArgumentException(
                    "interface name must be 1-15 characters without blank, slash or colon: name="
                            + name);
        }
        return name;
    }

    public int index() {
        try (Scratch scratch = new Scratch()) {
            return Libc.C.if_nametoindex(scratch.string(name));
        }
    }

    public boolean exists() {
        return index() != 0;
    }

    /** The device whatever its name will be, for any thread. */
    Numbered numbered() {
        return new Numbered(index(), socket());
    }

    /** A device by its number in the namespace where this was made. */
    record Numbered(int index, Fd socket) implements AutoCloseable {
        /** Its name now; empty: it is not there. */
        String name() {
            try (Scratch scratch = new Scratch()) {
                MemorySegment ifreq = scratch.zeroed(IFREQ_LENGTH);
                ifreq.set(Scratch.U32, NAME_LENGTH, index);
                long result =
                        Libc.result(Libc.C.ioctl(socket.number(), SIOCGIFNAME, ifreq.address()));
                return result < 0 ? "" : ifreq.getString(0);
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    public int mtu() {
        return request(SIOCGIFMTU, "mtu").get(Scratch.U32, NAME_LENGTH);
    }

    public void mtu(int mtu) {
        change(SIOCSIFMTU, "set mtu", ifreq -> ifreq.set(Scratch.U32, NAME_LENGTH, mtu));
    }

    public boolean isUp() {
        return (request(SIOCGIFFLAGS, "flags").get(Scratch.U16, NAME_LENGTH) & IFF_UP) != 0;
    }

    public void up() {
        raise(IFF_UP);
    }

    /** Without ARP and Neighbor Discovery: it takes all stations for one. */
    public void upWithoutNeighbors() {
        raise(IFF_NOARP);
        raise(IFF_UP);
    }

    private void raise(int flag) {
        short flags = request(SIOCGIFFLAGS, "flags").get(Scratch.U16, NAME_LENGTH);
        change(
                SIOCSIFFLAGS,
                "set flags",
                ifreq -> ifreq.set(Scratch.U16, NAME_LENGTH, (short) (flags | flag)));
    }

    public void txQueueLength(int length) {
        change(
                SIOCSIFTXQLEN,
                "set txqueuelen",
                ifreq -> ifreq.set(Scratch.U32, NAME_LENGTH, length));
    }

    public long mac() {
        MemorySegment ifreq = request(SIOCGIFHWADDR, "mac");
        long mac = 0;
        for (int i = 0; i < 6; i++) {
            mac = mac << 8 | ifreq.get(ValueLayout.JAVA_BYTE, NAME_LENGTH + 2 + i) & 0xff;
        }
        return mac;
    }

    public void mac(long mac) {
        change(
                SIOCSIFHWADDR,
                "set mac",
                ifreq -> {
                    ifreq.set(Scratch.U16, NAME_LENGTH, (short) ARPHRD_ETHER);
                    for (int i = 0; i < 6; i++) {
                        ifreq.set(
                                ValueLayout.JAVA_BYTE,
                                NAME_LENGTH + 2 + i,
                                (byte) (mac >>> 40 - 8 * i));
                    }
                });
    }

    /** The first IPv4 address, or 0 where there is none. */
    public int address() {
        return addressBy(SIOCGIFADDR);
    }

    /**
     * The first global unicast IPv6 address (high, low, prefix length) that is neither tentative,
     * deprecated nor temporary, or zeros; from if_inet6 of the calling thread's namespace.
     */
    public long[] ipv6Address() {
        Path table = Path.of("/proc/thread-self/net/if_inet6");
        try {
            for (String line : Files.readAllLines(table)) {
                // address, ifindex, prefix length, scope, flags, name; numbers in hexadecimal
                String[] words = line.strip().split("\\s+");
                boolean usable =
                        Integer.parseInt(words[3], 16) == SCOPE_GLOBAL
                                && (Integer.parseInt(words[4], 16) & UNUSABLE) == 0;
                if (words[5].equals(name) && usable) {
                    return new long[] {
                        Long.parseUnsignedLong(words[0].substring(0, 16), 16),
                        Long.parseUnsignedLong(words[0].substring(16), 16),
                        Long.parseLong(words[2], 16)
                    };
                }
            }
        } catch (IOException e) {
            // A kernel without IPv6.
        }
        return new long[] {0, 0, 0};
    }

    /** Prefix length of {@link #address}. */
    public int prefixLength() {
        return Integer.bitCount(addressBy(SIOCGIFNETMASK));
    }

    /**
     * Keeps the kernel from giving itself IPv6 addresses on a device that only carries our frames.
     */
    public void disableIpv6() {
        Path setting = Path.of("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6");
        try {
            Files.writeString(setting, "1");
        } catch (IOException e) {
            // A kernel without IPv6 or a read-only /proc: the device then emits a few frames that
            // the walk drops and counts.
        }
    }

    private int addressBy(int operation) {
        try (Scratch scratch = new Scratch();
                Fd socket = socket()) {
            MemorySegment ifreq = named(scratch);
            ifreq.set(Scratch.U16, NAME_LENGTH, (short) AF_INET);
            int result = Libc.result(Libc.C.ioctl(socket.number(), operation, ifreq.address()));
            if (result == -NO_ADDRESS) {
                return 0;
            }
            SystemCallException.check(result, "address of " + name);
            return Integer.reverseBytes(ifreq.get(Scratch.U32, NAME_LENGTH + 4));
        }
    }

    private MemorySegment request(int operation, String what) {
        try (Scratch scratch = new Scratch();
                Fd socket = socket()) {
            MemorySegment ifreq = named(scratch);
            SystemCallException.check(
                    Libc.result(Libc.C.ioctl(socket.number(), operation, ifreq.address())),
                    what + " of " + name);
            return MemorySegment.ofArray(ifreq.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private void change(
            int operation, String what, java.util.function.Consumer<MemorySegment> values) {
        try (Scratch scratch = new Scratch();
                Fd socket = socket()) {
            MemorySegment ifreq = named(scratch);
            values.accept(ifreq);
            SystemCallException.check(
                    Libc.result(Libc.C.ioctl(socket.number(), operation, ifreq.address())),
                    what + " of " + name);
        }
    }

    private MemorySegment named(Scratch scratch) {
        MemorySegment ifreq = scratch.zeroed(IFREQ_LENGTH);
        MemorySegment.copy(MemorySegment.ofArray(Libc.bytes(name)), 0, ifreq, 0, name.length());
        return ifreq;
    }

    private static Fd socket() {
        return new Fd(
                SystemCallException.check(
                        Libc.result(Libc.C.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0)), "socket"));
    }
}
