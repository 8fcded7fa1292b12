package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.fragments;
import static io.virtdataplane.nat.Packets.reassemble;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pcap4j.packet.IpPacket;

/** Guests reach Services by their own NAT: what leaves, and what comes back, judged by pcap4j. */
class ServicesTest {
    private static final int TCP = Protocols.TCP;
    private static final int UDP = Protocols.UDP;
    private static final OpenPorts LISTED = OpenPorts.listed().add(TCP, 22).add(UDP, 5353);
    private static final long NONE = 0;
    private static final byte[] LONG = new byte[3000];

    static {
        new Random(20261128).nextBytes(LONG);
    }

    private final Bench bench = new Bench(LISTED);

    static String vip(Family family) {
        return family.isIpv6() ? "fd00:96::a" : "10.96.0.10";
    }

    static Endpoint at(String address, int port) {
        if (Packets.isIpv6(address)) {
            long[] halves = AddressText.ipv6(address);
            return new Endpoint(halves[0], halves[1], port);
        }
        return new Endpoint(0, Ip.mapped(AddressText.ipv4(address)), port);
    }

    static FrontEnd front(
            String vip, int protocol, int port, long affinityNs, Endpoint... endpoints) {
        return new FrontEnd(
                at(vip, port),
                protocol,
                7,
                affinityNs,
                false,
                FrontEnd.ANYBODY,
                true,
                List.of(endpoints),
                List.of(endpoints),
                "");
    }

    private void serve(FrontEnd... fronts) {
        bench.services(ServiceTable.of(List.of(fronts)));
    }

    private byte[] left(byte[]... frames) {
        List<byte[]> frame = bench.fromGuest(frames);
        assertThat(frame).hasSize(1);
        return frame.getFirst();
    }

    /** The frame that the guest gets as answer to what it sent. */
    private byte[] answer(byte[]... frames) {
        bench.guest.departed().clear();
        bench.fromGuest(frames);
        assertThat(bench.guest.departed()).hasSize(1);
        return bench.guest.departed().removeFirst();
    }

    @ParameterizedTest
    @EnumSource
    void bothTranslationsAreOneSession(Family family) {
        String vip = vip(family);
        serve(front(vip, TCP, 80, NONE, at(family.other, 8080)));

        assertThat(flow(left(tcp(family.guest, 40000, vip, 80, "S"))))
                .isEqualTo(family.outward(40000, family.other, 8080));
        assertThat(
                        flow(
                                bench.fromOutside(tcp(family.other, 8080, family.pod, 40000, "SA"))
                                        .getFirst()))
                .isEqualTo(family.inward(vip, 80, 40000));
        assertThat(flow(left(tcp(family.guest, 40000, vip, 80, "A"))))
                .isEqualTo(family.outward(40000, family.other, 8080));
        assertThat(bench.nat.sessionCount()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void theSamePortToTheEndpointItselfIsAnotherSession(Family family) {
        String vip = vip(family);
        serve(front(vip, TCP, 80, NONE, at(family.other, 8080)));
        left(tcp(family.guest, 40000, vip, 80, "S"));

        byte[] direct = left(tcp(family.guest, 40000, family.other, 8080, "S"));
        int outside = Bytes.u16(MemorySegment.ofArray(direct), 14 + family.ipHeader);
        assertThat(outside).as("the remote must tell them apart").isNotEqualTo(40000);
        assertThat(
                        flow(
                                bench.fromOutside(
                                                tcp(family.other, 8080, family.pod, outside, "SA"))
                                        .getFirst()))
                .isEqualTo(family.inward(family.other, 8080, 40000));
        assertThat(
                        flow(
                                bench.fromOutside(tcp(family.other, 8080, family.pod, 40000, "SA"))
                                        .getFirst()))
                .isEqualTo(family.inward(vip, 80, 40000));
        assertThat(bench.nat.sessionCount()).isEqualTo(2);
    }

    @Test
    void sessionsAreSpreadOverAllEndpoints() {
        Endpoint[] endpoints = {at("10.244.9.1", 53), at("10.244.9.2", 53), at("10.244.9.3", 53)};
        serve(front("10.96.0.10", UDP, 53, NONE, endpoints));
        Map<String, Integer> chosen = new HashMap<>();
        for (int port = 1; port <= 600; port++) {
            String flow = flow(left(udp(Bench.GUEST, port, "10.96.0.10", 53)));
            chosen.merge(flow.substring(flow.indexOf('>')), 1, Integer::sum);
        }
        assertThat(chosen).hasSize(3);
        assertThat(chosen.values()).allMatch(count -> count > 140 && count < 260);
    }

    @Test
    void withAffinityAGuestKeepsItsEndpointUntilItWasSilent() {
        Endpoint[] two = {at("10.244.9.1", 80), at("10.244.9.2", 80)};
        long tenSeconds = 10_000_000_000L;
        serve(
                front("10.96.0.10", TCP, 80, tenSeconds, two),
                front("10.96.0.11", TCP, 80, tenSeconds, two));
        Set<String> first = new HashSet<>();
        for (int port = 1; port <= 30; port++) {
            String vip = port % 2 == 0 ? "10.96.0.10" : "10.96.0.11";
            first.add(flow(left(tcp(Bench.GUEST, port, vip, 80, "S"))).split(" > ")[1]);
        }
        assertThat(first).as("whichever of the Service's addresses it takes").hasSize(1);

        Set<String> later = new HashSet<>();
        for (int port = 100; port < 130; port++) {
            bench.pass(11);
            later.add(flow(left(tcp(Bench.GUEST, port, "10.96.0.10", 80, "S"))).split(" > ")[1]);
        }
        assertThat(later).as("its time is over each time").hasSize(2);

        serve(front("10.96.0.10", TCP, 80, tenSeconds, two[1]));
        assertThat(flow(left(tcp(Bench.GUEST, 200, "10.96.0.10", 80, "S"))))
                .endsWith("10.244.9.2:80");
    }

    @ParameterizedTest
    @EnumSource
    void withoutEndpointsTheGuestIsRefused(Family family) {
        String vip = vip(family);
        serve(front(vip, TCP, 80, NONE), front(vip, UDP, 80, NONE));
        assertThat(flow(answer(tcp(family.guest, 40000, vip, 80, "S"))))
                .isEqualTo(family.inward(vip, 80, 40000));
        byte[] error = answer(udp(family.guest, 40000, vip, 80));
        assertThat(error[14 + family.ipHeader]).isEqualTo((byte) (family.isIpv6() ? 1 : 3));
        assertThat(bench.count(Verdict.DROP_SERVICE_NO_ENDPOINT)).isEqualTo(2);
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @Test
    void aPortThatTheServiceHasNotIsRefusedAndAnotherAddressGoesOut() {
        serve(front("10.96.0.10", TCP, 80, NONE, at("10.244.9.1", 80)));
        answer(tcp(Bench.GUEST, 40000, "10.96.0.10", 81, "S"));
        assertThat(bench.count(Verdict.DROP_SERVICE_PORT)).isOne();
        assertThat(flow(left(tcp(Bench.GUEST, 40000, "10.96.0.11", 80, "S"))))
                .isEqualTo(Family.IPV4.outward(40000, "10.96.0.11", 80));
    }

    @Test
    void underThePolicyLocalItIsDroppedWithoutAnAnswer() {
        bench.services(
                ServiceTable.of(
                        List.of(
                                new FrontEnd(
                                        at("10.96.0.10", 80),
                                        TCP,
                                        1,
                                        0,
                                        true,
                                        FrontEnd.ANYBODY,
                                        true,
                                        List.of(),
                                        List.of(),
                                        ""))));
        bench.guest.departed().clear();
        bench.fromGuest(tcp(Bench.GUEST, 40000, "10.96.0.10", 80, "S"));
        assertThat(bench.guest.departed()).isEmpty();
        assertThat(bench.count(Verdict.DROP_SERVICE_NOT_LOCAL)).isOne();
    }

    @Test
    void sourceRangesAreForThePodsAddress() {
        for (int length : new int[] {0, 96 + 16, 128, 96 + 24}) {
            boolean isIn = length != 96 + 24;
            long low = Ip.mapped(AddressText.ipv4(isIn ? Bench.POD : "10.244.2.0"));
            bench.services(
                    ServiceTable.of(
                            List.of(
                                    new FrontEnd(
                                            at("192.0.2.80", 80),
                                            TCP,
                                            1,
                                            0,
                                            false,
                                            List.of(new FrontEnd.Range(0, low, length)),
                                            true,
                                            List.of(at("10.244.9.1", 80)),
                                            List.of(at("10.244.9.1", 80)),
                                            ""))));
            assertThat(bench.fromGuest(tcp(Bench.GUEST, 40000 + length, "192.0.2.80", 80, "S")))
                    .hasSize(isIn ? 1 : 0);
        }
        assertThat(bench.count(Verdict.DROP_SERVICE_SOURCE)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void theOwnServiceComesBackToTheGuest(Family family) {
        String vip = vip(family);
        serve(front(vip, TCP, 2222, NONE, at(family.pod, 22)));
        bench.guest.departed().clear();
        byte[] asked = answer(tcp(family.guest, 40000, vip, 2222, "S"));
        assertThat(flow(asked)).isEqualTo(family.inward(family.pod, 40000, 22));
        byte[] answered = answer(tcp(family.guest, 22, family.pod, 40000, "SA"));
        assertThat(flow(answered)).isEqualTo(family.inward(vip, 2222, 40000));
        assertThat(flow(answer(tcp(family.guest, 40000, vip, 2222, "A"))))
                .isEqualTo(family.inward(family.pod, 40000, 22));
        assertThat(bench.count(Verdict.HAIRPINNED)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void theOwnServiceFromTheTargetPortItself(Family family) {
        String vip = vip(family);
        serve(front(vip, TCP, 2222, NONE, at(family.pod, 22)));
        byte[] asked = answer(tcp(family.guest, 22, vip, 2222, "S"));
        int outside = Bytes.u16(MemorySegment.ofArray(asked), 14 + family.ipHeader);
        assertThat(outside).as("a connection of a port with itself").isNotEqualTo(22);
        assertThat(flow(answer(tcp(family.guest, 22, family.pod, outside, "SA"))))
                .isEqualTo(family.inward(vip, 2222, 22));
    }

    @ParameterizedTest
    @EnumSource
    void aClosedTargetPortOfTheOwnServiceIsRefusedByTheServicesAddress(Family family) {
        String vip = vip(family);
        serve(front(vip, TCP, 80, NONE, at(family.pod, 8080)));
        assertThat(flow(answer(tcp(family.guest, 40000, vip, 80, "S"))))
                .isEqualTo(family.inward(vip, 80, 40000));
    }

    @Test
    void udpToAnEndpointThatIsGoneIsCutWithTheNextFrameAndTcpGoesOn() {
        Endpoint one = at("10.244.9.1", 53);
        Endpoint two = at("10.244.9.2", 53);
        serve(front("10.96.0.10", UDP, 53, NONE, one), front("10.96.0.10", TCP, 53, NONE, one));
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        left(tcp(Bench.GUEST, 40000, "10.96.0.10", 53, "S"));
        bench.fromOutside(tcp("10.244.9.1", 53, Bench.POD, 40000, "SA"));

        serve(front("10.96.0.10", UDP, 53, NONE, two), front("10.96.0.10", TCP, 53, NONE, two));
        assertThat(flow(left(udp(Bench.GUEST, 40000, "10.96.0.10", 53)))).endsWith("10.244.9.2:53");
        assertThat(flow(left(tcp(Bench.GUEST, 40000, "10.96.0.10", 53, "A"))))
                .endsWith("10.244.9.1:53");

        serve(front("10.96.0.10", UDP, 53, NONE));
        answer(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        assertThat(bench.count(Verdict.DROP_SERVICE_NO_ENDPOINT)).isOne();
    }

    @Test
    void anEndpointThatStaysKeepsItsUdpSessions() {
        Endpoint one = at("10.244.9.1", 53);
        serve(front("10.96.0.10", UDP, 53, NONE, one));
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        for (int i = 2; i < 40; i++) {
            serve(front("10.96.0.10", UDP, 53, NONE, at("10.244.9." + i, 53), one));
            assertThat(flow(left(udp(Bench.GUEST, 40000, "10.96.0.10", 53))))
                    .endsWith("10.244.9.1:53");
        }
        assertThat(bench.nat.sessionCount()).isOne();
    }

    @Test
    void whatWasSentBeforeTheServiceCameIsSentAnew() {
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        left(tcp(Bench.GUEST, 40000, "10.96.0.10", 53, "S"));
        left(udp(Bench.GUEST, 40001, "10.96.0.11", 53));
        serve(
                front("10.96.0.10", UDP, 53, NONE, at("10.244.9.1", 53)),
                front("10.96.0.10", TCP, 53, NONE, at("10.244.9.1", 53)));
        assertThat(bench.nat.sessionCount()).as("the one to another address").isOne();
        assertThat(flow(left(udp(Bench.GUEST, 40000, "10.96.0.10", 53)))).endsWith("10.244.9.1:53");
        assertThat(flow(left(tcp(Bench.GUEST, 40000, "10.96.0.10", 53, "S"))))
                .endsWith("10.244.9.1:53");
    }

    @ParameterizedTest
    @EnumSource
    void fragmentsBothWays(Family family) {
        byte[] data = LONG;
        String vip = vip(family);
        serve(front(vip, UDP, 53, NONE, at(family.other, 5353)));
        List<byte[]> left =
                bench.fromGuest(
                        fragments(udp(family.guest, 40000, vip, 53, data), 1400, 3)
                                .reversed()
                                .toArray(byte[][]::new));
        assertThat(flow(reassemble(left))).isEqualTo(family.outward(40000, family.other, 5353));
        List<byte[]> got =
                bench.fromOutside(
                        fragments(udp(family.other, 5353, family.pod, 40000, data), 1400, 4)
                                .toArray(byte[][]::new));
        assertThat(flow(reassemble(got))).isEqualTo(family.inward(vip, 53, 40000));
    }

    @ParameterizedTest
    @EnumSource
    void fragmentsToTheOwnServiceAndBack(Family family) {
        byte[] data = LONG;
        String vip = vip(family);
        serve(front(vip, UDP, 53, NONE, at(family.pod, 5353)));
        bench.guest.departed().clear();
        bench.fromGuest(
                fragments(udp(family.guest, 40000, vip, 53, data), 1400, 3).toArray(byte[][]::new));
        assertThat(flow(reassemble(bench.guest.departed())))
                .isEqualTo(family.inward(family.pod, 40000, 5353));
        bench.guest.departed().clear();
        bench.fromGuest(
                fragments(udp(family.guest, 5353, family.pod, 40000, data), 1400, 4)
                        .reversed()
                        .toArray(byte[][]::new));
        assertThat(flow(reassemble(bench.guest.departed())))
                .isEqualTo(family.inward(vip, 53, 40000));
    }

    @ParameterizedTest
    @EnumSource
    void anErrorQuotesWhatTheGuestHasSent(Family family) {
        String vip = vip(family);
        serve(front(vip, UDP, 53, NONE, at(family.other, 5353)));
        byte[] sent = udp(family.guest, 40000, vip, 53);
        byte[] left = left(sent);
        for (String from : List.of(family.router, family.other)) {
            byte[] error =
                    bench.fromOutside(IcmpPackets.unreachable(family, from, left)).getFirst();
            int quoted = 14 + family.ipHeader + 8;
            int ports = quoted + family.ipHeader;
            int addresses = family.isIpv6() ? 8 : 12; // in their header, to its end
            assertThat(Arrays.copyOfRange(error, quoted + addresses, ports + 8))
                    .as("addresses, ports, length and checksum")
                    .isEqualTo(Arrays.copyOfRange(sent, 14 + addresses, 14 + family.ipHeader + 8));
            IpPacket.IpHeader ip = Packets.ethernetOf(error).get(IpPacket.class).getHeader();
            assertThat(ip.getSrcAddr())
                    .isEqualTo(Packets.address(from.equals(family.other) ? vip : from));
            assertThat(isIntact(family, error)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anErrorOfTheGuestIsForTheEndpoint(Family family) {
        String vip = vip(family);
        serve(front(vip, UDP, 53, NONE, at(family.other, 5353)));
        left(udp(family.guest, 40000, vip, 53));
        byte[] sent = udp(family.other, 5353, family.pod, 40000);
        byte[] got = bench.fromOutside(sent).getFirst();
        byte[] error =
                left(
                        IcmpPackets.error(
                                family,
                                family.guest,
                                vip,
                                family.isIpv6() ? 1 : 3,
                                family.isIpv6() ? 4 : 3,
                                0,
                                got,
                                family.ipHeader + 8));
        int quoted = 14 + family.ipHeader + 8;
        int ports = quoted + family.ipHeader;
        int addresses = family.isIpv6() ? 8 : 12;
        assertThat(Arrays.copyOfRange(error, quoted + addresses, ports + 8))
                .isEqualTo(Arrays.copyOfRange(sent, 14 + addresses, 14 + family.ipHeader + 8));
        IpPacket.IpHeader ip = Packets.ethernetOf(error).get(IpPacket.class).getHeader();
        assertThat(ip.getDstAddr()).isEqualTo(Packets.address(family.other));
        assertThat(isIntact(family, error)).isTrue();
    }

    /** The checksum of the error, and of its IP header where there is one. */
    private static boolean isIntact(Family family, byte[] error) {
        MemorySegment b = MemorySegment.ofArray(error);
        int l4 = 14 + family.ipHeader;
        if (family.isIpv6()) {
            return Icmpv6.isIntact(b, 14, l4, Bytes.u16(b, 14 + 4));
        }
        return Packets.ipOf(error).getHeader().hasValidChecksum(false)
                && Checksum.fold(Checksum.sum(b, l4, Bytes.u16(b, 14 + 2) - 20)) == 0xffff;
    }

    @Test
    void aRestartGoesOn() {
        serve(front("10.96.0.10", UDP, 53, NONE, at("10.244.9.1", 53)));
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        left(udp(Bench.GUEST, 40000, "10.244.9.1", 53));
        byte[] kept = bench.nat.keep(bench.on.nowNs());

        Nat next =
                new Nat(
                        new NatPlan(Bench.addresses(), new int[0], 1500, 1500),
                        bench.nat.policy(),
                        new Bench.Pod(),
                        Arena.ofAuto()
                                .allocate(
                                        Nat.bytes(
                                                new NatPlan(
                                                        Bench.addresses(), new int[0], 1500, 1500)),
                                        64),
                        Arena.ofAuto().allocate(Nat.tableBytes(1024), 64),
                        FlowTable.none(),
                        42,
                        new Nat.Earlier(kept, bench.on.nowNs()),
                        VifState.ACTIVE);
        assertThat(next.setAside()).isEmpty();
        assertThat(next.sessionCount()).isEqualTo(2);
        assertThat(next.keep(bench.on.nowNs())).as("front ends, too").isEqualTo(kept);
    }

    @Test
    void aLargerTableKeepsThem() {
        serve(front("10.96.0.10", UDP, 53, NONE, at("10.244.9.1", 53)));
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        bench.nat.grow(Arena.ofAuto().allocate(Nat.tableBytes(4096), 64), 4096);
        assertThat(flow(bench.fromOutside(udp("10.244.9.1", 53, Bench.POD, 40000)).getFirst()))
                .isEqualTo(Family.IPV4.inward("10.96.0.10", 53, 40000));
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        assertThat(bench.nat.sessionCount()).isOne();
    }

    @Test
    void aSlotThatAServicesSessionHadIsAsGoodForOthers() {
        serve(front("10.96.0.10", UDP, 53, NONE, at("10.244.9.1", 53)));
        left(udp(Bench.GUEST, 40000, "10.96.0.10", 53));
        bench.pass(400);
        assertThat(bench.nat.sessionCount()).isZero();
        left(udp(Bench.GUEST, 40000, "203.0.113.7", 53));
        assertThat(flow(bench.fromOutside(udp("203.0.113.7", 53, Bench.POD, 40000)).getFirst()))
                .isEqualTo(Family.IPV4.inward("203.0.113.7", 53, 40000));
    }

    @Test
    void tablesOfManyFrontEnds() {
        FrontEnd[] fronts = new FrontEnd[1000];
        for (int i = 0; i < fronts.length; i++) {
            fronts[i] =
                    front("10.96." + i / 250 + "." + i % 250, TCP, 80, NONE, at("10.244.9.1", 80));
        }
        ServiceTable table = ServiceTable.of(List.of(fronts));
        for (FrontEnd each : fronts) {
            int found = table.find(TCP, each.at().high(), each.at().low(), 80);
            assertThat(table.frontEnd(found)).isSameAs(each);
            assertThat(table.find(UDP, each.at().high(), each.at().low(), 80)).isNegative();
            assertThat(table.isOfService(each.at().high(), each.at().low())).isTrue();
        }
        assertThat(table.isOfService(0, Ip.mapped(AddressText.ipv4("10.96.9.9")))).isFalse();
    }
}
