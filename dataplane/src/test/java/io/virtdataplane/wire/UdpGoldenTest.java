package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.FAR;
import static io.virtdataplane.wire.Lab.FAR_HIGH;
import static io.virtdataplane.wire.Lab.HOST;
import static io.virtdataplane.wire.Lab.HOST_LOW;
import static io.virtdataplane.wire.Lab.HOST_MAC;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.L4;
import static io.virtdataplane.wire.Lab.L4_OF_IPV6;
import static io.virtdataplane.wire.Lab.NEAR_HIGH;
import static io.virtdataplane.wire.Lab.ROUTER_MAC;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams of the host over both families, and their checksums of a special kind. */
@GoldenBytes.Of(Udp.class)
class UdpGoldenTest {
    private static final String IPV4 = "00005e00530a 00005e005301 0800 4500 ";
    private static final String IPV6 = "00005e00530a 00005e005301 86dd 60000000 ";
    private static final String TO_FAR = "c0000202 c6336402 ";
    private static final String TO_FAR_6 =
            " 40 20010db8000000010000000000000002 20010db8000000020000000000000002 ";

    private static final String DATAGRAM =
            IPV4 + "0020 6ace 4000 40 11 e3c6" + TO_FAR + "9c40 0009 000c 9883 70696e67";

    private static final String DATAGRAM_6 =
            IPV6 + "000c 11" + TO_FAR_6 + "9c40 0009 000c 2943 70696e67";

    /** The payload is such that the sum is all ones: sent complemented it would be "none". */
    private static final String SUM_OF_ALL_ONES =
            IPV4 + "001e 6d87 4000 40 11 e10f" + TO_FAR + "9c40 0009 000a ffff 7758";

    private static final String SUM_OF_ALL_ONES_6 =
            IPV6 + "000a 11" + TO_FAR_6 + "9c40 0009 000a ffff 0818";

    /** The host's socket asked for no checksum (SO_NO_CHECK). */
    private static final String NO_CHECKSUM =
            IPV4 + "0020 7116 4000 40 11 dd7e" + TO_FAR + "9c40 0009 000c 0000 70696e67";

    @Test
    void udpIsReadAndBuilt() {
        MemorySegment b = GoldenBytes.of(DATAGRAM);
        assertThat(Udp.srcPort(b, L4)).isEqualTo(40000);
        assertThat(Udp.dstPort(b, L4)).isEqualTo(9);
        assertThat(Udp.length(b, L4)).isEqualTo(12);
        assertThat(Udp.checksum(b, L4)).isEqualTo(0x9883);

        assertEmitsUdp(DATAGRAM, 12);
        assertEmitsUdp(SUM_OF_ALL_ONES, 10);
    }

    private static void assertEmitsUdp(String golden, int length) {
        MemorySegment b = GoldenBytes.staleBetween(L4, L4 + Udp.HEADER, golden);
        Udp.emit4(b, L4, 40000, 9, length, HOST, FAR);
        assertBytes(b, golden);
    }

    @Test
    void udpOverIpv6IsBuilt() {
        assertEmitsUdp6(DATAGRAM_6, 12);
        assertEmitsUdp6(SUM_OF_ALL_ONES_6, 10);
    }

    private static void assertEmitsUdp6(String golden, int length) {
        MemorySegment b = GoldenBytes.staleBetween(0, L4_OF_IPV6 + Udp.HEADER, golden);
        Ethernet.addresses(b, 0, ROUTER_MAC, HOST_MAC);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, L3, length, Protocols.UDP, 64);
        Ipv6.src(b, L3, NEAR_HIGH, HOST_LOW);
        Ipv6.dst(b, L3, FAR_HIGH, HOST_LOW);
        long pseudo = Checksum.pseudo6(b, L3, Protocols.UDP, length);
        Udp.emit(b, L4_OF_IPV6, 40000, 9, length, pseudo);
        assertBytes(b, golden);
    }

    @Test
    void udpFieldsAreSet() {
        MemorySegment b = GoldenBytes.staleBetween(L4, L4 + 4, DATAGRAM);
        Bytes.put16(b, L4 + 6, 0xa5a5);
        Udp.srcPort(b, L4, 40000);
        Udp.dstPort(b, L4, 9);
        Udp.checksum(b, L4, 0x9883);
        assertBytes(b, DATAGRAM);
    }

    @Test
    void udpWithoutChecksumStaysSo() {
        MemorySegment b = GoldenBytes.of(NO_CHECKSUM);
        assertThat(Udp.checksum(b, L4)).isZero();
        Udp.repairChecksum(b, L4, Checksum.delta32(HOST, FAR));
        assertBytes(b, NO_CHECKSUM);
    }

    @ParameterizedTest
    @ValueSource(strings = {DATAGRAM, SUM_OF_ALL_ONES, NO_CHECKSUM})
    void udpFitsFromItsHeaderOn(String golden) {
        assertFitsFrom(
                L4 + Udp.HEADER,
                golden,
                (b, end) -> {
                    boolean fits = Udp.fits(b, L4, end);
                    if (fits) {
                        assertThat(Udp.srcPort(b, L4)).isEqualTo(40000);
                        assertThat(Udp.dstPort(b, L4)).isEqualTo(9);
                        assertThat(Udp.length(b, L4)).isBetween(10, 12);
                        Udp.repairChecksum(b, L4, 1);
                    }
                    return fits;
                });
        MemorySegment b = GoldenBytes.of(golden);
        Bytes.put16(b, L4 + 4, 7); // less than the header
        assertThat(Udp.fits(b, L4, L4 + 12)).isFalse();
    }
}
