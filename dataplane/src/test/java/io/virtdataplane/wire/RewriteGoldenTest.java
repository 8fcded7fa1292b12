package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.Lab.EDGE;
import static io.virtdataplane.wire.Lab.EDGE_MAC;
import static io.virtdataplane.wire.Lab.FAR_HIGH;
import static io.virtdataplane.wire.Lab.FAR_MAC;
import static io.virtdataplane.wire.Lab.HOST;
import static io.virtdataplane.wire.Lab.HOST_LOW;
import static io.virtdataplane.wire.Lab.HOST_MAC;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.L4;
import static io.virtdataplane.wire.Lab.L4_OF_IPV6;
import static io.virtdataplane.wire.Lab.NEAR_HIGH;
import static io.virtdataplane.wire.Lab.ROUTER_LOW;
import static io.virtdataplane.wire.Lab.ROUTER_MAC;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * What the router's own NAT (nftables, "snat to" its far address and a port) made of packets: one
 * side's bytes become the other's through the setters that repair checksums.
 */
class RewriteGoldenTest {
    private static final String NEAR = "00005e00530a 00005e005301 0800 4500 ";
    private static final String FAR_SIDE = "00005e005302 00005e00530b 0800 4500 ";
    private static final String NEAR_6 =
            "00005e00530a 00005e005301 86dd 60000000 %s 40 20010db8000000010000000000000002"
                    + "20010db8000000020000000000000002";
    private static final String FAR_SIDE_6 =
            "00005e005302 00005e00530b 86dd 60000000 %s 3f 20010db8000000020000000000000001"
                    + "20010db8000000020000000000000002";

    private static final long OUTWARD = Checksum.delta32(HOST, EDGE);
    private static final long INWARD = Checksum.delta32(EDGE, HOST);
    private static final long OUTWARD_6 =
            Checksum.delta128(NEAR_HIGH, HOST_LOW, FAR_HIGH, ROUTER_LOW);

    @Test
    void tcpGoesOut() {
        String options = "020405b4 0402 080a9ec23a6700000000 01 03030a";
        MemorySegment b =
                GoldenBytes.of(
                        NEAR
                                + "003c b1e6 4000 40 06 9c9d c0000202 c6336402"
                                + "9c43 0009 7870f842 00000000 a002 faf0 7aaa 0000"
                                + options);
        outward(b);
        Tcp.srcPort(b, L4, 50001);
        Tcp.repairChecksum(b, L4, OUTWARD + Checksum.delta16(40003, 50001));
        assertBytes(
                b,
                FAR_SIDE
                        + "003c b1e6 4000 3f 06 356b c6336401 c6336402"
                        + "c351 0009 7870f842 00000000 a002 faf0 eb69 0000"
                        + options);
    }

    @Test
    void tcpComesBack() {
        MemorySegment b =
                GoldenBytes.of(
                        """
                        00005e00530b 00005e005302 0800
                        4500 0028 0000 4000 40 06 e665 c6336402 c6336401
                        0009 c351 00000000 7870f843 5014 0000 2757 0000
                        """);
        Ethernet.addresses(b, 0, HOST_MAC, ROUTER_MAC);
        Ipv4.forwardTo(b, L3, HOST, 1);
        Tcp.dstPort(b, L4, 40003);
        Tcp.repairChecksum(b, L4, INWARD + Checksum.delta16(50001, 40003));
        assertBytes(
                b,
                """
                00005e005301 00005e00530a 0800
                4500 0028 0000 4000 3f 06 4f98 c6336402 c0000202
                0009 9c43 00000000 7870f843 5014 0000 b697 0000
                """);
    }

    @Test
    void udpGoesOut() {
        MemorySegment b =
                GoldenBytes.of(
                        NEAR
                                + "0020 8bbe 4000 40 11 c2d6 c0000202 c6336402"
                                + "9c40 0009 000c 9883 70696e67");
        outward(b);
        Udp.srcPort(b, L4, 50002);
        Udp.repairChecksum(b, L4, OUTWARD + Checksum.delta16(40000, 50002));
        assertBytes(
                b,
                FAR_SIDE
                        + "0020 8bbe 4000 3f 11 5ba4 c6336401 c6336402"
                        + "c352 0009 000c 093f 70696e67");
    }

    /** Linux leaves the hops of what is quoted as they were, and repairs all else of it. */
    @Test
    void errorComesBackWithWhatItQuotes() {
        MemorySegment b =
                GoldenBytes.of(
                        """
                        00005e00530b 00005e005302 0800
                        45c0 003c 2a3c 0000 40 01 fb5a c6336402 c6336401
                        03 03 5185 00000000
                        4500 0020 8bbe 4000 3f 11 5ba4 c6336401 c6336402
                        c352 0009 000c 093f 70696e67
                        """);
        int quoted = L4 + Icmp.HEADER;
        int quotedL4 = quoted + Ipv4.HEADER;
        Ethernet.addresses(b, 0, HOST_MAC, ROUTER_MAC);
        Ipv4.forwardTo(b, L3, HOST, 1);
        Ipv4.rewriteSrc(b, quoted, HOST);
        Udp.srcPort(b, quotedL4, 40000);
        Udp.repairChecksum(b, quotedL4, INWARD + Checksum.delta16(50002, 40000));
        Icmp.checksumAnew(b, L4, 40);
        assertBytes(
                b,
                """
                00005e005301 00005e00530a 0800
                45c0 003c 2a3c 0000 3f 01 648d c6336402 c0000202
                03 03 e952 00000000
                4500 0020 8bbe 4000 3f 11 c3d6 c0000202 c6336402
                9c40 0009 000c 9883 70696e67
                """);
    }

    @Test
    void echoGoesOutWithAnotherIdentifier() {
        MemorySegment b =
                GoldenBytes.of(
                        NEAR
                                + "0024 9d39 4000 40 01 b167 c0000202 c6336402"
                                + "08 00 c77d 2471 0001 0001020304050607");
        outward(b);
        Icmp.rewriteIdentifier(b, L4, 0x0459);
        assertBytes(
                b,
                FAR_SIDE
                        + "0024 9d39 4000 3f 01 4a35 c6336401 c6336402"
                        + "08 00 e795 0459 0001 0001020304050607");
    }

    @Test
    void echoComesBack() {
        MemorySegment b =
                GoldenBytes.of(
                        """
                        00005e00530b 00005e005302 0800
                        4500 0024 2c3b 0000 40 01 fa33 c6336402 c6336401
                        00 00 ef95 0459 0001 0001020304050607
                        """);
        Ethernet.addresses(b, 0, HOST_MAC, ROUTER_MAC);
        Ipv4.rewriteDst(b, L3, HOST); // in two steps, unlike forwardTo
        Ipv4.forwardTo(b, L3, HOST, 1);
        Icmp.rewriteIdentifier(b, L4, 0x2471);
        assertBytes(
                b,
                """
                00005e005301 00005e00530a 0800
                4500 0024 2c3b 0000 3f 01 6366 c6336402 c0000202
                00 00 cf7d 2471 0001 0001020304050607
                """);
    }

    /** A CRC has no repair: it is computed over the packet anew. */
    @Test
    void sctpGoesOut() {
        String chunk = "01 00 0014 1badcafe 0001a000 000a ffff 00c0ffee";
        MemorySegment b =
                GoldenBytes.of(
                        NEAR
                                + "0034 76a1 4000 40 84 d76c c0000202 c6336402"
                                + "0009 9c44 00000000 fc9e18a4"
                                + chunk);
        outward(b);
        Bytes.put16(b, L4, 50003);
        Sctp.checksumAnew(b, L4, (int) b.byteSize(), new CRC32C());
        assertBytes(
                b,
                FAR_SIDE
                        + "0034 76a1 4000 3f 84 703a c6336401 c6336402"
                        + "c353 9c44 00000000 987aa3ee"
                        + chunk);
    }

    @Test
    void tcpGoesOutOverIpv6() {
        String options = "020405a0 0402 080a8fef993900000000 01 03030a";
        MemorySegment b =
                GoldenBytes.of(
                        NEAR_6.formatted("0028 06")
                                + "9c43 0009 f107f7b4 00000000 a002 fd20 4145 0000"
                                + options);
        outward6(b);
        Tcp.srcPort(b, L4_OF_IPV6, 50001);
        Tcp.repairChecksum(b, L4_OF_IPV6, OUTWARD_6 + Checksum.delta16(40003, 50001));
        assertBytes(
                b,
                FAR_SIDE_6.formatted("0028 06")
                        + "c351 0009 f107f7b4 00000000 a002 fd20 1a37 0000"
                        + options);
    }

    @Test
    void udpGoesOutOverIpv6() {
        MemorySegment b =
                GoldenBytes.of(NEAR_6.formatted("000c 11") + "9c40 0009 000c 2943 70696e67");
        outward6(b);
        Udp.srcPort(b, L4_OF_IPV6, 50002);
        Udp.repairChecksum(b, L4_OF_IPV6, OUTWARD_6 + Checksum.delta16(40000, 50002));
        assertBytes(b, FAR_SIDE_6.formatted("000c 11") + "c352 0009 000c 0231 70696e67");
    }

    /** Unlike ICMP's, its checksum covers the addresses too. */
    @Test
    void echoGoesOutOverIpv6() {
        String data = "0001 0001020304050607";
        MemorySegment b = GoldenBytes.of(NEAR_6.formatted("0010 3a") + "80 00 f299 2591" + data);
        outward6(b);
        Bytes.put16(b, L4_OF_IPV6 + 4, 0xf103);
        Icmpv6.repairChecksum(b, L4_OF_IPV6, OUTWARD_6 + Checksum.delta16(0x2591, 0xf103));
        assertBytes(b, FAR_SIDE_6.formatted("0010 3a") + "80 00 2727 f103" + data);
    }

    private static void outward(MemorySegment b) {
        Ethernet.addresses(b, 0, FAR_MAC, EDGE_MAC);
        Ipv4.forwardFrom(b, L3, EDGE, 1);
    }

    private static void outward6(MemorySegment b) {
        Ethernet.addresses(b, 0, FAR_MAC, EDGE_MAC);
        Ipv6.hopLimit(b, L3, 63);
        Ipv6.src(b, L3, FAR_HIGH, ROUTER_LOW);
    }
}
