package io.virtdataplane.wire;

import static io.virtdataplane.wire.Lab.L3;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Chains of IPv6 extension headers. The host's socket asked for them: Linux put them together, and
 * cut the long ones into fragments.
 */
@GoldenBytes.Of(Ipv6Chain.class)
class Ipv6ChainGoldenTest {
    /** From the host to the router, up to the flow label. */
    private static final String FROM_HOST = "00005e00530a 00005e005301 86dd 60000000 ";

    private static final String TO_FAR =
            " 40 20010db8000000010000000000000002 20010db8000000020000000000000002 ";

    private static final String UDP = "9c40 0009 000c 2943 70696e67";

    private static final String HOP_BY_HOP =
            FROM_HOST + "0014 00" + TO_FAR + "11 00 010400000000 " + UDP;

    private static final String TWO_OF_OPTIONS =
            FROM_HOST
                    + "0024 00"
                    + TO_FAR
                    + "3c 00 010400000000 11 01 010c000000000000000000000000 "
                    + UDP;

    /** 1456 bytes of 'x' in two packets. */
    private static final String FIRST_FRAGMENT =
            FROM_HOST
                    + "05b0 2c"
                    + TO_FAR
                    + "11 00 0001 44d848e7 9c40 0009 05b8 6625 "
                    + "78".repeat(1440);

    private static final String LAST_FRAGMENT =
            FROM_HOST + "0018 2c" + TO_FAR + "11 00 05a8 44d848e7 " + "78".repeat(16);

    /** What must be read on the way stands before the fragment header, RFC 8200 4.5. */
    private static final String LAST_FRAGMENT_BEHIND_OPTIONS =
            FROM_HOST
                    + "0028 00"
                    + TO_FAR
                    + "2c 00 010400000000 11 00 05a0 8e8960fa "
                    + "78".repeat(24);

    private static final String SEGMENTS =
            " 01 00 0000 20010db8000000020000000000000002 20010db8000000010000000000000001 ";

    /** A route of Linux's seg6 "inline" mode: first to the router, then to the far host. */
    private static final String SOURCE_ROUTED =
            FROM_HOST
                    + "0034 2b 40 20010db8000000010000000000000002 20010db8000000010000000000000001"
                    + "11 04 04 01"
                    + SEGMENTS
                    + UDP;

    /** The same as the router sent it on: no segment is left. */
    private static final String AT_THE_LAST_SEGMENT =
            "00005e005302 00005e00530b 86dd 60000000 0034 2b 3f 20010db8000000010000000000000002 20010db8000000020000000000000002"
                    + "11 04 04 00"
                    + SEGMENTS
                    + UDP;

    private static final String NOTHING_MORE = FROM_HOST + "0000 3b" + TO_FAR;
    private static final String UNKNOWN = FROM_HOST + "0004 fd" + TO_FAR + "70696e67"; // RFC 3692

    @Test
    void optionsAreFollowed() {
        assertEnds(HOP_BY_HOP, Protocols.UDP, L3 + 48);
        assertEnds(TWO_OF_OPTIONS, Protocols.UDP, L3 + 64);
        MemorySegment b = GoldenBytes.of(TWO_OF_OPTIONS);
        assertThat(Ipv6.nextHeader(b, L3)).isEqualTo(Protocols.HOP_BY_HOP);
        assertThat(Udp.dstPort(b, L3 + 64)).isEqualTo(9);
        assertThat(Bytes.u8(b, L3 + 40)).isEqualTo(Protocols.DESTINATION_OPTIONS);
    }

    @Test
    void chainEndsAtWhatIsNoExtension() {
        assertEnds(NOTHING_MORE, Protocols.NO_NEXT_HEADER, L3 + 40);
        assertEnds(UNKNOWN, 253, L3 + 40);
        assertEnds(AT_THE_LAST_SEGMENT, Protocols.UDP, L3 + 80);
    }

    private static void assertEnds(String golden, int protocol, int l4) {
        MemorySegment b = GoldenBytes.of(golden);
        int end = (int) b.byteSize();
        assertThat(Ipv6.fits(b, L3, end)).isTrue();
        long chain = Ipv6Chain.walk(b, L3, end);
        assertThat(Ipv6Chain.isMalformed(chain)).isFalse();
        assertThat(Ipv6Chain.isRefused(chain)).isFalse();
        assertThat(Ipv6Chain.protocol(chain)).isEqualTo(protocol);
        assertThat(Ipv6Chain.l4(chain)).isEqualTo(l4);
        assertThat(Ipv6Chain.fragment(chain)).isZero();
    }

    @Test
    void fragmentHeadersAreRead() {
        assertFragment(FIRST_FRAGMENT, L3 + 40, 0, true, 0x44d8_48e7);
        assertFragment(LAST_FRAGMENT, L3 + 40, 1448, false, 0x44d8_48e7);
        assertFragment(LAST_FRAGMENT_BEHIND_OPTIONS, L3 + 48, 1440, false, 0x8e89_60fa);
        assertThat(Udp.length(GoldenBytes.of(FIRST_FRAGMENT), L3 + 48)).isEqualTo(1464);
    }

    private static void assertFragment(String golden, int at, int offset, boolean more, int id) {
        MemorySegment b = GoldenBytes.of(golden);
        long chain = Ipv6Chain.walk(b, L3, (int) b.byteSize());
        assertThat(Ipv6Chain.isMalformed(chain)).isFalse();
        assertThat(Ipv6Chain.isRefused(chain)).isFalse();
        assertThat(Ipv6Chain.fragment(chain)).isEqualTo(at);
        assertThat(Ipv6Chain.fragmentOffset(b, at)).isEqualTo(offset);
        assertThat(Ipv6Chain.moreFragments(b, at)).isEqualTo(more);
        assertThat(Ipv6Chain.identification(b, at)).isEqualTo(id);
        assertThat(Ipv6Chain.protocol(chain)).isEqualTo(Protocols.UDP);
        assertThat(Ipv6Chain.l4(chain)).isEqualTo(at + Ipv6Chain.FRAGMENT_HEADER);
    }

    @Test
    void sourceRouteIsRefused() {
        MemorySegment b = GoldenBytes.of(SOURCE_ROUTED);
        long chain = Ipv6Chain.walk(b, L3, (int) b.byteSize());
        assertThat(Ipv6Chain.isRefused(chain)).isTrue();
        assertThat(Ipv6Chain.isMalformed(chain)).isFalse();
        assertThat(Ipv6.nextHeader(b, L3)).isEqualTo(Protocols.ROUTING);
    }

    @Test
    void hopByHopOptionsBehindOthersAreRefused() {
        MemorySegment b = GoldenBytes.of(TWO_OF_OPTIONS);
        Bytes.put8(b, L3 + 6, Protocols.DESTINATION_OPTIONS);
        Bytes.put8(b, L3 + 40, Protocols.HOP_BY_HOP);
        assertThat(Ipv6Chain.isRefused(Ipv6Chain.walk(b, L3, (int) b.byteSize()))).isTrue();
    }

    @Test
    void secondFragmentHeaderIsMalformed() {
        MemorySegment b = GoldenBytes.of(LAST_FRAGMENT);
        Bytes.put64(b, L3 + 40, 0x2c00_0001_44d8_48e7L); // a first fragment of one more
        Bytes.put64(b, L3 + 48, 0x1100_0001_44d8_48e7L);
        assertThat(Ipv6Chain.isMalformed(Ipv6Chain.walk(b, L3, L3 + 64))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 20})
    void moreThanEightHeadersAreRefused(int headers) {
        String options = "3c 00 010400000000 ".repeat(headers - 1) + "11 00 010400000000 ";
        MemorySegment b = GoldenBytes.of(FROM_HOST + "0000 3c" + TO_FAR + options + UDP);
        long chain = Ipv6Chain.walk(b, L3, (int) b.byteSize());
        assertThat(Ipv6Chain.isRefused(chain)).isEqualTo(headers > 8);
        assertThat(Ipv6Chain.l4(chain)).isEqualTo(headers > 8 ? 0 : L3 + 40 + 8 * headers);
    }

    /** The chain's headers whole, its protocol is known; one byte less, and it is malformed. */
    @Test
    void everyTruncationIsMalformedOrSafe() {
        assertWalksFrom(L3 + 48, HOP_BY_HOP);
        assertWalksFrom(L3 + 64, TWO_OF_OPTIONS);
        assertWalksFrom(L3 + 48, FIRST_FRAGMENT);
        assertWalksFrom(L3 + 48, LAST_FRAGMENT);
        assertWalksFrom(L3 + 56, LAST_FRAGMENT_BEHIND_OPTIONS);
        assertWalksFrom(L3 + 80, AT_THE_LAST_SEGMENT);
        assertWalksFrom(L3 + 40, NOTHING_MORE);
        assertWalksFrom(L3 + 40, UNKNOWN);
    }

    private static void assertWalksFrom(int enough, String golden) {
        GoldenBytes.assertFitsFrom(
                enough,
                golden,
                (b, end) -> {
                    if (!Ipv6.fitsQuoted(b, L3, end)) { // what may be walked, a quotation too
                        return false;
                    }
                    long chain = Ipv6Chain.walk(b, L3, end);
                    int fragment = Ipv6Chain.fragment(chain);
                    if (fragment != 0) {
                        assertThat(Ipv6Chain.identification(b, fragment)).isNotZero();
                    }
                    assertThat(Ipv6Chain.l4(chain)).isLessThanOrEqualTo(end);
                    return !Ipv6Chain.isMalformed(chain);
                });
    }
}
