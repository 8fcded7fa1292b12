package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 4861 6.2, RFC 8106: what a guest is told without asking, and when it asks. */
class RouterAdvertiserTest {
    private static final String MESSAGE =
            "40c00708"
                    + "00000000"
                    + "00000000" // hop limit, M and O, lifetime; no timers
                    + "0101020000000000" // source link-layer address
                    + "05010000000005aa" // MTU 1450
                    + "0304788005250a8005250a8000000000" // prefix /120: on-link, not autonomous
                    + "fd100000000200000000000000000000"
                    + "1903000000000708"
                    + "fd00001000960000000000000000000a" // RDNSS
                    + "1f07000000000708" // DNSSL
                    + "0764656661756c740373766307636c7573746572056c6f63616c00"
                    + "07636c7573746572056c6f63616c00"
                    + "000000000000";
    private final ResponderBench bench = new ResponderBench();

    static byte[] solicitation(String src) {
        byte[] frame = new byte[62];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, 0x3333_0000_0002L, ResponderBench.GUEST_MAC);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, 14, 8, Protocols.ICMPV6, 255);
        long[] from = AddressText.ipv6(src);
        long[] to = AddressText.ipv6("ff02::2");
        Ipv6.src(b, 14, from[0], from[1]);
        Ipv6.dst(b, 14, to[0], to[1]);
        Icmpv6.emit(b, 54, Icmpv6.ROUTER_SOLICITATION, 0, 0);
        Icmpv6.checksumAnew(b, 14, 54, 8);
        return frame;
    }

    /** RFC 4861 6.1.1: who has no address yet gives no link-layer address. */
    @Test
    void solicitationFromNobodyWithALinkLayerAddressIsNotAnswered() {
        byte[] plain = solicitation("::");
        byte[] frame = Arrays.copyOf(plain, plain.length + 8);
        MemorySegment b = MemorySegment.ofArray(frame);
        Bytes.put16(b, 18, 16);
        Bytes.put8(b, 62, 1);
        Bytes.put8(b, 63, 1);
        Bytes.put48(b, 64, ResponderBench.GUEST_MAC);
        Icmpv6.checksumAnew(b, 14, 54, 16);
        assertThat(bench.send(frame)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isOne();
    }

    private static String destination(byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return AddressText.ip(Ipv6.dstHigh(b, 14), Ipv6.dstLow(b, 14));
    }

    private static boolean isAdvertisement(byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return Ethernet.type(b, 0) == Ethernet.IPV6 && Icmpv6.type(b, 54) == 134;
    }

    @Test
    void solicitationIsAnsweredWithAllThatAGuestNeeds() {
        byte[] answer = bench.send(solicitation("fe80::5054:ff:fe00:1")).getFirst();
        MemorySegment b = MemorySegment.ofArray(answer);
        assertThat(destination(answer)).isEqualTo("fe80::5054:ff:fe00:1");
        assertThat(AddressText.ip(Ipv6.srcHigh(b, 14), Ipv6.srcLow(b, 14)))
                .as("6.1.2: only a link-local source is believed")
                .isEqualTo("fe80::ff:fe00:0");
        assertThat(Ipv6.hopLimit(b, 14)).isEqualTo(255);
        assertThat(Icmpv6.isIntact(b, 14, 54, Ipv6.payloadLength(b, 14))).isTrue();
        assertThat(HexFormat.of().formatHex(answer, 58, answer.length)).isEqualTo(MESSAGE);
        assertThat(destination(bench.send(solicitation("::")).getFirst())).isEqualTo("ff02::1");
    }

    @Test
    void unsolicitedOnesComeThreeTimesAtFirstAndThenEveryTenMinutes() {
        assertThat(count(bench.pass(0))).isEqualTo(1);
        assertThat(count(bench.pass(14))).isZero();
        assertThat(count(bench.pass(40))).isEqualTo(2);
        assertThat(count(bench.pass(500))).isZero();
        assertThat(count(bench.pass(200))).isEqualTo(1);
        assertThat(count(bench.pass(1300))).isEqualTo(2);
    }

    private static int count(List<byte[]> frames) {
        return (int) frames.stream().filter(RouterAdvertiserTest::isAdvertisement).count();
    }

    @Test
    void gatewayIsAnnouncedThreeTimesAfterAnAttachmentAndOnRequest() {
        assertThat(announcements(bench.pass(5))).isEqualTo("AN AN AN");
        assertThat(announcements(bench.pass(5))).isEmpty();
        bench.worker.call(
                on -> {
                    bench.responders.announce();
                    return null;
                });
        assertThat(announcements(bench.pass(5))).isEqualTo("AN AN AN");
    }

    /** A for a gratuitous ARP, N for a Neighbor Advertisement to all; a blank between seconds. */
    private static String announcements(List<byte[]> frames) {
        StringBuilder text = new StringBuilder();
        for (byte[] frame : frames) {
            MemorySegment b = MemorySegment.ofArray(frame);
            boolean arp = Ethernet.type(b, 0) == Ethernet.ARP;
            if (arp && Arp.spa(b, 14) == Arp.tpa(b, 14)) {
                text.append(text.isEmpty() ? "A" : " A");
            } else if (!arp && Icmpv6.type(b, 54) == 136) {
                text.append("N");
            }
        }
        return text.toString();
    }
}
