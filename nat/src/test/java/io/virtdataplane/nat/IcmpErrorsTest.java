package io.virtdataplane.nat;

import static io.virtdataplane.nat.Bench.GUEST;
import static io.virtdataplane.nat.Bench.POD;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IpV4Packet;

/**
 * RFC 5508 4: an error reaches whom the quoted packet belongs to, and quotes that packet as its
 * sender sent it.
 */
class IcmpErrorsTest {
    private static final String WEB = "203.0.113.7";
    private static final String ROUTER = "198.51.100.1";
    private static final int FRAGMENTATION_NEEDED = 4;
    private final Bench bench =
            new Bench(OpenPorts.listed().add(Protocols.TCP, 80).add(Protocols.UDP, 53));

    @ParameterizedTest
    @ValueSource(strings = {"udp", "tcp", "ping"})
    void errorAboutTheGuestsPacketReachesTheGuestWithThePacketAsItWas(String kind) {
        byte[] sent = sent(kind);
        bench.pod.flows.add("17/40000 203.0.113.7:53"); // so that the port changes too
        byte[] left = bench.fromGuest(sent).getFirst();
        byte[] error =
                bench.fromOutside(error(ROUTER, POD, 3, FRAGMENTATION_NEEDED, 1400, left, 28))
                        .getFirst();

        IpV4Packet ip = Packets.ipOf(error);
        assertThat(ip.getHeader().hasValidChecksum(false)).isTrue();
        assertThat(ip.getHeader().getSrcAddr().getHostAddress())
                .as("the router is seen")
                .isEqualTo(ROUTER);
        assertThat(ip.getHeader().getDstAddr().getHostAddress()).isEqualTo(GUEST);
        assertThat(ip.get(IcmpV4CommonPacket.class).hasValidChecksum(false)).isTrue();
        assertThat(Bytes.u16(MemorySegment.ofArray(error), 40)).as("next-hop MTU").isEqualTo(1400);
        byte[] quoted = Arrays.copyOfRange(error, 42, 42 + 28);
        byte[] original = Arrays.copyOfRange(sent, 14, 14 + 28);
        original[8]--; // one hop less to live when the router had it
        Bytes.put16(
                MemorySegment.ofArray(original),
                10,
                Bytes.u16(MemorySegment.ofArray(original), 10) + 0x100);
        assertThat(quoted).isEqualTo(original);
        assertThat(bench.nat.list(10, bench.on.nowNs()).getFirst().use().framesIn())
                .as("an error does not refresh")
                .isZero();
    }

    @Test
    void guestsErrorReachesTheClientAboutThePacketTheClientSent() {
        byte[] sent = Packets.udp(WEB, 5000, POD, 53);
        byte[] got = bench.fromOutside(sent).getFirst();
        byte[] error = bench.fromGuest(error(GUEST, WEB, 3, 3, 0, got, 28)).getFirst();
        IpV4Packet ip = Packets.ipOf(error);
        assertThat(ip.getHeader().getSrcAddr().getHostAddress()).isEqualTo(POD);
        assertThat(ip.get(IcmpV4CommonPacket.class).hasValidChecksum(false)).isTrue();
        MemorySegment b = MemorySegment.ofArray(error);
        assertThat(AddressText.ipv4(Ipv4.dst(b, 42))).isEqualTo(POD);
        assertThat(AddressText.ipv4(Ipv4.src(b, 42))).isEqualTo(WEB);
        assertThat(Bytes.u16(b, 42 + 26))
                .as("UDP checksum as the client sent it")
                .isEqualTo(Bytes.u16(MemorySegment.ofArray(sent), 40));
    }

    @Test
    void errorAboutNoSessionIsThePods() {
        byte[] stray = error(ROUTER, POD, 3, 1, 0, Packets.udp(POD, 999, WEB, 53), 28);
        bench.uplink.departed().clear();
        assertThat(bench.fromOutside(stray)).isEmpty();
        assertThat(bench.uplink.departed()).containsExactly(stray);
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isEqualTo(1);
    }

    @Test
    void guestCannotSendErrorsAboutWhatItDidNotGet() {
        assertThat(bench.fromGuest(error(GUEST, WEB, 3, 1, 0, Packets.udp(WEB, 1, GUEST, 2), 28)))
                .isEmpty();
        assertThat(
                        bench.fromGuest(
                                error(GUEST, WEB, 3, 1, 0, Packets.udp(WEB, 1, "10.9.9.9", 2), 28)))
                .isEmpty();
        assertThat(bench.count(Verdict.DROP_NO_SESSION)).isEqualTo(2);
    }

    @Test
    void truncatedQuotesWrongChecksumsAndErrorsAboutErrorsAreDropped() {
        byte[] left = bench.fromGuest(Packets.udp(GUEST, 40000, WEB, 53)).getFirst();
        for (int length = 0; length < 28; length++) {
            assertThat(bench.fromOutside(error(ROUTER, POD, 11, 0, 0, left, length)))
                    .as("length=%d", length)
                    .isEmpty();
        }
        byte[] corrupt = error(ROUTER, POD, 11, 0, 0, left, 28);
        corrupt[60] ^= 1;
        assertThat(bench.fromOutside(corrupt)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isEqualTo(29);
        byte[] inner = error(POD, WEB, 11, 0, 0, left, 28);
        assertThat(bench.fromOutside(error(ROUTER, POD, 11, 0, 0, inner, 28))).isEmpty();
        assertThat(bench.count(Verdict.DROP_ICMP_TYPE)).isEqualTo(1);
    }

    private static byte[] sent(String kind) {
        return switch (kind) {
            case "udp" -> Packets.udp(GUEST, 40000, WEB, 53);
            case "tcp" -> Packets.tcp(GUEST, 40001, WEB, 443, "S");
            default -> Packets.ping(GUEST, WEB, 9);
        };
    }

    /** An ICMP error that quotes the first {@code length} bytes of the packet in {@code about}. */
    private static byte[] error(
            String src, String dst, int type, int code, int mtu, byte[] about, int length) {
        byte[] frame = new byte[Math.max(60, 42 + length)];
        System.arraycopy(about, 0, frame, 0, 14);
        System.arraycopy(about, 14, frame, 42, length);
        MemorySegment b = MemorySegment.ofArray(frame);
        io.virtdataplane.wire.Ethernet.addresses(b, 0, 0x0200_0000_0000L, 0x5254_0000_0001L);
        Icmp.emit(b, 34, type, code, mtu, 8 + length);
        Ipv4.emit(b, 14, 28 + length, 1, AddressText.ipv4(src), AddressText.ipv4(dst));
        return frame;
    }
}
