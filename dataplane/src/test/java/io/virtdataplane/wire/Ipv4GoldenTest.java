package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.EDGE_MAC;
import static io.virtdataplane.wire.Lab.FAR;
import static io.virtdataplane.wire.Lab.FAR_MAC;
import static io.virtdataplane.wire.Lab.HOST;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.L4;
import static io.virtdataplane.wire.Lab.ROUTER;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** IPv4's header: whole packets, fragments, options, quotations. */
@GoldenBytes.Of(Ipv4.class)
class Ipv4GoldenTest {
    /** The far host refuses a connection. */
    private static final String RESET =
            """
            00005e00530b 00005e005302 0800
            4500 0028 0000 4000 40 06 4e98 c6336402 c0000202
            0009 9c41 00000000 85f354f1 5014 0000 4c69 0000
            """;

    /** 90 bytes of UDP, which the router's far side has no room for: its MTU is 100. */
    private static final String DATAGRAM =
            """
            00005e00530a 00005e005301 0800
            4500 0076 905b 0000 40 11 fde3 c0000202 c6336402
            9c40 0009 0062 b2b7
            000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627
            28292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f
            50515253545556575859
            """;

    private static final String FIRST_FRAGMENT =
            """
            00005e005302 00005e00530b 0800
            4500 0064 905b 2000 3f 11 def5 c0000202 c6336402
            9c40 0009 0062 b2b7
            000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627
            28292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647
            """;

    private static final String LAST_FRAGMENT =
            """
            00005e005302 00005e00530b 0800
            4500 0026 905b 000a 3f 11 ff29 c0000202 c6336402
            48494a4b4c4d4e4f50515253545556575859
            """;

    /** Linux's bridge asks for members of groups; with the option of RFC 2113. */
    private static final String WITH_OPTION =
            """
            01005e000001 00005e00530a 0800
            46c0 0020 0000 4000 01 02 4215 c0000201 e0000001 94040000
            1164 ee9b 00000000
            """;

    /** What an ICMP error quotes: the header says 118 bytes, RFC 792 quotes 8 behind it. */
    private static final String QUOTED =
            "4500 0076 0000 4000 40 11 4e3f c0000202 c6336402 9c40 0009 0062 b2b7";

    @Test
    void wholePacketIsRead() {
        MemorySegment b = GoldenBytes.of(RESET);
        assertThat(Ipv4.headerLength(b, L3)).isEqualTo(20);
        assertThat(Ipv4.totalLength(b, L3)).isEqualTo(40);
        assertThat(Ipv4.identification(b, L3)).isZero();
        assertThat(Ipv4.dontFragment(b, L3)).isTrue();
        assertThat(Ipv4.isFragment(b, L3)).isFalse();
        assertThat(Ipv4.isLaterFragment(b, L3)).isFalse();
        assertThat(Ipv4.moreFragments(b, L3)).isFalse();
        assertThat(Ipv4.fragmentOffset(b, L3)).isZero();
        assertThat(Ipv4.ttl(b, L3)).isEqualTo(64);
        assertThat(Ipv4.protocol(b, L3)).isEqualTo(Protocols.TCP);
        assertThat(Ipv4.checksum(b, L3)).isEqualTo(0x4e98);
        assertThat(Ipv4.src(b, L3)).isEqualTo(FAR);
        assertThat(Ipv4.dst(b, L3)).isEqualTo(HOST);
        assertThat(Ipv4.isIntact(b, L3)).isTrue();
    }

    @Test
    void wholePacketIsBuilt() {
        MemorySegment built = GoldenBytes.staleBetween(0, L4, RESET);
        Ethernet.addresses(built, 0, EDGE_MAC, FAR_MAC);
        Ethernet.type(built, 0, Ethernet.IPV4);
        Ipv4.emit(built, L3, 40, Protocols.TCP, FAR, HOST);
        assertBytes(built, RESET);
    }

    @Test
    void firstFragmentIsRead() {
        MemorySegment b = GoldenBytes.of(FIRST_FRAGMENT);
        assertThat(Ipv4.identification(b, L3)).isEqualTo(0x905b);
        assertThat(Ipv4.dontFragment(b, L3)).isFalse();
        assertThat(Ipv4.isFragment(b, L3)).isTrue();
        assertThat(Ipv4.isLaterFragment(b, L3)).isFalse();
        assertThat(Ipv4.moreFragments(b, L3)).isTrue();
        assertThat(Ipv4.fragmentOffset(b, L3)).isZero();
        assertThat(Ipv4.ttl(b, L3)).isEqualTo(63);
        assertThat(Ipv4.isIntact(b, L3)).isTrue();
    }

    @Test
    void lastFragmentIsRead() {
        MemorySegment b = GoldenBytes.of(LAST_FRAGMENT);
        assertThat(Ipv4.identification(b, L3)).isEqualTo(0x905b);
        assertThat(Ipv4.isFragment(b, L3)).isTrue();
        assertThat(Ipv4.isLaterFragment(b, L3)).isTrue();
        assertThat(Ipv4.moreFragments(b, L3)).isFalse();
        assertThat(Ipv4.fragmentOffset(b, L3)).as("in bytes").isEqualTo(80);
        assertThat(Ipv4.totalLength(b, L3)).isEqualTo(38);
        assertThat(Ipv4.isIntact(b, L3)).isTrue();
    }

    @Test
    void fragmentsAreThoseOfLinux() {
        assertBytes(fragment(FIRST_FRAGMENT, 100, 0, true), FIRST_FRAGMENT);
        assertBytes(fragment(LAST_FRAGMENT, 38, 80, false), LAST_FRAGMENT);
    }

    /** The datagram's header, one hop on, over the payload that {@code golden} has. */
    private static MemorySegment fragment(String golden, int length, int offset, boolean more) {
        MemorySegment b = GoldenBytes.staleBetween(0, L4, golden);
        MemorySegment.copy(GoldenBytes.of(DATAGRAM), L3, b, L3, Ipv4.HEADER);
        Ethernet.addresses(b, 0, FAR_MAC, EDGE_MAC);
        Ethernet.type(b, 0, Ethernet.IPV4);
        Ipv4.forwardTo(b, L3, FAR, 1);
        Ipv4.fragment(b, L3, length, offset, more);
        return b;
    }

    @Test
    void optionsAreOfTheHeader() {
        MemorySegment b = GoldenBytes.of(WITH_OPTION);
        assertThat(Ipv4.headerLength(b, L3)).isEqualTo(24);
        assertThat(Ipv4.totalLength(b, L3)).isEqualTo(32);
        assertThat(Ipv4.ttl(b, L3)).isEqualTo(1);
        assertThat(Ipv4.protocol(b, L3)).isEqualTo(Protocols.IGMP);
        assertThat(Ipv4.src(b, L3)).isEqualTo(ROUTER);
        assertThat(Ipv4.isIntact(b, L3)).isTrue();

        Bytes.put16(b, L3 + 10, 0xa5a5);
        assertThat(Ipv4.isIntact(b, L3)).isFalse();
        Ipv4.checksumAnew(b, L3);
        assertBytes(b, WITH_OPTION);
    }

    @Test
    void anyOtherByteOfTheHeaderIsNotIntact() {
        for (int at = L3 + 1; at < L3 + 24; at++) {
            MemorySegment b = GoldenBytes.of(WITH_OPTION);
            Bytes.put8(b, at, Bytes.u8(b, at) ^ 0x10);
            assertThat(Ipv4.isIntact(b, L3)).as("at=%d", at).isFalse();
        }
    }

    @Test
    void packetFitsWhenWhole() {
        assertFitsFrom(54, RESET, Ipv4GoldenTest::readAll);
        assertFitsFrom(46, WITH_OPTION, Ipv4GoldenTest::readAll);
        assertFitsFrom(52, LAST_FRAGMENT, Ipv4GoldenTest::readAll);
    }

    private static boolean readAll(MemorySegment b, int end) {
        boolean fits = Ipv4.fits(b, L3, end);
        if (fits) {
            assertThat(Ipv4.isIntact(b, L3)).isTrue();
            assertThat(L3 + Ipv4.totalLength(b, L3)).isEqualTo(end);
            assertThat(Ipv4.fitsQuoted(b, L3, end)).isTrue();
        }
        return fits;
    }

    @Test
    void quotedHeaderFitsWithoutItsPayload() {
        assertFitsFrom(
                20,
                QUOTED,
                (b, end) -> {
                    boolean fits = Ipv4.fitsQuoted(b, 0, end);
                    if (fits) {
                        assertThat(Ipv4.totalLength(b, 0)).isEqualTo(118);
                        assertThat(Ipv4.dst(b, 0)).isEqualTo(FAR);
                        assertThat(Ipv4.isIntact(b, 0)).isTrue();
                    }
                    assertThat(Ipv4.fits(b, 0, end)).isFalse();
                    return fits;
                });
        assertFitsFrom(L3 + 24, WITH_OPTION, (b, end) -> Ipv4.fitsQuoted(b, L3, end));
    }

    @Test
    void paddingBehindThePacketIsNotOfIt() {
        MemorySegment b = GoldenBytes.of(RESET + "000000000000"); // to Ethernet's 60 bytes
        assertThat(Ipv4.fits(b, L3, 60)).isTrue();
        assertThat(L3 + Ipv4.totalLength(b, L3)).isEqualTo(54);
    }

    @Test
    void versionSixIsNone() {
        MemorySegment b = GoldenBytes.of("65" + QUOTED.substring(2));
        assertThat(Ipv4.fits(b, 0, 28)).isFalse();
        assertThat(Ipv4.fitsQuoted(b, 0, 28)).isFalse();
    }
}
