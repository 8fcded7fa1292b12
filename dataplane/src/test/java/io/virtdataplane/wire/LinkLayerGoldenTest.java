package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.FAR_MAC;
import static io.virtdataplane.wire.Lab.HOST;
import static io.virtdataplane.wire.Lab.HOST_MAC;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.ROUTER;
import static io.virtdataplane.wire.Lab.ROUTER_MAC;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Frames' headers, tags, and what stations ask of each other's addresses. */
@GoldenBytes.Of({Ethernet.class, Vlan.class, Arp.class, Announcement.class})
class LinkLayerGoldenTest {
    /** The host asks for the router, as Linux does before its first packet. */
    private static final String ARP_REQUEST =
            """
            ffffffffffff 00005e005301 0806
            0001 0800 06 04 0001
            00005e005301 c0000202 000000000000 c0000201
            """;

    private static final String ARP_REPLY =
            """
            00005e005301 00005e00530a 0806
            0001 0800 06 04 0002
            00005e00530a c0000201 00005e005301 c0000202
            """;

    /** Sent to a tap by QEMU 7.2 at its monitor's announce_self. */
    private static final String RARP_ANNOUNCEMENT =
            """
            ffffffffffff 525400123456 8035
            0001 0800 06 04 0003
            525400123456 00000000 525400123456 00000000
            000000000000000000000000000000000000
            """;

    /** As arping -U of iputils sends it, by hand after RFC 5227 3. */
    private static final String GRATUITOUS_ARP =
            """
            ffffffffffff 525400123456 0806
            0001 0800 06 04 0001
            525400123456 c0000202 000000000000 c0000202
            000000000000000000000000000000000000
            """;

    /** By hand after RFC 4861 4.4 and 7.2.6: Override alone, to all nodes. */
    private static final String UNSOLICITED_ADVERTISEMENT =
            """
            333300000001 525400123456 86dd
            60000000 0020 3a ff 20010db8000000000000000000000007 ff020000000000000000000000000001
            88 00 7463 20000000 20010db8000000000000000000000007 02 01 525400123456
            """;

    /** By hand after IEEE 802.1Q 9.6 and 9.7, as tshark 4.0 reads it: PRI 5, DEI 0, ID 100. */
    private static final String TAGGED =
            """
            00005e005302 00005e00530b 8100 a064 0800
            4500 0020 6ace 4000 40 11 e3c6 c0000202 c6336402
            9c40 0009 000c 9883 70696e67
            """;

    /** The same in a service tag: PRI 3, DEI 1, ID 200. */
    private static final String TAGGED_TWICE =
            """
            00005e005302 00005e00530b 88a8 70c8 8100 a064 0800
            4500 0020 6ace 4000 40 11 e3c6 c0000202 c6336402
            9c40 0009 000c 9883 70696e67
            """;

    @Test
    void ethernetIsRead() {
        MemorySegment b = GoldenBytes.of(ARP_REPLY);
        assertThat(Ethernet.dst(b, 0)).isEqualTo(HOST_MAC);
        assertThat(Ethernet.src(b, 0)).isEqualTo(ROUTER_MAC);
        assertThat(Ethernet.type(b, 0)).isEqualTo(Ethernet.ARP);
        assertThat(Ethernet.isGroup(Ethernet.dst(b, 0))).isFalse();
        long toAll = Ethernet.dst(GoldenBytes.of(ARP_REQUEST), 0);
        assertThat(toAll).isEqualTo(Ethernet.BROADCAST);
        assertThat(Ethernet.isGroup(toAll)).isTrue();
        assertThat(Ethernet.isGroup(0x3333_0000_0001L)).isTrue(); // RFC 2464 7
        assertThat(Ethernet.isGroup(0xfeff_ffff_ffffL)).isFalse();
    }

    @Test
    void ethernetFitsFromFourteenBytesOn() {
        assertFitsFrom(
                Ethernet.HEADER,
                ARP_REQUEST,
                (b, end) -> {
                    boolean fits = Ethernet.fits(0, end);
                    if (fits) {
                        assertThat(Ethernet.dst(b, 0)).isEqualTo(Ethernet.BROADCAST);
                        assertThat(Ethernet.src(b, 0)).isEqualTo(HOST_MAC);
                        assertThat(Ethernet.type(b, 0)).isEqualTo(Ethernet.ARP);
                    }
                    return fits;
                });
    }

    @Test
    void arpRequestIsReadAndBuilt() {
        MemorySegment b = GoldenBytes.of(ARP_REQUEST);
        assertThat(Arp.op(b, L3)).isEqualTo(Arp.REQUEST);
        assertThat(Arp.sha(b, L3)).isEqualTo(HOST_MAC);
        assertThat(Arp.spa(b, L3)).isEqualTo(HOST);
        assertThat(Arp.tpa(b, L3)).isEqualTo(ROUTER);

        MemorySegment built = GoldenBytes.stale(ARP_REQUEST);
        Ethernet.addresses(built, 0, Ethernet.BROADCAST, HOST_MAC);
        Ethernet.type(built, 0, Ethernet.ARP);
        Arp.emit(built, L3, Arp.REQUEST, HOST_MAC, HOST, 0, ROUTER);
        assertBytes(built, ARP_REQUEST);
    }

    @Test
    void arpReplyIsReadAndBuilt() {
        MemorySegment b = GoldenBytes.of(ARP_REPLY);
        assertThat(Arp.op(b, L3)).isEqualTo(Arp.REPLY);
        assertThat(Arp.sha(b, L3)).isEqualTo(ROUTER_MAC);
        assertThat(Arp.spa(b, L3)).isEqualTo(ROUTER);
        assertThat(Arp.tpa(b, L3)).isEqualTo(HOST);

        MemorySegment built = GoldenBytes.stale(ARP_REPLY);
        Ethernet.addresses(built, 0, HOST_MAC, ROUTER_MAC);
        Ethernet.type(built, 0, Ethernet.ARP);
        Arp.emit(built, L3, Arp.REPLY, ROUTER_MAC, ROUTER, HOST_MAC, HOST);
        assertBytes(built, ARP_REPLY);
    }

    @Test
    void arpFitsWhenWhole() {
        assertFitsFrom(
                L3 + Arp.LENGTH,
                ARP_REPLY,
                (b, end) -> {
                    boolean fits = Arp.fits(b, L3, end);
                    if (fits) {
                        assertThat(Arp.tpa(b, L3)).isEqualTo(HOST);
                    }
                    return fits;
                });
    }

    @Test
    void arpOfOtherKindsOfAddressesDoesNotFit() {
        for (int at = L3; at < L3 + 6; at++) { // ar$hrd, ar$pro, ar$hln, ar$pln
            MemorySegment b = GoldenBytes.of(ARP_REPLY);
            Bytes.put8(b, at, Bytes.u8(b, at) ^ 1);
            assertThat(Arp.fits(b, L3, L3 + Arp.LENGTH)).as("at=%d", at).isFalse();
        }
    }

    @Test
    void announcementIsThatOfQemu() {
        byte[] frame = Announcement.reverse(0x5254_0012_3456L);
        assertBytes(MemorySegment.ofArray(frame), RARP_ANNOUNCEMENT);
        MemorySegment b = GoldenBytes.of(RARP_ANNOUNCEMENT);
        assertThat(Ethernet.type(b, 0)).isEqualTo(Ethernet.RARP);
        assertThat(Arp.sha(b, L3)).isEqualTo(0x5254_0012_3456L);
    }

    @Test
    void addressesAreAnnouncedByTheirFamilies() {
        long mac = 0x5254_0012_3456L;
        assertBytes(MemorySegment.ofArray(Announcement.ofIpv4(mac, 0xc000_0202)), GRATUITOUS_ARP);
        assertBytes(
                MemorySegment.ofArray(Announcement.ofIpv6(mac, 0x2001_0db8_0000_0000L, 7)),
                UNSOLICITED_ADVERTISEMENT);
    }

    @Test
    void announcementInVlanHasItsTagInFrontOfItsType() {
        byte[] tagged = Announcement.tagged(Announcement.reverse(0x5254_0012_3456L), 100);
        MemorySegment b = MemorySegment.ofArray(tagged);
        assertThat(tagged).hasSize(64);
        assertThat(Ethernet.src(b, 0)).isEqualTo(0x5254_0012_3456L);
        assertThat(Ethernet.type(b, 0)).isEqualTo(Ethernet.DOT1Q);
        assertThat(Vlan.vid(b, 12)).isEqualTo(100);
        assertThat(Vlan.innerType(b, 12)).isEqualTo(Ethernet.RARP);
    }

    @Test
    void tagIsRead() {
        MemorySegment b = GoldenBytes.of(TAGGED);
        assertThat(Ethernet.type(b, 0)).isEqualTo(Ethernet.DOT1Q);
        assertThat(Vlan.vid(b, 12)).isEqualTo(100);
        assertThat(Vlan.pcp(b, 12)).isEqualTo(5);
        assertThat(Vlan.innerType(b, 12)).isEqualTo(Ethernet.IPV4);
        assertThat(Ipv4.src(b, L3 + Vlan.TAG)).isEqualTo(HOST);
    }

    @Test
    void tagsStandOneBehindTheOther() {
        MemorySegment b = GoldenBytes.of(TAGGED_TWICE);
        assertThat(Ethernet.dst(b, 0)).isEqualTo(FAR_MAC);
        assertThat(Ethernet.type(b, 0)).isEqualTo(Ethernet.DOT1AD);
        assertThat(Vlan.vid(b, 12)).as("without DEI and PCP").isEqualTo(200);
        assertThat(Vlan.pcp(b, 12)).isEqualTo(3);
        assertThat(Vlan.innerType(b, 12)).isEqualTo(Ethernet.DOT1Q);
        assertThat(Vlan.vid(b, 12 + Vlan.TAG)).isEqualTo(100);
        assertThat(Vlan.innerType(b, 12 + Vlan.TAG)).isEqualTo(Ethernet.IPV4);
    }

    @Test
    void tagFitsWithTheTypeBehindIt() {
        assertFitsFrom(18, TAGGED, (b, end) -> tagFits(b, 12, end));
        assertFitsFrom(22, TAGGED_TWICE, (b, end) -> tagFits(b, 16, end));
    }

    private static boolean tagFits(MemorySegment b, int at, int end) {
        boolean fits = Vlan.fits(at, end);
        if (fits) {
            assertThat(Vlan.vid(b, at)).isEqualTo(100);
            assertThat(Vlan.pcp(b, at)).isEqualTo(5);
            assertThat(Vlan.innerType(b, at)).isEqualTo(Ethernet.IPV4);
        }
        return fits;
    }
}
