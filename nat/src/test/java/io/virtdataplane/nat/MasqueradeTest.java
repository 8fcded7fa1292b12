package io.virtdataplane.nat;

import static io.virtdataplane.nat.Bench.GUEST;
import static io.virtdataplane.nat.Bench.POD;
import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.ping;
import static io.virtdataplane.nat.Packets.pong;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.namednumber.IcmpV4Type;

/**
 * Frames in, frames out, counters moved. Every departing frame's checksums are judged by pcap4j.
 */
class MasqueradeTest {
    private static final String WEB = "203.0.113.7";
    private final Bench bench = new Bench(OpenPorts.listed().add(Protocols.TCP, 80));

    @Test
    void guestLeavesBehindThePodsAddressWithItsPortKept() {
        assertThat(flow(one(bench.fromGuest(udp(GUEST, 40000, WEB, 53)))))
                .isEqualTo("10.244.1.5:40000 > 203.0.113.7:53");
        assertThat(flow(one(bench.fromOutside(udp(WEB, 53, POD, 40000)))))
                .isEqualTo("203.0.113.7:53 > 10.0.2.2:40000");
        assertThat(flow(one(bench.fromGuest(tcp(GUEST, 40000, WEB, 443, "S")))))
                .isEqualTo("10.244.1.5:40000 > 203.0.113.7:443");
        assertThat(flow(one(bench.fromOutside(tcp(WEB, 443, POD, 40000, "SA")))))
                .isEqualTo("203.0.113.7:443 > 10.0.2.2:40000");
        assertThat(flow(one(bench.fromGuest(ping(GUEST, WEB, 77)))))
                .isEqualTo("10.244.1.5:77 > 203.0.113.7:77");
        assertThat(flow(one(bench.fromOutside(pong(WEB, POD, 77)))))
                .isEqualTo("203.0.113.7:77 > 10.0.2.2:77");
        assertThat(bench.count(Verdict.FORWARDED)).isEqualTo(6);
        assertThat(bench.nat.sessionCount()).isEqualTo(3);
    }

    @Test
    void frameToTheGuestBearsGatewayAndGuestMac() {
        byte[] frame = one(bench.fromOutside(tcp(WEB, 5000, POD, 80, "S")));
        assertThat(Ethernet.dst(MemorySegment.ofArray(frame), 0)).isEqualTo(0x5254_0000_0001L);
        assertThat(Ethernet.src(MemorySegment.ofArray(frame), 0)).isEqualTo(0x0200_0000_0000L);
    }

    @Test
    void listedPortReachesTheGuestWithTheClientsSourceKept() {
        assertThat(flow(one(bench.fromOutside(tcp(WEB, 5000, POD, 80, "S")))))
                .isEqualTo("203.0.113.7:5000 > 10.0.2.2:80");
        assertThat(flow(one(bench.fromGuest(tcp(GUEST, 80, WEB, 5000, "SA")))))
                .isEqualTo("10.244.1.5:80 > 203.0.113.7:5000");
    }

    @Test
    void unlistedPortIsHandedToThePodUnchanged() {
        byte[] frame = tcp(WEB, 5000, POD, 81, "S");
        bench.uplink.departed().clear();
        assertThat(bench.fromOutside(frame)).isEmpty();
        assertThat(bench.uplink.departed()).hasSize(1);
        assertThat(bench.uplink.departed().getFirst()).isEqualTo(frame);
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isEqualTo(1);
    }

    @Test
    void udpOnAPortListedForTcpIsNotTheGuests() {
        assertThat(bench.fromOutside(udp(WEB, 5000, POD, 80))).isEmpty();
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isEqualTo(1);
    }

    @Test
    void policyDropIsSilent() {
        Bench silent =
                new Bench(OpenPorts.listed().add(Protocols.TCP, 80), UnlistedPolicy.DROP, 64);
        assertThat(silent.fromOutside(tcp(WEB, 5000, POD, 81, "S"))).isEmpty();
        assertThat(silent.uplink.departed()).isEmpty();
        assertThat(silent.count(Verdict.DROP_UNLISTED_PORT)).isEqualTo(1);
    }

    @Test
    void policyRejectAnswersWithResetOrPortUnreachable() {
        Bench strict =
                new Bench(OpenPorts.listed().add(Protocols.TCP, 80), UnlistedPolicy.REJECT, 64);
        strict.fromOutside(tcp(WEB, 5000, POD, 81, "S"));
        byte[] reset = one(strict.uplink.departed());
        assertThat(flow(reset)).isEqualTo("10.244.1.5:81 > 203.0.113.7:5000");
        TcpPacket.TcpHeader header = Packets.ipOf(reset).get(TcpPacket.class).getHeader();
        assertThat(header.getRst() && header.getAck()).isTrue();
        assertThat(header.getAcknowledgmentNumber())
                .as("RFC 9293 3.10.7.1: SEG.SEQ + SEG.LEN")
                .isEqualTo(1001);

        strict.uplink.departed().clear();
        strict.fromOutside(udp(WEB, 5000, POD, 81));
        IcmpV4CommonPacket icmp =
                Packets.ipOf(one(strict.uplink.departed())).get(IcmpV4CommonPacket.class);
        assertThat(icmp.hasValidChecksum(false)).isTrue();
        assertThat(icmp.getHeader().getType()).isEqualTo(IcmpV4Type.DESTINATION_UNREACHABLE);
        assertThat(strict.count(Verdict.REJECTED)).isEqualTo(2);
        strict.uplink.departed().clear();
        strict.fromOutside(tcp(WEB, 5000, POD, 81, "R"));
        assertThat(strict.uplink.departed()).as("a reset is never answered").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {49152, 49153})
    void reservedPortIsDroppedAlsoWhereAllPortsAreOpen(int port) {
        Bench open = new Bench(OpenPorts.all());
        assertThat(open.fromOutside(tcp(WEB, 5000, POD, port, "S"))).isEmpty();
        assertThat(open.uplink.departed()).isEmpty();
        assertThat(open.count(Verdict.DROP_RESERVED_PORT)).isEqualTo(1);
        assertThat(open.fromOutside(tcp(WEB, 5000, POD, port + 2, "S"))).hasSize(1);
    }

    @Test
    void guestMayUseAReservedNumberAsItsOwnSourcePort() {
        bench.fromGuest(udp(GUEST, 49152, WEB, 53));
        assertThat(bench.fromOutside(udp(WEB, 53, POD, 49152))).hasSize(1);
    }

    @Test
    void pingOfThePodIsTheGuestsOnlyWhereAllPortsAreOpen() {
        assertThat(bench.fromOutside(ping(WEB, POD, 5))).isEmpty();
        assertThat(bench.pod.ping).isFalse();
        Bench open = new Bench(OpenPorts.all());
        assertThat(flow(one(open.fromOutside(ping(WEB, POD, 5)))))
                .isEqualTo("203.0.113.7:5 > 10.0.2.2:5");
        assertThat(flow(one(open.fromGuest(pong(GUEST, WEB, 5)))))
                .isEqualTo("10.244.1.5:5 > 203.0.113.7:5");
        assertThat(open.pod.ping).isTrue();
    }

    @Test
    void unsolicitedAnswerOpensNoSession() {
        Bench open = new Bench(OpenPorts.all());
        assertThat(
                        open.fromOutside(
                                tcp(WEB, 443, POD, 40000, "SA"), tcp(WEB, 443, POD, 40000, "R")))
                .isEmpty();
        assertThat(open.count(Verdict.DROP_NO_SESSION)).isEqualTo(2);
        assertThat(open.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, DROP_MARTIAN", "224.0.0.1, DROP_MARTIAN", "255.255.255.255, DROP_MARTIAN",
                "0.0.0.1, DROP_MARTIAN", "240.0.0.1, DROP_MARTIAN",
        "169.254.169.254, FORWARDED", "169.254.20.10, FORWARDED", "10.0.2.2, DROP_OWN_SUBNET",
                "10.0.2.1, REJECTED", "10.244.1.5, REJECTED",
        "8.8.8.8, FORWARDED"
    })
    void destinationDecides(String destination, Verdict verdict) {
        bench.fromGuest(udp(GUEST, 1234, destination, 53));
        assertThat(bench.count(verdict)).isEqualTo(1);
    }

    @Test
    void foreignSourceNeverLeaves() {
        assertThat(
                        bench.fromGuest(
                                udp("10.0.2.3", 1234, WEB, 53),
                                udp("0.0.0.0", 68, WEB, 53),
                                udp(POD, 1, WEB, 53)))
                .isEmpty();
        assertThat(bench.count(Verdict.DROP_SPOOFED_ADDRESS)).isEqualTo(3);
    }

    @Test
    void timeToLiveIsOneLessAndTheLastHopIsDropped() {
        byte[] frame = udp(GUEST, 1234, WEB, 53);
        assertThat(Packets.ipOf(one(bench.fromGuest(frame))).getHeader().getTtlAsInt())
                .isEqualTo(63);
        byte[] dying = udp(GUEST, 1234, WEB, 53);
        dying[22] = 1;
        assertThat(bench.fromGuest(dying)).isEmpty();
        assertThat(bench.count(Verdict.DROP_TTL_EXPIRED)).isEqualTo(1);
    }

    @Test
    void portThatThePodsKernelUsesForThisDestinationIsNotTaken() {
        bench.pod.flows.add("17/40000 203.0.113.7:53");
        byte[] outside = one(bench.fromGuest(udp(GUEST, 40000, WEB, 53)));
        assertThat(flow(outside)).doesNotContain(":40000 >");
        int port = Integer.parseInt(flow(outside).split("[: ]")[1]);
        assertThat(flow(one(bench.fromOutside(udp(WEB, 53, POD, port)))))
                .isEqualTo("203.0.113.7:53 > 10.0.2.2:40000");
        assertThat(flow(one(bench.fromGuest(udp(GUEST, 40000, WEB, 5353)))))
                .as("endpoint-independent mapping")
                .startsWith("10.244.1.5:" + port);
    }

    @Test
    void lastSessionOfAPortGivesItBackToThePod() {
        bench.fromGuest(udp(GUEST, 40000, WEB, 53), udp(GUEST, 40000, WEB, 54));
        assertThat(bench.pod.steered)
                .contains("17/40000", "6/80", "6/49152", "17/49153")
                .doesNotContain("17/80");
        bench.pass(299);
        assertThat(bench.nat.sessionCount()).isEqualTo(2);
        bench.pass(2);
        assertThat(bench.nat.sessionCount()).isZero();
        assertThat(bench.pod.steered).doesNotContain("17/40000").contains("6/80");
    }

    @Test
    void closedConnectionGoesAfterFourMinutesAnOpenOneAfterTwoHours() {
        bench.fromGuest(tcp(GUEST, 1, WEB, 443, "S"), tcp(GUEST, 2, WEB, 443, "S"));
        bench.fromOutside(tcp(WEB, 443, POD, 1, "SA"), tcp(WEB, 443, POD, 2, "SA"));
        bench.fromGuest(tcp(GUEST, 1, WEB, 443, "A"), tcp(GUEST, 2, WEB, 443, "A"));
        bench.fromGuest(tcp(GUEST, 1, WEB, 443, "FA"));
        bench.fromOutside(tcp(WEB, 443, POD, 1, "FA"));
        assertThat(states()).containsExactlyInAnyOrder("CLOSED", "ESTABLISHED");
        bench.pass(241);
        assertThat(states()).containsExactly("ESTABLISHED");
        bench.pass(7440);
        assertThat(states()).isEmpty();
    }

    @Test
    void newSynOnAClosedConnectionOpensItAgain() {
        bench.fromGuest(tcp(GUEST, 1, WEB, 443, "S"));
        bench.fromOutside(tcp(WEB, 443, POD, 1, "RA"));
        assertThat(states()).containsExactly("RESET");
        bench.fromGuest(tcp(GUEST, 1, WEB, 443, "S"));
        bench.fromOutside(tcp(WEB, 443, POD, 1, "SA"));
        assertThat(states()).containsExactly("OPENING");
        bench.fromGuest(tcp(GUEST, 1, WEB, 443, "A"));
        assertThat(states()).containsExactly("ESTABLISHED");
    }

    @Test
    void fullTableGivesUpClosedSessionsFirstAndNeverAnEstablishedOne() {
        Bench small = new Bench(OpenPorts.listed(), UnlistedPolicy.POD, 4);
        for (int port = 1; port <= 3; port++) {
            small.fromGuest(tcp(GUEST, port, WEB, 443, "S"));
            small.fromOutside(tcp(WEB, 443, POD, port, "SA"));
            small.fromGuest(tcp(GUEST, port, WEB, 443, "A"));
        }
        small.fromGuest(udp(GUEST, 9, WEB, 53));
        assertThat(small.fromGuest(udp(GUEST, 10, WEB, 53)))
                .as("takes the place of the other UDP session")
                .hasSize(1);
        small.fromGuest(tcp(GUEST, 4, WEB, 443, "S"));
        small.fromOutside(tcp(WEB, 443, POD, 4, "SA"));
        small.fromGuest(tcp(GUEST, 4, WEB, 443, "A"));
        assertThat(small.fromGuest(udp(GUEST, 11, WEB, 53))).isEmpty();
        assertThat(small.count(Verdict.DROP_SESSION_LIMIT)).isEqualTo(1);
        assertThat(small.fromOutside(tcp(WEB, 443, POD, 1, "A"))).hasSize(1);
    }

    @Test
    void synFloodLeavesRoomForEverybodyElse() {
        Bench flooded = new Bench(OpenPorts.all(), UnlistedPolicy.POD, 64);
        flooded.fromGuest(tcp(GUEST, 1, WEB, 443, "S"));
        flooded.fromOutside(tcp(WEB, 443, POD, 1, "SA"));
        flooded.fromGuest(tcp(GUEST, 1, WEB, 443, "A"));
        for (int i = 0; i < 1000; i++) {
            flooded.fromOutside(tcp("198.51.100." + i % 250, 1000 + i, POD, 80, "S"));
            flooded.fromGuest(
                    tcp(
                            GUEST,
                            80,
                            "198.51.100." + i % 250,
                            1000 + i,
                            "SA")); // SYN cookies answer all
        }
        assertThat(flooded.fromOutside(tcp(WEB, 443, POD, 1, "A")))
                .as("the open connection goes on")
                .hasSize(1);
        assertThat(flooded.fromGuest(udp(GUEST, 9, WEB, 53))).as("a new one finds room").hasSize(1);
        assertThat(flooded.count(Verdict.DROP_SESSION_LIMIT)).isZero();
    }

    @Test
    void podsOwnTrafficOnAPortThatAGuestsSessionHoldsIsHandedBackWhateverItsKind() {
        bench.fromGuest(udp(GUEST, 5000, WEB, 53)); // now port 5000 is steered to us
        byte[] fragment = Packets.fragments(udp("198.51.100.9", 7, POD, 5000), 16, 1).getFirst();
        byte[] lastHop = udp("198.51.100.9", 7, POD, 5000);
        lastHop[22] = 1;
        assertThat(bench.fromOutside(fragment, lastHop)).isEmpty();
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void partialChecksumGetsTheAddressesChangeOnly(Family family) {
        bench.pod.flows.add("6/40000 " + family.web + ":443"); // the port changes too
        byte[] bytes = tcp(family.guest, 40000, family.web, 443, "A");
        MemorySegment sent = partial(family, bytes, bench.guest, bench.uplink);
        assertThat(Tcp.srcPort(sent, 14 + family.ipHeader)).isNotEqualTo(40000);
        assertThat(Tcp.checksum(sent, 14 + family.ipHeader))
                .as("the sum of the new pseudo-header, for the device to go on from")
                .isEqualTo(Checksum.fold(pseudo(family, sent)));

        byte[] inward = tcp(family.web, 5000, family.pod, 80, "S");
        MemorySegment got = partial(family, inward, bench.uplink, bench.guest);
        assertThat(Tcp.checksum(got, 14 + family.ipHeader))
                .isEqualTo(Checksum.fold(pseudo(family, got)));
    }

    /** What leaves when the frame arrives with its checksum left to a device. */
    private MemorySegment partial(Family family, byte[] bytes, PairPort from, PairPort to) {
        Frame frame = bench.pool.take();
        MemorySegment.copy(bytes, 0, frame.data, ValueLayout.JAVA_BYTE, frame.start, bytes.length);
        frame.length = bytes.length;
        int l4 = Ethernet.HEADER + family.ipHeader;
        MemorySegment b = MemorySegment.ofArray(bytes);
        Tcp.checksum(frame.data, frame.start + l4, Checksum.fold(pseudo(family, b)));
        VirtioNetHdr.partial(frame.data, frame.vnet(), l4, 16);
        to.departed().clear();
        bench.on.send(from, frame);
        return MemorySegment.ofArray(one(to.departed()));
    }

    private static long pseudo(Family family, MemorySegment b) {
        if (family.isIpv6()) {
            return Checksum.pseudo6(b, 14, Protocols.TCP, Ipv6.payloadLength(b, 14));
        }
        int length = Ipv4.totalLength(b, 14) - Ipv4.HEADER;
        return Checksum.pseudo4(Ipv4.src(b, 14), Ipv4.dst(b, 14), Protocols.TCP, length);
    }

    @Test
    void udpWithoutChecksumStaysWithout() {
        byte[] frame = udp(GUEST, 1234, WEB, 53);
        frame[40] = 0;
        frame[41] = 0;
        byte[] sent = one(bench.fromGuest(frame));
        assertThat(sent[40] | sent[41]).isZero();
    }

    private List<String> states() {
        return bench.nat.list(100, bench.on.nowNs()).stream().map(SessionView::state).toList();
    }

    private static byte[] one(List<byte[]> frames) {
        assertThat(frames).hasSize(1);
        return frames.getFirst();
    }
}
