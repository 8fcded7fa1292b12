package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What all headers are made of: numbers, addresses, sums. */
@GoldenBytes.Of({Bytes.class, Checksum.class, Ip.class, AddressText.class})
class NumbersGoldenTest {
    /** No byte is like another, and the top bit of each number is set. */
    private static final String NUMBERS = "f1 f2f3 f4f5f6f7 f8f9fafbfcfd e1e2e3e4e5e6e7e8";

    /** A whole segment: the far host refuses a connection, over IPv4 and over IPv6. */
    private static final String RESET =
            "4500 0028 0000 4000 40 06 4e98 c6336402 c0000202"
                    + "0009 9c41 00000000 85f354f1 5014 0000 4c69 0000";

    private static final String RESET_6 =
            "60000000 0014 06 40 20010db8000000020000000000000002 20010db8000000010000000000000002"
                    + "0009 9c41 00000000 4000c729 5014 0000 b0e3 0000";

    @Test
    void numbersAreReadInNetworkOrderAndUnsigned() {
        MemorySegment b = GoldenBytes.of(NUMBERS);
        assertThat(Bytes.u8(b, 0)).isEqualTo(0xf1);
        assertThat(Bytes.u16(b, 1)).isEqualTo(0xf2f3);
        assertThat(Bytes.u32(b, 3)).isEqualTo(0xf4f5_f6f7);
        assertThat(Bytes.u48(b, 7)).isEqualTo(0xf8f9_fafb_fcfdL);
        assertThat(Bytes.u64(b, 13)).isEqualTo(0xe1e2_e3e4_e5e6_e7e8L);
    }

    @Test
    void numbersAreWrittenInNetworkOrder() {
        MemorySegment b = GoldenBytes.stale(NUMBERS);
        Bytes.put8(b, 0, 0x77f1); // what is above the number's bits does not matter
        Bytes.put16(b, 1, 0x7777_f2f3);
        Bytes.put32(b, 3, 0xf4f5_f6f7);
        Bytes.put48(b, 7, 0x7777_f8f9_fafb_fcfdL);
        Bytes.put64(b, 13, 0xe1e2_e3e4_e5e6_e7e8L);
        assertBytes(b, NUMBERS);
    }

    @Test
    void nothingIsReadOrWrittenBeyondTheEnd() {
        MemorySegment whole = GoldenBytes.of("0011223344556677");
        for (int length = 0; length < 8; length++) {
            MemorySegment b = whole.asSlice(0, length);
            assertReaches(length >= 1, () -> Bytes.put8(b, 0, Bytes.u8(b, 0)));
            assertReaches(length >= 2, () -> Bytes.put16(b, 0, Bytes.u16(b, 0)));
            assertReaches(length >= 4, () -> Bytes.put32(b, 0, Bytes.u32(b, 0)));
            assertReaches(length >= 6, () -> Bytes.put48(b, 0, Bytes.u48(b, 0)));
            assertReaches(false, () -> Bytes.u64(b, 0));
            assertReaches(false, () -> Bytes.put64(b, 0, 0));
            assertReaches(length >= 6, () -> Bytes.put48(b, 0, 0x0011_2233_4455L));
        }
        assertBytes(whole, "0011223344556677");
    }

    private static void assertReaches(boolean isInside, Runnable access) {
        if (isInside) {
            access.run();
        } else {
            assertThatThrownBy(access::run).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void sumIsThatOfTheExampleInRfc1071() {
        MemorySegment b = GoldenBytes.of("0001 f203 f4f5 f6f7"); // RFC 1071 3
        assertThat(Checksum.sum(b, 0, 8)).isPositive();
        assertThat(Checksum.fold(Checksum.sum(b, 0, 8))).isEqualTo(0xddf2);
        assertThat(Checksum.fold(0x2ddf0L)).isEqualTo(0xddf2);
        assertThat(Checksum.fold(-1L)).isEqualTo(0xffff);
        assertThat(Checksum.fold(0)).isZero();
        assertThat(Checksum.fold(Checksum.sum(b, 0, 3))).as("odd").isEqualTo(0xf201);
    }

    @Test
    void repairIsThatOfTheExampleInRfc1624() {
        long delta = Checksum.delta16(0x5555, 0x3285); // RFC 1624 4
        assertThat(Checksum.repair(0xdd2f, delta)).isZero();
        assertThat(Checksum.repair(0x0000, Checksum.delta16(0x3285, 0x5555))).isEqualTo(0xdd2f);
    }

    @Test
    void pseudoHeaderMakesTheSumAllOnes() {
        MemorySegment b = GoldenBytes.of(RESET);
        long pseudo = Checksum.pseudo4(0xc633_6402, 0xc000_0202, Protocols.TCP, 20);
        assertThat(Checksum.fold(pseudo + Checksum.sum(b, 20, 20))).isEqualTo(0xffff);
        assertThat(Checksum.fold(Checksum.sum(b, 0, 20))).isEqualTo(0xffff);
        MemorySegment six = GoldenBytes.of("ff" + RESET_6); // at an odd address too
        long pseudo6 = Checksum.pseudo6(six, 1, Protocols.TCP, 20);
        assertThat(Checksum.fold(pseudo6 + Checksum.sum(six, 41, 20))).isEqualTo(0xffff);
    }

    @Test
    void deltasOfAddressesAreThoseOfTheirWords() {
        long words = Checksum.delta16(0xc000, 0xc633) + Checksum.delta16(0x0202, 0x6401);
        assertThat(Checksum.delta32(0xc000_0202, 0xc633_6401)).isEqualTo(words);
        assertThat(Checksum.sum64(0x2001_0db8_0000_0002L)).isEqualTo(0x2001 + 0x0db8 + 2);
        assertThat(Checksum.sum64(-1L)).isEqualTo(4 * 0xffff);
        long delta = Checksum.delta128(0x2001_0db8_0000_0001L, 2, 0x2001_0db8_0000_0002L, 1);
        assertThat(Checksum.fold(delta)).as("1 for 2, and 2 for 1").isEqualTo(0xffff);
    }

    /** Examples of RFC 4291 2.2 and 2.5 and RFC 5952 4, high and low half of each. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8::8:800:200c:417a, 20010db800000000, 00080800200c417a",
        "ff01::101, ff01000000000000, 0000000000000101",
        "::1, 0000000000000000, 0000000000000001",
        "::, 0000000000000000, 0000000000000000",
        "2001:db8:0:1:1:1:1:1, 20010db800000001, 0001000100010001",
        "2001:0:0:1::1, 2001000000000001, 0000000000000001",
        "2001:db8::1:0:0:1, 20010db800000000, 0001000000000001",
        "192.0.2.2, 0000000000000000, 0000ffffc0000202",
        "255.255.255.255, 0000000000000000, 0000ffffffffffff"
    })
    void addressesAreTextAndBytes(String text, String high, String low) {
        long[] address = AddressText.ip(text);
        assertThat(address[0]).isEqualTo(Long.parseUnsignedLong(high, 16));
        assertThat(address[1]).isEqualTo(Long.parseUnsignedLong(low, 16));
        assertThat(AddressText.ip(address[0], address[1])).isEqualTo(text);
    }

    @Test
    void addressesOfPacketsAreTextAndBytes() {
        MemorySegment b = GoldenBytes.of(RESET);
        assertThat(AddressText.ipv4(Ipv4.src(b, 0))).isEqualTo("198.51.100.2");
        assertThat(AddressText.ipv4("198.51.100.2")).isEqualTo(Ipv4.src(b, 0));
        MemorySegment six = GoldenBytes.of(RESET_6);
        assertThat(AddressText.ip(Ipv6.srcHigh(six, 0), Ipv6.srcLow(six, 0)))
                .isEqualTo("2001:db8:0:2::2");
        assertThat(AddressText.ipv6("2001:db8:0:2::2"))
                .containsExactly(Ipv6.srcHigh(six, 0), Ipv6.srcLow(six, 0));
        assertThat(AddressText.mac(0x0000_5e00_530aL)).isEqualTo("00:00:5e:00:53:0a");
        assertThat(AddressText.mac("00:00:5e:00:53:0a")).isEqualTo(0x0000_5e00_530aL);
        assertThat(AddressText.mac("FF-FF-FF-FF-FF-FF")).isEqualTo(Ethernet.BROADCAST);
    }

    @Test
    void ipv4IsHeldAsItsMappedAddress() {
        long low = Ip.mapped(0xc000_0202); // RFC 4291 2.5.5.2
        assertThat(low).isEqualTo(0x0000_ffff_c000_0202L);
        assertThat(Ip.isMapped(0, low)).isTrue();
        assertThat(Ip.ipv4(low)).isEqualTo(0xc000_0202);
        assertThat(Ip.isMapped(0, 0xfffe_c000_0202L)).isFalse();
        assertThat(Ip.isMapped(1, low)).isFalse();
    }

    /** The first and the last address of each, and their neighbors. */
    @Test
    void scopesAreOfTheirFirstBits() {
        assertThat(Ip.isLinkLocal6(0xfe80L << 48)).isTrue();
        assertThat(Ip.isLinkLocal6(0xfebf_ffff_ffff_ffffL)).isTrue();
        assertThat(Ip.isLinkLocal6(0xfe7f_ffff_ffff_ffffL)).isFalse();
        assertThat(Ip.isLinkLocal6(0xfec0L << 48)).isFalse();
        assertThat(Ip.isMulticast6(0xff00L << 48)).isTrue();
        assertThat(Ip.isMulticast6(-1)).isTrue();
        assertThat(Ip.isMulticast6(0xfeff_ffff_ffff_ffffL)).isFalse();
    }
}
