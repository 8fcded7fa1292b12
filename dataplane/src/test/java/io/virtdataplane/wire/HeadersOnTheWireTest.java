package io.virtdataplane.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.UdpPacket;

/**
 * Known bytes read, the same bytes built into a buffer that was not empty, and every truncation
 * refused.
 */
class HeadersOnTheWireTest {
    private static final String DNS_QUERY = // 10.0.2.2:40000 > 203.0.113.7:53, "ping"
            "4500002000004000404171cf"
                    + "0a000202"
                    + "cb007107"
                    + "9c4000350000"
                    + "0000"
                    + "70696e67";

    @Test
    void ipv4AndUdpAreBuiltAsPcap4jReadsThem() throws Exception {
        byte[] bytes = new byte[64];
        Arrays.fill(bytes, (byte) 0xa5);
        MemorySegment b = MemorySegment.ofArray(bytes);
        int src = AddressText.ipv4("10.0.2.2");
        int dst = AddressText.ipv4("203.0.113.7");
        System.arraycopy("ping".getBytes(), 0, bytes, 28, 4);
        Udp.emit4(b, 20, 40000, 53, 12, src, dst);
        Ipv4.emit(b, 0, 32, Protocols.UDP, src, dst);

        IpV4Packet packet = IpV4Packet.newPacket(bytes, 0, 32);
        assertThat(packet.getHeader().hasValidChecksum(false)).isTrue();
        UdpPacket udp = packet.get(UdpPacket.class);
        assertThat(
                        udp.hasValidChecksum(
                                packet.getHeader().getSrcAddr(),
                                packet.getHeader().getDstAddr(),
                                false))
                .isTrue();
        assertThat(udp.getHeader().getDstPort().valueAsInt()).isEqualTo(53);
        assertThat(packet.getHeader().getDstAddr().getHostAddress()).isEqualTo("203.0.113.7");
        assertThat(bytes[32]).as("nothing is written behind the packet").isEqualTo((byte) 0xa5);
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] whole = HexFormat.of().parseHex(DNS_QUERY);
        MemorySegment b = MemorySegment.ofArray(whole);
        assertThat(Ipv4.fits(b, 0, whole.length)).isTrue();
        for (int end = 0; end < whole.length; end++) {
            assertThat(Ipv4.fits(b, 0, end)).as("end=%d", end).isFalse();
        }
        for (int end = 0; end < Tcp.HEADER; end++) {
            assertThat(Tcp.fits(b, 0, end)).as("end=%d", end).isFalse();
        }
        for (int end = 0; end < Arp.LENGTH; end++) {
            assertThat(Arp.fits(b, 0, end)).as("end=%d", end).isFalse();
        }
    }

    @Test
    void ipv4RefusesLengthsThatContradictEachOther() {
        byte[] bytes = HexFormat.of().parseHex(DNS_QUERY);
        MemorySegment b = MemorySegment.ofArray(bytes);
        bytes[0] = 0x44; // header of 16 bytes
        assertThat(Ipv4.fits(b, 0, bytes.length)).isFalse();
        bytes[0] = 0x4f; // header of 60 bytes in a packet of 32
        assertThat(Ipv4.fits(b, 0, bytes.length)).isFalse();
        bytes[0] = 0x65; // version 6
        assertThat(Ipv4.fits(b, 0, bytes.length)).isFalse();
    }

    @Test
    void ttlAndAddressesKeepTheHeaderIntact() {
        byte[] bytes = new byte[20];
        MemorySegment b = MemorySegment.ofArray(bytes);
        Ipv4.emit(
                b, 0, 20, Protocols.UDP, AddressText.ipv4("10.0.2.2"), AddressText.ipv4("1.1.1.1"));
        Ipv4.rewriteSrc(b, 0, AddressText.ipv4("10.244.1.5"));
        Ipv4.rewriteDst(b, 0, AddressText.ipv4("255.255.0.1"));
        for (int i = 0; i < 63; i++) {
            Ipv4.forwardTo(b, 0, AddressText.ipv4("192.0.2." + i), 1);
            assertThat(Ipv4.isIntact(b, 0)).as("ttl=%d", Ipv4.ttl(b, 0)).isTrue();
        }
        assertThat(Ipv4.ttl(b, 0)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "::, ::",
        "::1, ::1",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "fe80::1, fe80::1",
        "1:0:0:2:0:0:0:3, 1:0:0:2::3",
        "1::, 1::",
        "64:ff9b::192.0.2.1, 64:ff9b::c000:201"
    })
    void ipv6IsWrittenAsRfc5952Says(String text, String canonical) {
        long[] address = AddressText.ipv6(text);
        assertThat(AddressText.ip(address[0], address[1])).isEqualTo(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "::1::",
                "12345::",
                "fe80::1%eth0",
                "::ffff:1.2.3.4",
                "g::",
                "10.0.2.1",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9"
            })
    void whatIsNoIpv6AddressIsRefused(String text) {
        assertThatThrownBy(() -> AddressText.ipv6(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("address=" + text);
    }

    @Test
    void familiesCannotMeetInOneForm() {
        long low = Ip.mapped(AddressText.ipv4("255.255.255.255"));
        assertThat(Ip.isMapped(0, low)).isTrue();
        assertThat(Ip.ipv4(low)).isEqualTo(-1);
        assertThat(Ip.isMapped(0, 1)).isFalse();
        assertThat(Ip.isMapped(1, low)).isFalse();
        assertThat(Ip.isLinkLocal6(AddressText.ipv6("febf::1")[0])).isTrue();
        assertThat(Ip.isLinkLocal6(AddressText.ipv6("fec0::1")[0])).isFalse();
        assertThat(Ip.isMulticast6(AddressText.ipv6("ff02::1")[0])).isTrue();
        assertThat(Ip.isMulticast6(AddressText.ipv6("fe02::1")[0])).isFalse();
    }

    @Test
    void gatewaysLinkLocalAddressIsThatOfItsMac() {
        long low = NeighborDiscovery.linkLocalLow(0x5254_0012_3456L);
        assertThat(AddressText.ip(NeighborDiscovery.LINK_LOCAL_HIGH, low))
                .isEqualTo("fe80::5054:ff:fe12:3456");
    }

    @Test
    void addressesAreReadAsPeopleWriteThem() {
        assertThat(AddressText.ipv4(AddressText.ipv4("10.10.010.0"))).isEqualTo("10.10.10.0");
        assertThat(AddressText.mac(AddressText.mac("02-00-00-AB-cd-0f")))
                .isEqualTo("02:00:00:ab:cd:0f");
        assertThatThrownBy(() -> AddressText.ipv4("10.0.2.256"))
                .hasMessage("IPv4 address must be four numbers 0-255: address=10.0.2.256");
        assertThatThrownBy(() -> AddressText.ipv4("localhost"))
                .hasMessageContaining("address=localhost");
        assertThatThrownBy(() -> AddressText.mac("02:00:00")).hasMessageContaining("mac=02:00:00");
    }
}
