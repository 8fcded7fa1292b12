package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ICMP in whole packets, as ping, hosts and the router sent them. */
@GoldenBytes.Of(Icmp.class)
class IcmpGoldenTest {
    private static final int AT = Ipv4.HEADER;
    private static final int QUOTED = AT + Icmp.HEADER;

    private static final String ECHO_REQUEST =
            """
            4500 0024 8dec 4000 3f 01 c1b4 c0000202 c6336402
            08 00 cb87 2067 0001 0001020304050607
            """;

    private static final String ECHO_REPLY =
            """
            4500 0024 7c95 0000 40 01 120c c6336402 c0000202
            00 00 d387 2067 0001 0001020304050607
            """;

    private static final String TIMESTAMP_REQUEST =
            """
            4500 0028 976d 4000 40 01 b72f c0000202 c6336402
            0d 00 a805 4711 0001 000003e8 00000000 00000000
            """;

    private static final String TIMESTAMP_REPLY =
            """
            4500 0028 895d 0000 40 01 0540 c6336402 c0000202
            0e 00 2ca7 4711 0001 000003e8 043038ff 043038ff
            """;

    private static final String PORT_UNREACHABLE =
            """
            45c0 003c 8073 0000 40 01 0d56 c6336402 c0000202
            03 03 e952 00000000
            4500 0020 6ace 4000 3f 11 e4c6 c0000202 c6336402 9c40 0009 000c 9883 70696e67
            """;

    /** Of the router; the far side's MTU is 100. */
    private static final String FRAGMENTATION_NEEDED =
            """
            45c0 0092 6c35 0000 40 01 8972 c0000201 c0000202
            03 04 e943 00000064
            4500 0076 0000 4000 40 11 4e3f c0000202 c6336402
            9c40 0009 0062 b2b7
            000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627
            28292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f
            50515253545556575859
            """;

    private static final String TIME_EXCEEDED =
            """
            45c0 0040 6441 0000 40 01 91b8 c0000201 c0000202
            0b 00 f4ff 00000000
            4500 0024 9959 4000 01 01 f447 c0000202 c6336402 08 00 c8f9 22f5 0001 0001020304050607
            """;

    @Test
    void echoIsRead() {
        MemorySegment request = GoldenBytes.of(ECHO_REQUEST);
        assertThat(Icmp.type(request, AT)).isEqualTo(Icmp.ECHO_REQUEST);
        assertThat(Icmp.identifier(request, AT)).isEqualTo(0x2067);
        MemorySegment reply = GoldenBytes.of(ECHO_REPLY);
        assertThat(Icmp.type(reply, AT)).isEqualTo(Icmp.ECHO_REPLY);
        assertThat(Icmp.identifier(reply, AT)).isEqualTo(0x2067);
        assertThat(Ipv4.protocol(reply, 0)).isEqualTo(Protocols.ICMP);
    }

    @Test
    void timestampIsRead() {
        MemorySegment request = GoldenBytes.of(TIMESTAMP_REQUEST);
        assertThat(Icmp.type(request, AT)).isEqualTo(Icmp.TIMESTAMP_REQUEST);
        assertThat(Icmp.identifier(request, AT)).isEqualTo(0x4711);
        MemorySegment reply = GoldenBytes.of(TIMESTAMP_REPLY);
        assertThat(Icmp.type(reply, AT)).isEqualTo(Icmp.TIMESTAMP_REPLY);
        assertThat(Icmp.identifier(reply, AT)).isEqualTo(0x4711);
    }

    @Test
    void errorsAreRead() {
        int unreachable = Icmp.DESTINATION_UNREACHABLE;
        assertThat(Icmp.type(GoldenBytes.of(PORT_UNREACHABLE), AT)).isEqualTo(unreachable);
        assertThat(Icmp.type(GoldenBytes.of(FRAGMENTATION_NEEDED), AT)).isEqualTo(unreachable);
        assertThat(Icmp.type(GoldenBytes.of(TIME_EXCEEDED), AT)).isEqualTo(Icmp.TIME_EXCEEDED);
    }

    @Test
    void messagesAreBuilt() {
        assertEmits(ECHO_REQUEST, Icmp.ECHO_REQUEST, 0, 0x2067_0001);
        assertEmits(TIMESTAMP_REPLY, Icmp.TIMESTAMP_REPLY, 0, 0x4711_0001);
        assertEmits(PORT_UNREACHABLE, Icmp.DESTINATION_UNREACHABLE, Icmp.CODE_PORT_UNREACHABLE, 0);
        assertEmits(
                FRAGMENTATION_NEEDED,
                Icmp.DESTINATION_UNREACHABLE,
                Icmp.CODE_FRAGMENTATION_NEEDED,
                100);
        assertEmits(TIME_EXCEEDED, Icmp.TIME_EXCEEDED, 0, 0);
    }

    private static void assertEmits(String golden, int type, int code, int rest) {
        MemorySegment b = GoldenBytes.staleBetween(AT, QUOTED, golden);
        Icmp.emit(b, AT, type, code, rest, Ipv4.totalLength(b, 0) - AT);
        assertBytes(b, golden);
    }

    @Test
    void requestBecomesTheReplyOfLinux() {
        MemorySegment b = GoldenBytes.staleBetween(AT, AT + 16, ECHO_REPLY);
        MemorySegment.copy(GoldenBytes.of(ECHO_REQUEST), AT, b, AT, 16);
        Icmp.rewriteType(b, AT, Icmp.ECHO_REPLY);
        assertBytes(b, ECHO_REPLY);
        Icmp.rewriteType(b, AT, Icmp.ECHO_REQUEST);
        assertThat(b.asSlice(AT).mismatch(GoldenBytes.of(ECHO_REQUEST).asSlice(AT))).isEqualTo(-1);
    }

    /** One message of a ping, on both sides of a NAT of Linux that gives identifiers at random. */
    @Test
    void identifierIsRewrittenAsLinuxDoes() {
        MemorySegment b = GoldenBytes.of("ffff 08 00 c77d 2471 0001 0001020304050607");
        Icmp.rewriteIdentifier(b, 2, 0x0459);
        assertBytes(b, "ffff 08 00 e795 0459 0001 0001020304050607");
    }

    @Test
    void checksumIsThatOfLinuxAndRepaired() {
        MemorySegment b = GoldenBytes.staleBetween(AT + 2, AT + 4, TIMESTAMP_REPLY);
        Icmp.checksumAnew(b, AT, 20);
        assertBytes(b, TIMESTAMP_REPLY);
        Icmp.repairChecksum(b, AT, Checksum.delta32(0x0430_38ff, 0));
        Icmp.repairChecksum(b, AT, Checksum.delta32(0, 0x0430_38ff));
        assertBytes(b, TIMESTAMP_REPLY);
    }

    @Test
    void fitsFromItsHeaderOn() {
        assertFitsFrom(
                AT + Icmp.HEADER,
                PORT_UNREACHABLE,
                (b, end) -> {
                    boolean fits = Icmp.fits(AT, end);
                    if (fits) {
                        assertThat(Icmp.type(b, AT)).isEqualTo(Icmp.DESTINATION_UNREACHABLE);
                        assertThat(Icmp.identifier(b, AT)).isZero();
                    }
                    return fits;
                });
    }

    /** Types of RFC 792; queries whose answer finds its way by the identifier. */
    @ParameterizedTest
    @CsvSource({
        "0, false, true, false",
        "3, false, false, true",
        "5, false, false, false",
        "8, true, false, false",
        "11, false, false, true",
        "12, false, false, true",
        "13, true, false, false",
        "14, false, true, false",
        "15, false, false, false",
        "255, false, false, false"
    })
    void typesAreOfOneKind(int type, boolean isRequest, boolean isReply, boolean isError) {
        assertThat(Icmp.isRequest(type)).isEqualTo(isRequest);
        assertThat(Icmp.isReply(type)).isEqualTo(isReply);
        assertThat(Icmp.isError(type)).isEqualTo(isError);
    }
}
