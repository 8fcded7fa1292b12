package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.raw;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.nat.NatPolicy.Behaviour;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Protocols beside TCP, UDP and ICMP. */
class ProtocolsTest {
    private final Bench bench = new Bench(OpenPorts.listed());

    /** INIT with a right CRC32c (RFC 9260 A), by the JDK's implementation. */
    private static byte[] sctp(int srcPort, int dstPort, int chunk) {
        byte[] packet = new byte[32];
        MemorySegment b = MemorySegment.ofArray(packet);
        Bytes.put16(b, 0, srcPort);
        Bytes.put16(b, 2, dstPort);
        Bytes.put8(b, 12, chunk);
        Bytes.put16(b, 14, 20);
        CRC32C crc = new CRC32C();
        crc.update(packet);
        Bytes.put32(b, 8, Integer.reverseBytes((int) crc.getValue()));
        return packet;
    }

    private static boolean hasValidCrc(byte[] packet) {
        byte[] copy = packet.clone();
        Arrays.fill(copy, 8, 12, (byte) 0);
        CRC32C crc = new CRC32C();
        crc.update(copy);
        return Bytes.u32(MemorySegment.ofArray(packet), 8)
                == Integer.reverseBytes((int) crc.getValue());
    }

    private static byte[] body(Family family, byte[] frame, int length) {
        int at = 14 + family.ipHeader;
        return Arrays.copyOfRange(frame, at, at + length);
    }

    @ParameterizedTest
    @EnumSource
    void sctpIsUntouchedWhileItsPortIsKept(Family family) {
        byte[] init = sctp(5000, 3868, 1);
        byte[] left = one(raw(family.guest, family.web, Protocols.SCTP, init));
        assertThat(body(family, left, 32)).isEqualTo(init);
        byte[] answer =
                bench.fromOutside(raw(family.web, family.pod, Protocols.SCTP, sctp(3868, 5000, 2)))
                        .getFirst();
        assertThat(destination(family, answer)).isEqualTo(family.guest);
        assertThat(bench.nat.list(1, bench.on.nowNs()).getFirst().protocol())
                .isEqualTo(Protocols.SCTP);
    }

    @ParameterizedTest
    @EnumSource
    void sctpsCrcIsComputedAnewWhereThePortIsNotKept(Family family) {
        bench.pod.flows.add("132/5000 " + family.web + ":3868");
        byte[] left =
                body(
                        family,
                        one(raw(family.guest, family.web, Protocols.SCTP, sctp(5000, 3868, 1))),
                        32);
        int port = Bytes.u16(MemorySegment.ofArray(left), 0);
        assertThat(port).isNotEqualTo(5000);
        assertThat(hasValidCrc(left)).isTrue();
        byte[] answer =
                body(
                        family,
                        bench.fromOutside(
                                        raw(
                                                family.web,
                                                family.pod,
                                                Protocols.SCTP,
                                                sctp(3868, port, 2)))
                                .getFirst(),
                        32);
        assertThat(Bytes.u16(MemorySegment.ofArray(answer), 2)).isEqualTo(5000);
        assertThat(hasValidCrc(answer)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void sctpAssociationLivesAsATcpConnection(Family family) {
        one(raw(family.guest, family.web, Protocols.SCTP, sctp(5000, 3868, 1)));
        bench.fromOutside(raw(family.web, family.pod, Protocols.SCTP, sctp(3868, 5000, 2)));
        one(raw(family.guest, family.web, Protocols.SCTP, sctp(5000, 3868, 10)));
        bench.pass(7000);
        assertThat(bench.nat.sessionCount()).isOne();
        one(raw(family.guest, family.web, Protocols.SCTP, sctp(5000, 3868, 6))); // ABORT
        bench.pass(241);
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void udpLitesChecksumCoversAddressesAndIsRepaired(Family family) {
        byte[] lite = new byte[24];
        MemorySegment b = MemorySegment.ofArray(lite);
        Bytes.put16(b, 0, 4000);
        Bytes.put16(b, 2, 4001);
        Bytes.put16(b, 4, 8); // coverage: the header alone (RFC 3828 3.1)
        byte[] frame = raw(family.guest, family.web, Protocols.UDPLITE, lite);
        MemorySegment f = MemorySegment.ofArray(frame);
        int at = 14 + family.ipHeader;
        Bytes.put16(f, at + 6, ~Checksum.fold(sum(family, f, at)));
        byte[] left = one(frame);
        assertThat(Checksum.fold(sum(family, MemorySegment.ofArray(left), at))).isEqualTo(0xffff);
    }

    /** Pseudo-header with the whole length, then what is covered. */
    private static long sum(Family family, MemorySegment f, int at) {
        long pseudo =
                family.isIpv6()
                        ? Checksum.pseudo6(f, 14, Protocols.UDPLITE, 24)
                        : Checksum.pseudo4(Ipv4.src(f, 14), Ipv4.dst(f, 14), Protocols.UDPLITE, 24);
        return pseudo + Checksum.sum(f, at, 8);
    }

    @ParameterizedTest
    @CsvSource({"IPV4, 47", "IPV4, 50", "IPV4, 41", "IPV6, 47", "IPV6, 50", "IPV6, 4"})
    void protocolsWithoutPortsGoByAddressPair(Family family, int protocol) {
        byte[] payload = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        byte[] left = one(raw(family.guest, family.web, protocol, payload));
        assertThat(body(family, left, 12)).isEqualTo(payload);
        assertThat(bench.pod.others).as("the pod's device lets them come to us").isTrue();
        byte[] back = bench.fromOutside(raw(family.web, family.pod, protocol, payload)).getFirst();
        assertThat(destination(family, back)).isEqualTo(family.guest);
        bench.uplink.departed().clear();
        assertThat(bench.fromOutside(raw(family.other, family.pod, protocol, payload))).isEmpty();
        assertThat(bench.count(Verdict.HANDED_TO_POD)).as("another peer's").isOne();
        bench.pass(301);
        assertThat(bench.pod.others).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void protocolThatThePodUsesWithThisPeerIsNotTheGuests(Family family) {
        bench.pod.flows.add("47/0 " + family.web + ":0");
        assertThat(bench.fromGuest(raw(family.guest, family.web, Protocols.GRE, new byte[12])))
                .isEmpty();
        assertThat(bench.count(Verdict.DROP_PORTS_EXHAUSTED)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void otherProtocolsAreDroppedByPolicyAndAuthenticatedHeadersAlways(Family family) {
        Behaviour strict =
                new Behaviour(
                        Behaviour.DEFAULT.mapping(),
                        Behaviour.DEFAULT.filtering(),
                        Behaviour.DEFAULT.refresh(),
                        NatPolicy.OtherProtocols.DROP,
                        Behaviour.DEFAULT.linkLocal(),
                        0,
                        Behaviour.DEFAULT.midstream());
        Bench none = new Bench(NatPolicy.DEFAULT.with(strict));
        assertThat(none.fromGuest(raw(family.guest, family.web, Protocols.GRE, new byte[12])))
                .isEmpty();
        assertThat(none.count(Verdict.DROP_PROTOCOL)).isOne();
        assertThat(bench.fromGuest(raw(family.guest, family.web, 51, new byte[24]))).isEmpty();
        assertThat(bench.count(Verdict.DROP_PROTOCOL)).isOne();
    }

    private static String destination(Family family, byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return family.isIpv6()
                ? AddressText.ip(Ipv6.dstHigh(b, 14), Ipv6.dstLow(b, 14))
                : AddressText.ipv4(Ipv4.dst(b, 14));
    }

    private byte[] one(byte[] frame) {
        var left = bench.fromGuest(frame);
        assertThat(left).hasSize(1);
        return left.getFirst();
    }
}
