package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ICMPv6 in whole packets, as ping, the far host and the router sent them. */
@GoldenBytes.Of(Icmpv6.class)
class Icmpv6GoldenTest {
    private static final int AT = Ipv6.HEADER;
    private static final String HOST = "20010db8000000010000000000000002 ";
    private static final String ROUTER = "20010db8000000010000000000000001 ";
    private static final String FAR = "20010db8000000020000000000000002 ";

    private static final String ECHO_REQUEST =
            "60000000 0010 3a 40" + HOST + FAR + "80 00 f7bd 206d 0001 0001020304050607";

    private static final String ECHO_REPLY =
            "60000000 0010 3a 40" + FAR + HOST + "81 00 f6bd 206d 0001 0001020304050607";

    private static final String PORT_UNREACHABLE =
            "60000000 003c 3a 40"
                    + FAR
                    + HOST
                    + "01 04 31de 00000000"
                    + "60000000 000c 11 3f"
                    + HOST
                    + FAR
                    + "9c40 0009 000c 2943 70696e67";

    private static final String TIME_EXCEEDED =
            "60000000 0040 3a 40"
                    + ROUTER
                    + HOST
                    + "03 00 0747 00000000"
                    + "60000000 0010 3a 01"
                    + HOST
                    + FAR
                    + "80 00 f508 2322 0001 0001020304050607";

    /** Octet 6 of the quoted packet, its next header 253, is known to nobody. */
    private static final String PARAMETER_PROBLEM =
            "60000000 0034 3a 3f"
                    + FAR
                    + HOST
                    + "04 01 0883 00000006"
                    + "60000000 0004 fd 3f"
                    + HOST
                    + FAR
                    + "70696e67";

    /** 1300 bytes of 'x' for a side whose MTU is 1280: quoted up to that size. */
    private static final String PACKET_TOO_BIG =
            "60000000 04d8 3a 40"
                    + ROUTER
                    + HOST
                    + "02 00 7292 00000500"
                    + "60000000 051c 11 40"
                    + HOST
                    + FAR
                    + "9c40 0009 051c 1c12"
                    + "78".repeat(1184);

    @Test
    void echoIsRead() {
        MemorySegment b = GoldenBytes.of(ECHO_REQUEST);
        assertThat(Icmpv6.type(b, AT)).isEqualTo(Icmpv6.ECHO_REQUEST);
        assertThat(Icmpv6.code(b, AT)).isZero();
        assertThat(Icmpv6.checksum(b, AT)).isEqualTo(0xf7bd);
        assertThat(Icmpv6.identifier(b, AT)).isEqualTo(0x206d);
    }

    @Test
    void errorIsRead() {
        MemorySegment b = GoldenBytes.of(PORT_UNREACHABLE);
        assertThat(Icmpv6.type(b, AT)).isEqualTo(Icmpv6.DESTINATION_UNREACHABLE);
        assertThat(Icmpv6.code(b, AT)).isEqualTo(Icmpv6.CODE_PORT_UNREACHABLE);
        assertThat(Icmpv6.checksum(b, AT)).isEqualTo(0x31de);
    }

    @Test
    void messagesAreBuilt() {
        assertEmits(ECHO_REQUEST, Icmpv6.ECHO_REQUEST, 0, 0x206d_0001);
        assertEmits(ECHO_REPLY, Icmpv6.ECHO_REPLY, 0, 0x206d_0001);
        assertEmits(
                PORT_UNREACHABLE, Icmpv6.DESTINATION_UNREACHABLE, Icmpv6.CODE_PORT_UNREACHABLE, 0);
        assertEmits(PACKET_TOO_BIG, Icmpv6.PACKET_TOO_BIG, 0, Ipv6.MINIMUM_MTU);
        assertEmits(TIME_EXCEEDED, Icmpv6.TIME_EXCEEDED, 0, 0);
        assertEmits(PARAMETER_PROBLEM, Icmpv6.PARAMETER_PROBLEM, 1, 6);
    }

    private static void assertEmits(String golden, int type, int code, int rest) {
        MemorySegment b = GoldenBytes.staleBetween(AT, AT + Icmpv6.HEADER, golden);
        Icmpv6.emit(b, AT, type, code, rest);
        assertThat(Icmpv6.checksum(b, AT)).as("still to do").isZero();
        Icmpv6.checksumAnew(b, 0, AT, Ipv6.payloadLength(b, 0));
        assertBytes(b, golden);
    }

    @Test
    void typeIsRewrittenAndRewrittenBack() {
        MemorySegment b = GoldenBytes.of(ECHO_REQUEST);
        Icmpv6.rewriteType(b, AT, Icmpv6.ECHO_REPLY);
        MemorySegment reply = GoldenBytes.of(ECHO_REPLY);
        assertThat(b.asSlice(AT).mismatch(reply.asSlice(AT))).isEqualTo(-1);
        Icmpv6.rewriteType(b, AT, Icmpv6.ECHO_REQUEST);
        assertBytes(b, ECHO_REQUEST);
    }

    @Test
    void checksumIsSetAndRepaired() {
        MemorySegment b = GoldenBytes.staleBetween(AT + 2, AT + 4, ECHO_REPLY);
        Icmpv6.checksum(b, AT, 0xf6bd);
        assertBytes(b, ECHO_REPLY);
        Bytes.put16(b, AT + 4, 0x1234);
        Icmpv6.repairChecksum(b, AT, Checksum.delta16(0x206d, 0x1234));
        assertThat(Icmpv6.isIntact(b, 0, AT, 16)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ECHO_REQUEST,
                ECHO_REPLY,
                PORT_UNREACHABLE,
                TIME_EXCEEDED,
                PARAMETER_PROBLEM
            })
    void anyOtherByteIsNotIntact(String golden) {
        int length = Ipv6.payloadLength(GoldenBytes.of(golden), 0);
        MemorySegment b = GoldenBytes.of(golden);
        assertThat(Icmpv6.isIntact(b, 0, AT, length)).isTrue();
        for (int at = 8; at < b.byteSize(); at++) { // the addresses, and all of the message
            int before = Bytes.u8(b, at);
            Bytes.put8(b, at, before ^ 0x40);
            assertThat(Icmpv6.isIntact(b, 0, AT, length)).as("at=%d", at).isFalse();
            Bytes.put8(b, at, before);
        }
    }

    @Test
    void fitsFromItsHeaderOn() {
        assertFitsFrom(
                AT + Icmpv6.HEADER,
                PARAMETER_PROBLEM,
                (b, end) -> {
                    boolean fits = Icmpv6.fits(AT, end);
                    if (fits) {
                        assertThat(Icmpv6.type(b, AT)).isEqualTo(Icmpv6.PARAMETER_PROBLEM);
                        assertThat(Icmpv6.code(b, AT)).isEqualTo(1);
                        assertThat(Icmpv6.checksum(b, AT)).isEqualTo(0x0883);
                        assertThat(Icmpv6.identifier(b, AT)).isZero();
                        boolean whole = end == 92;
                        assertThat(Icmpv6.isIntact(b, 0, AT, end - AT)).isEqualTo(whole);
                    }
                    return fits;
                });
    }

    /** RFC 4443 2.1 and RFC 4861 4. */
    @ParameterizedTest
    @CsvSource({
        "1, true, false",
        "127, true, false",
        "128, false, false",
        "132, false, false",
        "133, false, true",
        "137, false, true",
        "138, false, false",
        "255, false, false"
    })
    void typesAreOfOneKind(int type, boolean isError, boolean isNeighborDiscovery) {
        assertThat(Icmpv6.isError(type)).isEqualTo(isError);
        assertThat(Icmpv6.isNeighborDiscovery(type)).isEqualTo(isNeighborDiscovery);
    }
}
