package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.EDGE_MAC;
import static io.virtdataplane.wire.Lab.FAR_HIGH;
import static io.virtdataplane.wire.Lab.FAR_MAC;
import static io.virtdataplane.wire.Lab.HOST_LOW;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.L4_OF_IPV6;
import static io.virtdataplane.wire.Lab.NEAR_HIGH;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** IPv6's fixed header. */
@GoldenBytes.Of(Ipv6.class)
class Ipv6GoldenTest {
    /** The far host refuses a connection. */
    private static final String RESET =
            """
            00005e00530b 00005e005302 86dd
            60000000 0014 06 40
            20010db8000000020000000000000002 20010db8000000010000000000000002
            0009 9c41 00000000 4000c729 5014 0000 b0e3 0000
            """;

    private static final String ECHO_REQUEST =
            """
            60000000 0010 3a 3f
            20010db8000000010000000000000002 20010db8000000020000000000000002
            80 00 f7bd 206d 0001 0001020304050607
            """;

    private static final String ECHO_REPLY =
            """
            60000000 0010 3a 40
            20010db8000000020000000000000002 20010db8000000010000000000000002
            81 00 f6bd 206d 0001 0001020304050607
            """;

    @Test
    void headerIsRead() {
        MemorySegment b = GoldenBytes.of(RESET);
        assertThat(Ipv6.payloadLength(b, L3)).isEqualTo(20);
        assertThat(Ipv6.nextHeader(b, L3)).isEqualTo(Protocols.TCP);
        assertThat(Ipv6.hopLimit(b, L3)).isEqualTo(64);
        assertThat(Ipv6.srcHigh(b, L3)).isEqualTo(FAR_HIGH);
        assertThat(Ipv6.srcLow(b, L3)).isEqualTo(HOST_LOW);
        assertThat(Ipv6.dstHigh(b, L3)).isEqualTo(NEAR_HIGH);
        assertThat(Ipv6.dstLow(b, L3)).isEqualTo(HOST_LOW);
    }

    @Test
    void headerIsBuilt() {
        MemorySegment built = GoldenBytes.staleBetween(0, L4_OF_IPV6, RESET);
        Ethernet.addresses(built, 0, EDGE_MAC, FAR_MAC);
        Ethernet.type(built, 0, Ethernet.IPV6);
        Ipv6.emit(built, L3, 20, Protocols.TCP, 64);
        Ipv6.src(built, L3, FAR_HIGH, HOST_LOW);
        Ipv6.dst(built, L3, NEAR_HIGH, HOST_LOW);
        assertBytes(built, RESET);
    }

    /** The addresses change places, so only the type is repaired. */
    @Test
    void requestBecomesTheReplyOfLinux() {
        MemorySegment b = GoldenBytes.of(ECHO_REQUEST);
        Ipv6.swapAddresses(b, 0);
        Ipv6.hopLimit(b, 0, 64);
        Icmpv6.rewriteType(b, Ipv6.HEADER, Icmpv6.ECHO_REPLY);
        assertBytes(b, ECHO_REPLY);
    }

    @Test
    void packetFitsWhenWhole() {
        assertFitsFrom(
                74,
                RESET,
                (b, end) -> {
                    boolean fits = Ipv6.fits(b, L3, end);
                    if (fits) {
                        assertThat(L3 + Ipv6.HEADER + Ipv6.payloadLength(b, L3)).isEqualTo(end);
                        assertThat(Ipv6.dstLow(b, L3)).isEqualTo(HOST_LOW);
                    }
                    return fits;
                });
    }

    @Test
    void quotedHeaderFitsWithoutItsPayload() {
        assertFitsFrom(
                Ipv6.HEADER,
                ECHO_REQUEST,
                (b, end) -> {
                    boolean fits = Ipv6.fitsQuoted(b, 0, end);
                    if (fits) {
                        assertThat(Ipv6.nextHeader(b, 0)).isEqualTo(Protocols.ICMPV6);
                        assertThat(Ipv6.dstHigh(b, 0)).isEqualTo(FAR_HIGH);
                        assertThat(Ipv6.dstLow(b, 0)).isEqualTo(HOST_LOW);
                    }
                    return fits;
                });
    }

    @Test
    void trafficClassAndFlowLabelAreNotOfTheVersion() {
        MemorySegment b = GoldenBytes.of(ECHO_REQUEST);
        Bytes.put32(b, 0, 0x6fff_ffff);
        assertThat(Ipv6.fits(b, 0, 56)).isTrue();
        Bytes.put32(b, 0, 0x4600_0000);
        assertThat(Ipv6.fits(b, 0, 56)).isFalse();
        assertThat(Ipv6.fitsQuoted(b, 0, 56)).isFalse();
    }
}
