package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A lease from dnsmasq, and busybox's udhcpc that renews it. In whole packets. */
@GoldenBytes.Of(Dhcp.class)
class DhcpGoldenTest {
    private static final int L4 = Ipv4.HEADER;
    private static final int AT = L4 + Udp.HEADER;
    private static final int CLIENT = 0xc000_020e; // 192.0.2.14
    private static final long MAC = 0x0200_5e00_5301L;
    private static final String SNAME_AND_FILE = "00".repeat(10 + 64 + 128);

    private static final String RENEWAL =
            "45000148 11a54000 4011a3f0 c000020e c0000201 00440043 01345c88"
                    + "01010600 4c569324 00000000 c000020e 00000000 00000000 00000000 02005e005301"
                    + SNAME_AND_FILE
                    + "63825363 350103 39020240 37070103060c0f1c2a 3c0c756468637020312e33352e30"
                    + "3d070102005e005301 ff"
                    + "00".repeat(20);

    private static final String ACK =
            "45c00148 69cf0000 40118b06 c0000201 c000020e 00430044 01342a33"
                    + "02010600 4c569324 00030000 00000000 c000020e c0000201 00000000 02005e005301"
                    + SNAME_AND_FILE
                    + "63825363 350105 3604c0000201 330400000078 3a040000003c 3b0400000069"
                    + "0104ffffff00 1c04c00002ff 0304c0000201 ff"
                    + "00".repeat(14);

    @Test
    void fieldsAreRead() {
        MemorySegment renewal = GoldenBytes.of(RENEWAL);
        int end = Ipv4.totalLength(renewal, 0);
        assertThat(renewal.byteSize()).isEqualTo(end);
        assertThat(Udp.srcPort(renewal, L4)).isEqualTo(Dhcp.CLIENT_PORT);
        assertThat(Udp.dstPort(renewal, L4)).isEqualTo(Dhcp.SERVER_PORT);
        assertThat(Dhcp.messageType(renewal, AT, end)).isEqualTo(Dhcp.REQUEST);
        assertThat(Dhcp.ciaddr(renewal, AT)).isEqualTo(CLIENT);
        assertThat(Dhcp.yiaddr(renewal, AT)).isZero();
        assertThat(Dhcp.chaddr(renewal, AT)).isEqualTo(MAC);
        MemorySegment ack = GoldenBytes.of(ACK);
        assertThat(Dhcp.messageType(ack, AT, end)).isEqualTo(Dhcp.ACK);
        assertThat(Dhcp.ciaddr(ack, AT)).isZero();
        assertThat(Dhcp.yiaddr(ack, AT)).isEqualTo(CLIENT);
        assertThat(Dhcp.chaddr(ack, AT)).isEqualTo(MAC);
    }

    @Test
    void fitsFromItsMagicCookieOn() {
        for (String golden : new String[] {RENEWAL, ACK}) {
            assertFitsFrom(
                    AT + Dhcp.OPTIONS,
                    golden,
                    (b, end) -> {
                        boolean fits = Dhcp.fits(b, AT, end);
                        if (fits) {
                            Dhcp.ciaddr(b, AT);
                            Dhcp.chaddr(b, AT);
                            boolean hasType = end >= AT + Dhcp.OPTIONS + 3;
                            assertThat(Dhcp.messageType(b, AT, end) != 0).isEqualTo(hasType);
                        }
                        return fits;
                    });
        }
        MemorySegment other = GoldenBytes.of(RENEWAL);
        Bytes.put8(other, AT + Dhcp.COOKIE, 0x64);
        assertThat(Dhcp.fits(other, AT, AT + 300)).as("BOOTP of another kind").isFalse();
    }

    @Test
    void renewalAsksToKeepItsAddress() {
        MemorySegment b = GoldenBytes.of(RENEWAL);
        int end = Ipv4.totalLength(b, 0);
        assertThat(Dhcp.asksToKeepItsAddress(b, 0, end)).isTrue();
        for (int cut = Ipv4.HEADER; cut < AT + Dhcp.OPTIONS + 3; cut++) {
            assertThat(Dhcp.asksToKeepItsAddress(b, 0, cut)).as("end=%d", cut).isFalse();
        }
        MemorySegment ack = GoldenBytes.of(ACK);
        assertThat(Dhcp.asksToKeepItsAddress(ack, 0, end)).isFalse();
    }

    /** One byte of the renewal is another. */
    @ParameterizedTest
    @CsvSource({
        "6, 0x20, a fragment",
        "9, 6, not UDP",
        "15, 15, a source that is not ciaddr",
        "21, 69, from another port",
        "23, 68, to another port",
        "264, 0, not a DHCP message",
        "270, 1, a DISCOVER",
        "270, 7, a RELEASE",
        "268, 255, no type",
    })
    void anythingElseDoesNot(int at, int value, String why) {
        MemorySegment b = GoldenBytes.of(RENEWAL);
        Bytes.put8(b, at, value);
        assertThat(Dhcp.asksToKeepItsAddress(b, 0, Ipv4.totalLength(b, 0))).as(why).isFalse();
    }
}
