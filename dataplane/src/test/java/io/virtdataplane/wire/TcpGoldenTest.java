package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.EDGE_MAC;
import static io.virtdataplane.wire.Lab.FAR;
import static io.virtdataplane.wire.Lab.FAR_HIGH;
import static io.virtdataplane.wire.Lab.FAR_MAC;
import static io.virtdataplane.wire.Lab.HOST;
import static io.virtdataplane.wire.Lab.HOST_LOW;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.L4;
import static io.virtdataplane.wire.Lab.L4_OF_IPV6;
import static io.virtdataplane.wire.Lab.NEAR_HIGH;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The host asks for a connection, the far host refuses it. */
@GoldenBytes.Of(Tcp.class)
class TcpGoldenTest {
    private static final String IPV4 = "00005e00530a 00005e005301 0800 4500 ";
    private static final String TO_FAR = "c0000202 c6336402 ";

    private static final String SYN =
            IPV4
                    + "003c 93d1 4000 40 06 bab2 "
                    + TO_FAR
                    + "9c41 0009 85f354f0 00000000 a002 faf0 6726 0000"
                    + "020405b4 0402 080aceb4b3ca00000000 01 03030a";

    private static final String RESET =
            """
            00005e00530b 00005e005302 0800
            4500 0028 0000 4000 40 06 4e98 c6336402 c0000202
            0009 9c41 00000000 85f354f1 5014 0000 4c69 0000
            """;

    private static final String RESET_6 =
            """
            00005e00530b 00005e005302 86dd
            60000000 0014 06 40
            20010db8000000020000000000000002 20010db8000000010000000000000002
            0009 9c41 00000000 4000c729 5014 0000 b0e3 0000
            """;

    @Test
    void tcpIsRead() {
        MemorySegment b = GoldenBytes.of(SYN);
        assertThat(Tcp.srcPort(b, L4)).isEqualTo(40001);
        assertThat(Tcp.dstPort(b, L4)).isEqualTo(9);
        assertThat(Tcp.sequence(b, L4)).isEqualTo(0x85f3_54f0);
        assertThat(Tcp.acknowledgment(b, L4)).isZero();
        assertThat(Tcp.headerLength(b, L4)).isEqualTo(40);
        assertThat(Tcp.flags(b, L4)).isEqualTo(Tcp.SYN);
        assertThat(Tcp.checksum(b, L4)).isEqualTo(0x6726);
        assertThat(Tcp.maxSegmentSizeAt(b, L4)).isEqualTo(L4 + 22);
        assertThat(Bytes.u16(b, L4 + 22)).isEqualTo(1460);
        MemorySegment reset = GoldenBytes.of(RESET);
        assertThat(Tcp.flags(reset, L4)).isEqualTo(Tcp.RST | Tcp.ACK);
        assertThat(Tcp.acknowledgment(reset, L4)).isEqualTo(0x85f3_54f1);
        assertThat(Tcp.maxSegmentSizeAt(reset, L4)).isZero();
    }

    @Test
    void tcpIsBuilt() {
        MemorySegment b = GoldenBytes.stale(RESET);
        Ethernet.addresses(b, 0, EDGE_MAC, FAR_MAC);
        Ethernet.type(b, 0, Ethernet.IPV4);
        Ipv4.emit(b, L3, 40, Protocols.TCP, FAR, HOST);
        long pseudo = Checksum.pseudo4(FAR, HOST, Protocols.TCP, Tcp.HEADER);
        Tcp.emit(b, L4, 9, 40001, Tcp.RST | Tcp.ACK, 0, 0x85f3_54f1, pseudo);
        assertBytes(b, RESET);
    }

    @Test
    void tcpOverIpv6IsBuilt() {
        MemorySegment b = GoldenBytes.stale(RESET_6);
        Ethernet.addresses(b, 0, EDGE_MAC, FAR_MAC);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, L3, Tcp.HEADER, Protocols.TCP, 64);
        Ipv6.src(b, L3, FAR_HIGH, HOST_LOW);
        Ipv6.dst(b, L3, NEAR_HIGH, HOST_LOW);
        long pseudo = Checksum.pseudo6(b, L3, Protocols.TCP, Tcp.HEADER);
        Tcp.emit(b, L4_OF_IPV6, 9, 40001, Tcp.RST | Tcp.ACK, 0, 0x4000_c729, pseudo);
        assertBytes(b, RESET_6);
    }

    @Test
    void tcpFieldsAreSet() {
        MemorySegment b = GoldenBytes.staleBetween(L4, L4 + 4, SYN);
        Bytes.put16(b, L4 + 16, 0xa5a5);
        Tcp.srcPort(b, L4, 40001);
        Tcp.dstPort(b, L4, 9);
        Tcp.checksum(b, L4, 0x6726);
        assertBytes(b, SYN);
    }

    @Test
    void tcpFitsWithItsOptions() {
        assertFitsFrom(L4 + 40, SYN, TcpGoldenTest::readTcp);
        assertFitsFrom(L4 + 20, RESET, TcpGoldenTest::readTcp);
        MemorySegment b = GoldenBytes.of(RESET);
        Bytes.put8(b, L4 + 12, 0x40); // RFC 9293 3.1: 5 words at least
        assertThat(Tcp.fits(b, L4, L4 + 20)).isFalse();
    }

    private static boolean readTcp(MemorySegment b, int end) {
        boolean fits = Tcp.fits(b, L4, end);
        if (fits) {
            long pseudo = Checksum.pseudo4(HOST, FAR, Protocols.TCP, end - L4);
            assertThat(Checksum.fold(pseudo + Checksum.sum(b, L4, end - L4))).isEqualTo(0xffff);
            assertThat(Tcp.maxSegmentSizeAt(b, L4)).isLessThan(end);
        }
        return fits;
    }

    /** Cut off by a shorter header, at each byte: found where it is whole, nothing beyond read. */
    @ParameterizedTest
    @CsvSource({
        "5, '', 0",
        "6, 020405b4, 22",
        "6, 01020405b4, 0",
        "6, 0101020405b4, 0",
        "6, 010101020405b4, 0",
        "6, 00020405b4, 0",
        "7, 01010101020405b4, 26",
        "7, 00010101020405b4, 0",
        "7, 0402030a020405b4, 0",
        "7, 02010101020405b4, 0",
        "10, 0101080aceb4b3ca0000000004020101020405b4, 38"
    })
    void maxSegmentSizeIsFoundInWholeOptionsOnly(int words, String options, int at) {
        String header = "9c41 0009 85f354f0 00000000 %x0 02 faf0 0000 0000".formatted(words);
        MemorySegment b = GoldenBytes.of(header + options).asSlice(0, words * 4L);
        assertThat(Tcp.fits(b, 0, words * 4)).isTrue();
        assertThat(Tcp.maxSegmentSizeAt(b, 0)).isEqualTo(at);
    }
}
