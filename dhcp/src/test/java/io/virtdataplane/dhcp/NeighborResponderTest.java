package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Neighbor Discovery of the gateway, RFC 4861 and 4862, message by message. */
class NeighborResponderTest {
    private static final String GUEST = "fd10:0:2::2";
    private static final String GATEWAY = "fd10:0:2::1";
    private static final String GATEWAY_LINK_LOCAL = "fe80::ff:fe00:0";
    private static final String GUEST_LINK_LOCAL = "fe80::5054:ff:fe00:1";
    private final ResponderBench bench = new ResponderBench();

    static byte[] solicitation(String src, String dst, String target, boolean option) {
        int length = option ? NeighborDiscovery.WITH_LINK_LAYER : NeighborDiscovery.LENGTH;
        byte[] frame = new byte[54 + length];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, 0x3333_ff00_0001L, ResponderBench.GUEST_MAC);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, 14, length, Protocols.ICMPV6, 255);
        long[] from = AddressText.ipv6(src);
        long[] to = AddressText.ipv6(dst);
        long[] asked = AddressText.ipv6(target);
        Ipv6.src(b, 14, from[0], from[1]);
        Ipv6.dst(b, 14, to[0], to[1]);
        if (option) {
            NeighborDiscovery.emitSolicitation(b, 54, asked[0], asked[1], ResponderBench.GUEST_MAC);
        } else {
            Icmpv6.emit(b, 54, NeighborDiscovery.SOLICITATION, 0, 0);
            Bytes.put64(b, 62, asked[0]);
            Bytes.put64(b, 70, asked[1]);
        }
        Icmpv6.checksumAnew(b, 14, 54, length);
        return frame;
    }

    private static String src(byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return AddressText.ip(Ipv6.srcHigh(b, 14), Ipv6.srcLow(b, 14));
    }

    private static String dst(byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return AddressText.ip(Ipv6.dstHigh(b, 14), Ipv6.dstLow(b, 14));
    }

    @ParameterizedTest
    @CsvSource({
        GUEST + ", ff02::1:ff00:1, " + GATEWAY,
        GUEST + ", " + GATEWAY + ", " + GATEWAY,
        GUEST_LINK_LOCAL + ", ff02::1:ff00:1, " + GATEWAY,
        GUEST_LINK_LOCAL + ", ff02::1:ff00:0, " + GATEWAY_LINK_LOCAL
    })
    void gatewayIsAdvertisedAsARouterToWhoAsks(String from, String to, String target) {
        byte[] answer = bench.send(solicitation(from, to, target, true)).getFirst();
        MemorySegment b = MemorySegment.ofArray(answer);
        assertThat(src(answer)).isEqualTo(target);
        assertThat(dst(answer)).isEqualTo(from);
        assertThat(Ethernet.dst(b, 0)).isEqualTo(ResponderBench.GUEST_MAC);
        assertThat(Icmpv6.type(b, 54)).isEqualTo(NeighborDiscovery.ADVERTISEMENT);
        assertThat(Bytes.u32(b, 58)).as("router, solicited, override").isEqualTo(0xe000_0000);
        assertThat(Icmpv6.isIntact(b, 14, 54, 32)).isTrue();
        assertThat(Ipv6.hopLimit(b, 14)).isEqualTo(255);
        assertThat(NeighborDiscovery.linkLayerAddress(b, 54, 86)).isEqualTo(0x0200_0000_0000L);
    }

    @Test
    void guestsProbeForItsOwnAddressIsNotAnsweredAndOneForTheGatewaysIs() {
        assertThat(bench.send(solicitation("::", "ff02::1:ff00:2", GUEST, false))).isEmpty();
        assertThat(bench.count(Verdict.DROP_UNANSWERED)).isOne();
        byte[] answer = bench.send(solicitation("::", "ff02::1:ff00:1", GATEWAY, false)).getFirst();
        assertThat(dst(answer)).as("RFC 4861 7.2.4").isEqualTo("ff02::1");
        MemorySegment b = MemorySegment.ofArray(answer);
        assertThat(Bytes.u32(b, 58)).as("not solicited").isEqualTo(0xa000_0000);
        assertThat(Ethernet.dst(b, 0)).isEqualTo(0x3333_0000_0001L);
    }

    @Test
    void forwardedForgedAndDamagedMessagesAreNotBelieved() {
        byte[] forwarded = solicitation(GUEST, GATEWAY, GATEWAY, true);
        forwarded[21] = (byte) 254;
        byte[] damaged = solicitation(GUEST, GATEWAY, GATEWAY, true);
        damaged[60] ^= 1;
        byte[] endless = solicitation(GUEST, GATEWAY, GATEWAY, true);
        endless[79] = 0;
        Icmpv6.checksumAnew(MemorySegment.ofArray(endless), 14, 54, 32);
        assertThat(bench.send(forwarded)).isEmpty();
        assertThat(bench.send(damaged)).isEmpty();
        assertThat(bench.send(endless)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isEqualTo(3);
        byte[] forged = solicitation(GUEST, GATEWAY, GATEWAY, true);
        forged[85] ^= 1; // another link-layer address than the frame's
        Icmpv6.checksumAnew(MemorySegment.ofArray(forged), 14, 54, 32);
        assertThat(bench.send(forged)).isEmpty();
        assertThat(bench.count(Verdict.DROP_SPOOFED_MAC)).isOne();
    }

    /** RFC 4861 7.1.1, rule by rule: each is the only one that the message breaks. */
    @ParameterizedTest
    @CsvSource({
        "a probe gives no link-layer address, ::, ff02::1:ff00:1, " + GATEWAY + ", true",
        "a probe goes to a solicited-node group, ::, " + GATEWAY + ", " + GATEWAY + ", false",
        "not to all nodes, ::, ff02::1, " + GATEWAY + ", false",
        "nor to a group that only looks like one, ::, ff02::2:ff00:1, " + GATEWAY + ", false",
        "the target is one station's, " + GUEST + ", " + GATEWAY + ", ff02::1, true"
    })
    void solicitationThatBreaksARuleIsNotAnswered(
            String rule, String from, String to, String target, boolean option) {
        assertThat(bench.send(solicitation(from, to, target, option))).as(rule).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).as(rule).isOne();
    }

    /** RFC 4861 7.1.2, rule by rule; a valid one is not for the gateway to answer. */
    @ParameterizedTest
    @CsvSource({
        "valid, " + GATEWAY + ", " + GUEST + ", true, 255, DROP_UNANSWERED",
        "valid to all nodes, ff02::1, " + GUEST + ", false, 255, DROP_UNANSWERED",
        "what goes to a group answers nobody, ff02::1, " + GUEST + ", true, 255, DROP_MALFORMED",
        "the target is one station's, " + GATEWAY + ", ff02::1, true, 255, DROP_MALFORMED",
        "no router has forwarded it, " + GATEWAY + ", " + GUEST + ", true, 254, DROP_MALFORMED"
    })
    void advertisementThatBreaksARuleIsNamed(
            String rule, String to, String target, boolean solicited, int hops, Verdict verdict) {
        byte[] frame = solicitation(GUEST, to, target, true);
        MemorySegment b = MemorySegment.ofArray(frame);
        Bytes.put8(b, 21, hops);
        Bytes.put8(b, 54, NeighborDiscovery.ADVERTISEMENT);
        Bytes.put32(b, 58, solicited ? 0x6000_0000 : 0x2000_0000);
        Icmpv6.checksumAnew(b, 14, 54, 32);
        assertThat(bench.send(frame)).as(rule).isEmpty();
        assertThat(bench.count(verdict)).as(rule).isOne();
    }

    /** RFC 6980 5: also where the fragment is the whole message. */
    @Test
    void messageWithAFragmentHeaderIsNotBelieved() {
        byte[] plain = solicitation(GUEST, GATEWAY, GATEWAY, true);
        byte[] atomic = new byte[plain.length + 8];
        System.arraycopy(plain, 0, atomic, 0, 54);
        System.arraycopy(plain, 54, atomic, 62, plain.length - 54);
        MemorySegment b = MemorySegment.ofArray(atomic);
        Bytes.put8(b, 20, Protocols.FRAGMENT);
        Bytes.put16(b, 18, plain.length - 54 + 8);
        Bytes.put8(b, 54, Protocols.ICMPV6);
        assertThat(bench.send(atomic)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isOne();
        assertThat(bench.send(plain)).as("without it").hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({GUEST + ", " + GATEWAY, GUEST_LINK_LOCAL + ", " + GATEWAY_LINK_LOCAL})
    void gatewayAnswersPings(String from, String to) {
        byte[] frame = new byte[54 + 16];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, 0x0200_0000_0000L, ResponderBench.GUEST_MAC);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, 14, 16, Protocols.ICMPV6, 64);
        long[] src = AddressText.ipv6(from);
        long[] dst = AddressText.ipv6(to);
        Ipv6.src(b, 14, src[0], src[1]);
        Ipv6.dst(b, 14, dst[0], dst[1]);
        Icmpv6.emit(b, 54, Icmpv6.ECHO_REQUEST, 0, 0x0007_0001);
        Icmpv6.checksumAnew(b, 14, 54, 16);
        byte[] answer = bench.send(frame).getFirst();
        MemorySegment a = MemorySegment.ofArray(answer);
        assertThat(src(answer)).isEqualTo(to);
        assertThat(dst(answer)).isEqualTo(from);
        assertThat(Icmpv6.type(a, 54)).isEqualTo(Icmpv6.ECHO_REPLY);
        assertThat(Icmpv6.identifier(a, 54)).isEqualTo(7);
        assertThat(Icmpv6.isIntact(a, 14, 54, 16)).isTrue();
    }

    @Test
    void floodOfSolicitationsIsAnsweredSoManyASecond() {
        int answers = 0;
        for (int i = 0; i < 5000; i++) {
            answers += bench.send(solicitation(GUEST, GATEWAY, GATEWAY, true)).size();
        }
        assertThat(answers).isEqualTo(1000);
        assertThat(bench.count(Verdict.DROP_RATE_LIMITED)).isEqualTo(4000);
    }
}
