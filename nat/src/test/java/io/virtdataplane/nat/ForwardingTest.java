package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.reassemble;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.nat.NatPolicy.Behaviour;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.TcpPort;

/** What every router does: hops, MTU (RFC 1191, RFC 8201), maximum segment size. */
class ForwardingTest {
    private static final int DONT_FRAGMENT = 0x40;
    private static final NatPolicy LISTED =
            NatPolicy.DEFAULT.with(
                    new NatPolicy.Ports(OpenPorts.listed(), UnlistedPolicy.POD, true));

    private static byte[] large(Family family, boolean mayBeSplit) {
        byte[] frame = udp(family.guest, 40000, family.web, 9999, new byte[1400]);
        if (!family.isIpv6()) {
            setFlags(frame, mayBeSplit ? 0 : DONT_FRAGMENT);
        }
        return frame;
    }

    private static void setFlags(byte[] frame, int flags) {
        frame[20] = (byte) flags;
        io.virtdataplane.wire.Ipv4.checksumAnew(MemorySegment.ofArray(frame), 14);
    }

    @ParameterizedTest
    @EnumSource
    void lastHopIsAnsweredByTheGatewayInsideAndByThePodOutside(Family family) {
        Bench bench = new Bench(OpenPorts.all());
        byte[] dying = Packets.ip(family.guest, family.web, IpNumber.UDP, 1, body(family));
        bench.guest.departed().clear();
        assertThat(bench.fromGuest(dying)).isEmpty();
        String exceeded = family.isIpv6() ? " 3/0 0" : " 11/0 0";
        assertThat(IcmpPackets.describe(family, bench.guest.departed().getFirst()))
                .isEqualTo(family.gateway + " > " + family.guest + exceeded);
        bench.uplink.departed().clear();
        bench.fromOutside(Packets.ip(family.web, family.pod, IpNumber.UDP, 1, bodyFrom(family)));
        assertThat(IcmpPackets.describe(family, bench.uplink.departed().getFirst()))
                .isEqualTo(family.pod + " > " + family.web + exceeded);
        assertThat(bench.count(Verdict.DROP_TTL_EXPIRED)).isEqualTo(2);
        assertThat(bench.nat.sessionCount()).as("and opens nothing").isZero();
    }

    private static org.pcap4j.packet.AbstractPacket.AbstractBuilder body(Family family) {
        return Packets.ethernetOf(udp(family.guest, 40000, family.web, 53))
                .get(org.pcap4j.packet.UdpPacket.class)
                .getBuilder();
    }

    private static org.pcap4j.packet.AbstractPacket.AbstractBuilder bodyFrom(Family family) {
        return Packets.ethernetOf(udp(family.web, 53, family.pod, 40000))
                .get(org.pcap4j.packet.UdpPacket.class)
                .getBuilder();
    }

    @ParameterizedTest
    @EnumSource
    void errorsAreLimitedInRate(Family family) {
        Bench bench = new Bench(OpenPorts.all());
        bench.guest.departed().clear();
        byte[] dying = Packets.ip(family.guest, family.web, IpNumber.UDP, 1, body(family));
        for (int i = 0; i < 1000; i++) {
            bench.fromGuest(dying);
        }
        assertThat(bench.guest.departed()).hasSize(200);
        assertThat(bench.count(Verdict.DROP_TTL_EXPIRED)).isEqualTo(1000);
    }

    @ParameterizedTest
    @EnumSource
    void tooLongForTheOtherSideIsToldItsMtu(Family family) {
        Bench narrowUplink = new Bench(NatPolicy.DEFAULT, 1400, 1500);
        narrowUplink.guest.departed().clear();
        assertThat(narrowUplink.fromGuest(large(family, false))).isEmpty();
        assertThat(IcmpPackets.describe(family, narrowUplink.guest.departed().getFirst()))
                .isEqualTo(
                        family.gateway
                                + " > "
                                + family.guest
                                + (family.isIpv6() ? " 2/0 1400" : " 3/4 1400"));
        Bench narrowGuest = new Bench(NatPolicy.DEFAULT, 1500, 1300);
        byte[] inward = udp(family.web, 53, family.pod, 40000, new byte[1400]);
        if (!family.isIpv6()) {
            setFlags(inward, DONT_FRAGMENT);
        }
        narrowGuest.uplink.departed().clear();
        assertThat(narrowGuest.fromOutside(inward)).isEmpty();
        assertThat(IcmpPackets.describe(family, narrowGuest.uplink.departed().getFirst()))
                .isEqualTo(
                        family.pod
                                + " > "
                                + family.web
                                + (family.isIpv6() ? " 2/0 1300" : " 3/4 1300"));
        assertThat(narrowGuest.count(Verdict.DROP_TOO_BIG)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"1400", "1300", "576", "68"})
    void ipv4ThatMayBeFragmentedIs(int mtu) {
        Bench bench = new Bench(NatPolicy.DEFAULT, mtu, 1500);
        List<byte[]> left = bench.fromGuest(large(Family.IPV4, true));
        assertThat(left).hasSizeGreaterThan(1);
        assertThat(left)
                .allSatisfy(frame -> assertThat(frame.length).isLessThanOrEqualTo(mtu + 14));
        assertThat(flow(reassemble(left)))
                .isEqualTo(Family.IPV4.outward(40000, Family.IPV4.web, 9999));
        assertThat(bench.count(Verdict.FORWARDED)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void fragmentsOfAPartialChecksumAreCompletedFirst(boolean partial) {
        Bench bench = new Bench(NatPolicy.DEFAULT, 1000, 1500);
        byte[] bytes = large(Family.IPV4, true);
        Frame frame = bench.pool.take();
        MemorySegment.copy(bytes, 0, frame.data, ValueLayout.JAVA_BYTE, frame.start, bytes.length);
        frame.length = bytes.length;
        VirtioNetHdr.clear(frame.data, frame.vnet());
        if (partial) {
            int l4 = frame.start + 34;
            long pseudo =
                    io.virtdataplane.wire.Checksum.pseudo4(
                            io.virtdataplane.wire.Ipv4.src(frame.data, frame.start + 14),
                            io.virtdataplane.wire.Ipv4.dst(frame.data, frame.start + 14),
                            17,
                            1408);
            Bytes.put16(frame.data, l4 + 6, io.virtdataplane.wire.Checksum.fold(pseudo));
            VirtioNetHdr.partial(frame.data, frame.vnet(), 34, 6);
        }
        bench.uplink.departed().clear();
        bench.on.send(bench.guest, frame);
        assertThat(flow(reassemble(bench.uplink.departed())))
                .isEqualTo(Family.IPV4.outward(40000, Family.IPV4.web, 9999));
    }

    @ParameterizedTest
    @EnumSource
    void gsoFrameCrossesWholeWhereItsSegmentsFitAndIsRefusedWhereNot(Family family) {
        for (int segment : new int[] {1300, 1448}) {
            Bench bench = new Bench(NatPolicy.DEFAULT, 1400, 1500);
            byte[] bytes = tcp(family.guest, 40000, family.web, 443, "A");
            int headers = 14 + family.ipHeader + 20;
            int payload = 60_000;
            Frame frame = bench.pool.take();
            MemorySegment.copy(bytes, 0, frame.data, ValueLayout.JAVA_BYTE, frame.start, headers);
            frame.length = headers + payload;
            if (family.isIpv6()) {
                Bytes.put16(frame.data, frame.start + 18, 20 + payload);
            } else {
                Bytes.put16(frame.data, frame.start + 16, 40 + payload);
            }
            VirtioNetHdr.partial(frame.data, frame.vnet(), 14 + family.ipHeader, 16);
            VirtioNetHdr.gso(frame.data, frame.vnet(), family.isIpv6() ? 4 : 1, segment);
            bench.uplink.departed().clear();
            bench.on.send(bench.guest, frame);
            if (segment == 1300) {
                assertThat(bench.uplink.departed()).hasSize(1);
                assertThat(bench.uplink.departed().getFirst()).hasSize(headers + payload);
                assertThat(bench.nic.counters.gsoFrames).isOne();
            } else {
                assertThat(bench.uplink.departed()).isEmpty();
                assertThat(bench.count(Verdict.DROP_TOO_BIG)).isOne();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "IPV4, 1400, 1500, 0, 1460, 1360", "IPV6, 1400, 1500, 0, 1440, 1340",
        "IPV4, 1500, 1400, 0, 1460, 1360", "IPV6, 1500, 1500, 1200, 1440, 1200",
        "IPV4, 1500, 1500, 0, 1000, 1000", "IPV4, 1500, 1500, 1300, 1200, 1200"
    })
    void maximumSegmentSizeIsLoweredInBothDirections(
            Family family, int uplinkMtu, int guestMtu, int configured, int offered, int expected) {
        Behaviour behaviour =
                new Behaviour(
                        Behaviour.DEFAULT.mapping(),
                        Behaviour.DEFAULT.filtering(),
                        Behaviour.DEFAULT.refresh(),
                        Behaviour.DEFAULT.otherProtocols(),
                        Behaviour.DEFAULT.linkLocal(),
                        configured,
                        Behaviour.DEFAULT.midstream());
        Bench bench = new Bench(NatPolicy.DEFAULT.with(behaviour), uplinkMtu, guestMtu);
        byte[] out = bench.fromGuest(syn(family.guest, family.web, 40000, 443, offered)).getFirst();
        assertThat(flow(out)).isEqualTo(family.outward(40000, family.web, 443));
        assertThat(segmentSize(family, out)).isEqualTo(expected);
        byte[] in = bench.fromOutside(syn(family.web, family.pod, 5000, 80, offered)).getFirst();
        assertThat(flow(in)).isEqualTo(family.inward(family.web, 5000, 80));
        assertThat(segmentSize(family, in)).isEqualTo(expected);
    }

    private static byte[] syn(String src, String dst, int srcPort, int dstPort, int size) {
        return Packets.ip(
                src,
                dst,
                IpNumber.TCP,
                64,
                new TcpPacket.Builder()
                        .srcPort(TcpPort.getInstance((short) srcPort))
                        .dstPort(TcpPort.getInstance((short) dstPort))
                        .srcAddr(Packets.address(src))
                        .dstAddr(Packets.address(dst))
                        .syn(true)
                        .options(
                                List.of(
                                        new TcpMaximumSegmentSizeOption.Builder()
                                                .maxSegSize((short) size)
                                                .correctLengthAtBuild(true)
                                                .build()))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .paddingAtBuild(true));
    }

    private static int segmentSize(Family family, byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return Bytes.u16(b, Tcp.maxSegmentSizeAt(b, 14 + family.ipHeader));
    }

    @ParameterizedTest
    @EnumSource
    void gatewayRefusesWhatItDoesNotServe(Family family) {
        Bench bench = new Bench(OpenPorts.all());
        bench.guest.departed().clear();
        bench.fromGuest(tcp(family.guest, 40000, family.gateway, 22, "S"));
        assertThat(flow(bench.guest.departed().getFirst()))
                .isEqualTo(family.inward(family.gateway, 22, 40000));
        bench.guest.departed().clear();
        bench.fromGuest(udp(family.guest, 40000, family.gateway, 33434));
        assertThat(IcmpPackets.describe(family, bench.guest.departed().getFirst()))
                .isEqualTo(
                        family.gateway
                                + " > "
                                + family.guest
                                + (family.isIpv6() ? " 1/4 0" : " 3/3 0"));
        assertThat(bench.count(Verdict.REJECTED)).isEqualTo(2);
    }

    @Test
    void aBurstThatMustBeSplitNeedsFewFramesAndFirstFragmentsLeaveFirst() {
        Bench bench = new Bench(NatPolicy.DEFAULT, 600, 1500).withFramesLeft(12);
        byte[][] burst = new byte[8][];
        for (int i = 0; i < burst.length; i++) {
            burst[i] = udp(Bench.GUEST, 40000 + i, Family.IPV4.web, 9999, new byte[1400]);
            setFlags(burst[i], 0);
        }
        List<byte[]> left = bench.fromGuest(burst);
        assertThat(left).hasSize(3 * burst.length);
        for (int i = 0; i < burst.length; i++) {
            List<byte[]> one = left.subList(3 * i, 3 * i + 3);
            MemorySegment first = MemorySegment.ofArray(one.getFirst());
            assertThat(io.virtdataplane.wire.Ipv4.isLaterFragment(first, 14)).isFalse();
            assertThat(flow(reassemble(one)))
                    .isEqualTo(Family.IPV4.outward(40000 + i, Family.IPV4.web, 9999));
        }
        assertThat(bench.count(Verdict.FORWARDED)).isEqualTo(burst.length);
    }

    @Test
    void whatIsRefusedIsNotSplit() {
        Bench bench = new Bench(LISTED, 600, 1500);
        byte[] datagram = udp(Bench.GUEST, 40000, Bench.POD, 9999, new byte[1400]);
        setFlags(datagram, 0);
        bench.guest.departed().clear();
        bench.fromGuest(datagram);
        assertThat(bench.guest.departed()).hasSize(1);
        assertThat(IcmpPackets.describe(Family.IPV4, bench.guest.departed().getFirst()))
                .isEqualTo(Bench.GATEWAY + " > " + Bench.GUEST + " 3/3 0");
        assertThat(bench.count(Verdict.REJECTED)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void errorFromOutsideWithoutHopsLeftIsDropped(Family family) {
        Bench bench = new Bench(OpenPorts.all());
        byte[] left = bench.fromGuest(udp(family.guest, 1, family.web, 2)).getFirst();
        byte[] error = IcmpPackets.unreachable(family, family.router, left);
        error[family.isIpv6() ? 21 : 22] = 1;
        if (!family.isIpv6()) {
            io.virtdataplane.wire.Ipv4.checksumAnew(MemorySegment.ofArray(error), 14);
        }
        assertThat(bench.fromOutside(error)).isEmpty();
        assertThat(bench.count(Verdict.DROP_TTL_EXPIRED)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void oneFlowOfTheGuestHasOneSession(Family family) {
        Bench bench = new Bench(OpenPorts.all());
        bench.pod.flows.add("17/5000 " + family.web + ":53");
        assertThat(flow(bench.fromGuest(udp(family.guest, 5000, family.web, 53)).getFirst()))
                .doesNotContain(":5000 >");
        bench.pod.flows.clear(); // the pod's is over, and the server sends to the port it had
        assertThat(bench.fromOutside(udp(family.web, 53, family.pod, 5000))).isEmpty();
        assertThat(bench.count(Verdict.DROP_NO_SESSION)).isOne();
        assertThat(bench.nat.sessionCount()).isOne();
    }
}
