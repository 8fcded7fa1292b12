package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.wire.AddressText;
import java.util.Arrays;
import java.util.Random;

/** Random frames of a few flows, of which many are not as they should be. */
final class CarriedFlows {
    /**
     * @param segment payload of the segments that it is to be cut into, or 0
     */
    record Sent(boolean fromGuest, byte[] frame, int segment, boolean isToService) {}

    private static final int ETHERNET = 14;
    private static final int FLOWS = 12;
    private static final String[] FLAGS = {"A", "A", "A", "A", "A", "A", "S", "SA", "FA", "R"};

    /** As it comes in by the device that programs are run at, whose address is 0. */
    byte[] inward(byte[] frame) {
        Arrays.fill(frame, 0, 6, (byte) 0);
        return frame;
    }

    /** An acknowledgment with so many bytes behind its headers. */
    byte[] tcpOf(Family family, int payload) {
        byte[] frame = Packets.tcp(family.guest, 40000, family.web, 443, "A");
        int headers = ETHERNET + family.ipHeader + 20;
        byte[] longer = Arrays.copyOf(frame, headers + payload);
        length(longer, family, longer.length - ETHERNET);
        return longer;
    }

    /** The same with options of TCP, of whole words. */
    byte[] withOptions(Family family, byte[] frame, byte... options) {
        int at = ETHERNET + family.ipHeader + 20;
        byte[] longer = Arrays.copyOf(frame, frame.length + options.length);
        System.arraycopy(options, 0, longer, at, options.length);
        System.arraycopy(frame, at, longer, at + options.length, frame.length - at);
        longer[at - 8] += (byte) (options.length << 2);
        length(longer, family, longer.length - ETHERNET);
        return longer;
    }

    /** Asks for segments of so many bytes, where most do: before all other options. */
    static byte[] segmentSize(int bytes) {
        return new byte[] {2, 4, (byte) (bytes >> 8), (byte) bytes};
    }

    private byte[] withSomeOptions(Random random, Family family, byte[] frame) {
        byte[] size = segmentSize(1300 + random.nextInt(120));
        return switch (random.nextInt(4)) {
            case 0 -> frame;
            case 1 ->
                    withOptions(family, withOptions(family, frame, size), new byte[] {1, 1, 1, 1});
            case 2 -> withOptions(family, withOptions(family, frame, new byte[4]), size);
            default -> withOptions(family, frame, size);
        };
    }

    private static void length(byte[] frame, Family family, int ipLength) {
        boolean isIpv4 = family == Family.IPV4;
        int at = ETHERNET + (isIpv4 ? 2 : 4);
        int length = isIpv4 ? ipLength : ipLength - family.ipHeader;
        frame[at] = (byte) (length >> 8);
        frame[at + 1] = (byte) length;
    }

    Sent next(Random random) {
        Family family = random.nextBoolean() ? Family.IPV4 : Family.IPV6;
        boolean fromGuest = random.nextBoolean();
        boolean isTcp = random.nextBoolean();
        int flow = random.nextInt(FLOWS);
        boolean isServer = flow % 3 == 0; // the guest is
        int local = isServer ? isTcp ? 80 : 53 : 41000 + flow;
        int remote = isServer ? 5000 + flow : 443;
        boolean byService = flow % 3 == 1;
        byte[] frame =
                byService
                        ? ofService(random, family, fromGuest, isTcp, local)
                        : frame(random, family, fromGuest, isTcp, local, remote);
        int segment = 0;
        if (isTcp && random.nextInt(20) == 0) {
            int payload = 1000 + random.nextInt(2000);
            frame = Arrays.copyOf(frame, frame.length + payload);
            length(frame, family, frame.length - ETHERNET);
            segment = random.nextBoolean() ? 1300 + random.nextInt(200) : 0;
        }
        if (random.nextInt(4) == 0) {
            frame = spoilt(random, family, frame);
        }
        return new Sent(
                fromGuest, fromGuest ? frame : inward(frame), segment, fromGuest && byService);
    }

    /** To what the guest addresses, or from one of the two that may answer. */
    private byte[] ofService(
            Random random, Family family, boolean fromGuest, boolean isTcp, int local) {
        if (fromGuest) {
            return frame(random, family, ServicesTest.vip(family), true, isTcp, local, 443);
        }
        FrontEnd.Endpoint from = endpoints(family)[random.nextInt(2)];
        String address = AddressText.ip(from.high(), from.low());
        return frame(random, family, address, false, isTcp, local, from.port());
    }

    /** One of them by the port that the guest addresses. */
    static FrontEnd.Endpoint[] endpoints(Family family) {
        return new FrontEnd.Endpoint[] {
            ServicesTest.at(family.other, 8443), ServicesTest.at(family.router, 443)
        };
    }

    private byte[] frame(
            Random random, Family family, boolean fromGuest, boolean isTcp, int local, int remote) {
        return frame(random, family, family.web, fromGuest, isTcp, local, remote);
    }

    private byte[] frame(
            Random random,
            Family family,
            String other,
            boolean fromGuest,
            boolean isTcp,
            int local,
            int remote) {
        String src = fromGuest ? family.guest : other;
        String dst = fromGuest ? other : family.pod;
        int srcPort = fromGuest ? local : remote;
        int dstPort = fromGuest ? remote : local;
        if (isTcp) {
            String flags = FLAGS[random.nextInt(random.nextInt(10) == 0 ? FLAGS.length : 6)];
            byte[] frame = Packets.tcp(src, srcPort, dst, dstPort, flags);
            return flags.startsWith("S") ? withSomeOptions(random, family, frame) : frame;
        }
        byte[] payload = new byte[random.nextInt(20) == 0 ? random.nextInt(1600) : 24];
        random.nextBytes(payload);
        return Packets.udp(src, srcPort, dst, dstPort, payload);
    }

    /** The kernel runs no program on less than an IP header. */
    private static byte[] spoilt(Random random, Family family, byte[] frame) {
        int ip = ETHERNET;
        int l4 = ip + family.ipHeader;
        switch (random.nextInt(12)) {
            case 0 -> set(frame, ip + (family == Family.IPV4 ? 8 : 7), random.nextInt(3));
            case 1 -> flip(frame, ip + random.nextInt(frame.length - ip), 1 << random.nextInt(8));
            case 2 -> {
                return Arrays.copyOf(frame, l4 + random.nextInt(frame.length - l4));
            }
            case 3 -> {
                return Arrays.copyOf(frame, frame.length + 1 + random.nextInt(20)); // padding
            }
            case 4 -> flip(frame, 6 + random.nextInt(6), 2); // its MAC address
            case 5 -> length(frame, family, random.nextInt(frame.length + 10));
            case 6 -> clearChecksum(frame, l4 + 6); // UDP: no checksum
            case 7 -> set(frame, l4 + 12, random.nextInt(256)); // TCP: header's length
            case 8 -> set(frame, l4 + 13, random.nextInt(256)); // flags
            case 9 -> set(frame, l4 + 5, random.nextInt(16)); // UDP: length
            case 10 -> flip(frame, ip + 6, random.nextInt(64)); // fragment; next header
            default -> {
                set(frame, l4 + 16, random.nextInt(256));
                set(frame, l4 + 6, random.nextInt(256)); // checksums
            }
        }
        return frame;
    }

    private static void set(byte[] frame, int at, int value) {
        if (at < frame.length) {
            frame[at] = (byte) value;
        }
    }

    private static void clearChecksum(byte[] frame, int at) {
        set(frame, at, 0);
        set(frame, at + 1, 0);
    }

    private static void flip(byte[] frame, int at, int bits) {
        frame[at] = (byte) (frame[at] ^ bits);
    }
}
