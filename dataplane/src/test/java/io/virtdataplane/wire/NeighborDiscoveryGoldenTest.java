package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertBytes;
import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static io.virtdataplane.wire.Lab.HOST_LOW;
import static io.virtdataplane.wire.Lab.HOST_MAC;
import static io.virtdataplane.wire.Lab.L3;
import static io.virtdataplane.wire.Lab.NEAR_HIGH;
import static io.virtdataplane.wire.Lab.ROUTER_LOW;
import static io.virtdataplane.wire.Lab.ROUTER_MAC;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What IPv6's hosts and routers ask and say of each other's link-layer addresses. */
@GoldenBytes.Of(NeighborDiscovery.class)
class NeighborDiscoveryGoldenTest {
    private static final int AT = Lab.L4_OF_IPV6;
    private static final long ALL_NODES = 1;
    private static final int MESSAGE = NeighborDiscovery.WITH_LINK_LAYER;

    /** The host asks for the router, as Linux does before its first packet. */
    private static final String SOLICITATION =
            """
            3333ff000001 00005e005301 86dd
            60000000 0020 3a ff
            20010db8000000010000000000000002 ff0200000000000000000001ff000001
            87 00 6d25 00000000 20010db8000000010000000000000001
            01 01 00005e005301
            """;

    private static final String ADVERTISEMENT =
            """
            00005e005301 00005e00530a 86dd
            60000000 0020 3a ff
            20010db8000000010000000000000001 20010db8000000010000000000000002
            88 00 5b66 e0000000 20010db8000000010000000000000001
            02 01 00005e00530a
            """;

    /** The router says that its MAC address is another now (ndisc_notify). */
    private static final String UNSOLICITED =
            """
            333300000001 00005e00530c 86dd
            60000000 0020 3a ff
            20010db8000000010000000000000001 ff020000000000000000000000000001
            88 00 ca1c a0000000 20010db8000000010000000000000001
            02 01 00005e00530c
            """;

    /** To a neighbor that knows the MAC address, Linux does not say it again. */
    private static final String WITHOUT_OPTION =
            """
            00005e00530a 00005e005301 86dd
            60000000 0018 3a ff
            20010db8000000010000000000000002 fe8000000000000002005efffe00530a
            88 00 2ba9 40000000 20010db8000000010000000000000002
            """;

    private static final String ROUTER_SOLICITATION =
            """
            333300000002 00005e005301 86dd
            60000000 0010 3a ff
            fe8000000000000002005efffe005301 ff020000000000000000000000000002
            85 00 192b 00000000
            01 01 00005e005301
            """;

    @Test
    void solicitationIsRead() {
        MemorySegment b = GoldenBytes.of(SOLICITATION);
        assertThat(Icmpv6.type(b, AT)).isEqualTo(NeighborDiscovery.SOLICITATION);
        assertThat(NeighborDiscovery.targetHigh(b, AT)).isEqualTo(NEAR_HIGH);
        assertThat(NeighborDiscovery.targetLow(b, AT)).isEqualTo(ROUTER_LOW);
        assertThat(NeighborDiscovery.linkLayerAddress(b, AT, AT + MESSAGE)).isEqualTo(HOST_MAC);
        assertThat(Ipv6.hopLimit(b, L3)).isEqualTo(NeighborDiscovery.HOP_LIMIT);
        assertThat(Icmpv6.isIntact(b, L3, AT, MESSAGE)).isTrue();
    }

    @Test
    void solicitationIsBuilt() {
        long group = NeighborDiscovery.solicitedNodeLow(ROUTER_LOW);
        MemorySegment b = GoldenBytes.stale(SOLICITATION);
        Ethernet.addresses(b, 0, NeighborDiscovery.multicastMac(group), HOST_MAC);
        header(b, HOST_LOW, NeighborDiscovery.SOLICITED_NODE_HIGH, group);
        NeighborDiscovery.emitSolicitation(b, AT, NEAR_HIGH, ROUTER_LOW, HOST_MAC);
        Icmpv6.checksumAnew(b, L3, AT, MESSAGE);
        assertBytes(b, SOLICITATION);
    }

    @Test
    void advertisementIsRead() {
        MemorySegment b = GoldenBytes.of(ADVERTISEMENT);
        assertThat(Icmpv6.type(b, AT)).isEqualTo(NeighborDiscovery.ADVERTISEMENT);
        assertThat(NeighborDiscovery.targetHigh(b, AT)).isEqualTo(NEAR_HIGH);
        assertThat(NeighborDiscovery.targetLow(b, AT)).isEqualTo(ROUTER_LOW);
        assertThat(NeighborDiscovery.linkLayerAddress(b, AT, AT + MESSAGE)).isEqualTo(ROUTER_MAC);
        MemorySegment without = GoldenBytes.of(WITHOUT_OPTION);
        assertThat(NeighborDiscovery.targetLow(without, AT)).isEqualTo(HOST_LOW);
        assertThat(NeighborDiscovery.linkLayerAddress(without, AT, AT + 24))
                .isEqualTo(NeighborDiscovery.NO_ADDRESS);
    }

    @Test
    void advertisementsAreBuilt() {
        MemorySegment answer = GoldenBytes.stale(ADVERTISEMENT);
        Ethernet.addresses(answer, 0, HOST_MAC, ROUTER_MAC);
        header(answer, ROUTER_LOW, NEAR_HIGH, HOST_LOW);
        NeighborDiscovery.emitAdvertisement(answer, AT, true, NEAR_HIGH, ROUTER_LOW, ROUTER_MAC);
        Icmpv6.checksumAnew(answer, L3, AT, MESSAGE);
        assertBytes(answer, ADVERTISEMENT);

        long mac = 0x0000_5e00_530cL;
        MemorySegment toAll = GoldenBytes.stale(UNSOLICITED);
        Ethernet.addresses(toAll, 0, NeighborDiscovery.multicastMac(ALL_NODES), mac);
        header(toAll, ROUTER_LOW, NeighborDiscovery.SOLICITED_NODE_HIGH, ALL_NODES);
        NeighborDiscovery.emitAdvertisement(toAll, AT, false, NEAR_HIGH, ROUTER_LOW, mac);
        Icmpv6.checksumAnew(toAll, L3, AT, MESSAGE);
        assertBytes(toAll, UNSOLICITED);
    }

    private static void header(MemorySegment b, long srcLow, long dstHigh, long dstLow) {
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, L3, MESSAGE, Protocols.ICMPV6, NeighborDiscovery.HOP_LIMIT);
        Ipv6.src(b, L3, NEAR_HIGH, srcLow);
        Ipv6.dst(b, L3, dstHigh, dstLow);
    }

    @Test
    void linkLayerAddressesAreCompared() {
        assertLinkLayerIs(SOLICITATION, AT + 32, HOST_MAC);
        assertLinkLayerIs(ADVERTISEMENT, AT + 32, ROUTER_MAC);
        assertLinkLayerIs(ROUTER_SOLICITATION, AT + 16, HOST_MAC);
        MemorySegment without = GoldenBytes.of(WITHOUT_OPTION);
        assertThat(NeighborDiscovery.linkLayerIs(without, AT, AT + 24, ROUTER_MAC)).isTrue();
    }

    /** Said once it is another's, one way or the other, it is not this one. */
    private static void assertLinkLayerIs(String golden, int end, long mac) {
        MemorySegment b = GoldenBytes.of(golden);
        assertThat(NeighborDiscovery.linkLayerIs(b, AT, end, mac)).isTrue();
        assertThat(NeighborDiscovery.linkLayerIs(b, AT, end, mac ^ 1)).isFalse();
        Bytes.put8(b, end - 8, 3 - Bytes.u8(b, end - 8)); // source for target, target for source
        assertThat(NeighborDiscovery.linkLayerIs(b, AT, end, mac)).isTrue();
        assertThat(NeighborDiscovery.linkLayerIs(b, AT, end, mac ^ 1)).isFalse();
    }

    /** A message may end behind its target, or behind each whole option. */
    @Test
    void messageFitsBetweenItsOptionsOnly() {
        assertFitsFrom(AT + 24, WITHOUT_OPTION, (b, end) -> NeighborDiscovery.fits(b, AT, end));
        for (String golden : new String[] {SOLICITATION, ADVERTISEMENT, UNSOLICITED}) {
            assertFitsFrom(
                    AT + 32,
                    golden,
                    (b, end) -> {
                        boolean fits = NeighborDiscovery.fits(b, AT, end);
                        if (fits) {
                            assertThat(NeighborDiscovery.targetLow(b, AT)).isEqualTo(1);
                            NeighborDiscovery.linkLayerAddress(b, AT, end);
                        }
                        return fits && end != AT + 24;
                    });
        }
    }

    @Test
    void routerSolicitationFitsWithoutTarget() {
        assertFitsFrom(
                AT + 16,
                ROUTER_SOLICITATION,
                (b, end) -> {
                    boolean fits = NeighborDiscovery.fitsRouterSolicitation(b, AT, end);
                    assertThat(fits).isEqualTo(end == AT + 8 || end == AT + 16);
                    return fits && end != AT + 8;
                });
    }

    /** The comparison looks for itself whether the options fit. */
    @Test
    void comparisonIsSafeWithEveryTruncation() {
        assertFitsFrom(AT + 32, SOLICITATION, (b, end) -> isOfHost(b, end) && end != AT + 24);
        assertFitsFrom(AT + 16, ROUTER_SOLICITATION, (b, end) -> isOfHost(b, end) && end != AT + 8);
    }

    private static boolean isOfHost(MemorySegment b, int end) {
        return Icmpv6.fits(AT, end) && NeighborDiscovery.linkLayerIs(b, AT, end, HOST_MAC);
    }

    @Test
    void optionOfNoLengthDoesNotFit() {
        MemorySegment b = GoldenBytes.of(SOLICITATION);
        Bytes.put8(b, AT + 25, 0);
        assertThat(NeighborDiscovery.fits(b, AT, AT + 32)).isFalse();
        assertThat(NeighborDiscovery.linkLayerIs(b, AT, AT + 32, HOST_MAC)).isFalse();
        Bytes.put8(b, AT + 25, 2);
        assertThat(NeighborDiscovery.fits(b, AT, AT + 32)).as("beyond the end").isFalse();
    }

    @Test
    void addressesAreMadeOfOthers() {
        assertThat(NeighborDiscovery.LINK_LOCAL_HIGH).isEqualTo(0xfe80L << 48);
        assertThat(NeighborDiscovery.linkLocalLow(HOST_MAC)).isEqualTo(0x0200_5eff_fe00_5301L);
        long target = 0x0123_4567_89ab_cdefL;
        assertThat(NeighborDiscovery.solicitedNodeLow(target)).isEqualTo(0x0000_0001_ffab_cdefL);
        assertThat(NeighborDiscovery.multicastMac(target)).isEqualTo(0x3333_89ab_cdefL);
    }
}
