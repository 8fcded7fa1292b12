package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.ping;
import static io.virtdataplane.nat.Packets.pong;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 5508, NAT behaviour for ICMP, clause by clause, in both families. */
class Rfc5508Test {
    private final Bench bench =
            new Bench(OpenPorts.listed().add(Protocols.TCP, 80).add(Protocols.UDP, 53));

    @ParameterizedTest
    @EnumSource
    void req1QueriesAreMappedByTheirIdentifier(Family family) {
        assertThat(flow(one(ping(family.guest, family.web, 7))))
                .isEqualTo(family.outward(7, family.web, 7));
        assertThat(flow(bench.fromOutside(pong(family.web, family.pod, 7)).getFirst()))
                .isEqualTo(family.inward(family.web, 7, 7));
        bench.pod.flows.add(family.icmp + "/8 " + family.web + ":0");
        byte[] left = one(ping(family.guest, family.web, 8));
        int identifier = Integer.parseInt(flow(left).replaceAll(".*:", ""));
        assertThat(identifier).as("the pod's kernel pings with 8").isNotEqualTo(8);
        assertThat(flow(bench.fromOutside(pong(family.web, family.pod, identifier)).getFirst()))
                .isEqualTo(family.at(family.web, 8) + " > " + family.at(family.guest, 8));
    }

    @ParameterizedTest
    @EnumSource
    void req2QueryLivesSixtySeconds(Family family) {
        one(ping(family.guest, family.web, 7));
        bench.pass(59);
        assertThat(bench.nat.sessionCount()).isOne();
        bench.pass(2);
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"IPV4,udp", "IPV4,tcp", "IPV4,ping", "IPV6,udp", "IPV6,tcp", "IPV6,ping"})
    void req3ErrorAboutTheGuestsPacketQuotesItAsItWasSent(Family family, String kind) {
        bench.pod.flows.add("17/40000 " + family.web + ":53"); // so that ports change too
        bench.pod.flows.add("6/40001 " + family.web + ":443");
        bench.pod.flows.add(family.icmp + "/9 " + family.web + ":0");
        byte[] sent =
                switch (kind) {
                    case "udp" -> udp(family.guest, 40000, family.web, 53);
                    case "tcp" -> tcp(family.guest, 40001, family.web, 443, "S");
                    default -> ping(family.guest, family.web, 9);
                };
        byte[] left = one(sent);
        byte[] error =
                bench.fromOutside(IcmpPackets.tooBig(family, family.router, left, 1400)).getFirst();
        assertThat(IcmpPackets.describe(family, error))
                .isEqualTo(
                        family.router
                                + " > "
                                + family.guest
                                + (family.isIpv6() ? " 2/0 1400" : " 3/4 1400"));
        assertThat(quoted(family, error)).isEqualTo(withOneHopLess(family, sent));
    }

    @ParameterizedTest
    @EnumSource
    void req4ErrorOfTheGuestReachesTheClientAboutWhatTheClientSent(Family family) {
        byte[] sent = udp(family.web, 5000, family.pod, 53);
        byte[] got = bench.fromOutside(sent).getFirst();
        byte[] error = one(IcmpPackets.unreachable(family, family.guest, got));
        assertThat(IcmpPackets.describe(family, error))
                .startsWith(family.pod + " > " + family.web + " ");
        assertThat(quoted(family, error)).isEqualTo(withOneHopLess(family, sent));
    }

    @ParameterizedTest
    @EnumSource
    void req5ErrorNeitherRefreshesNorEndsNorOpensASession(Family family) {
        byte[] left = one(tcp(family.guest, 40000, family.web, 443, "S"));
        bench.pass(230);
        assertThat(bench.fromOutside(IcmpPackets.unreachable(family, family.router, left)))
                .hasSize(1);
        assertThat(bench.nat.sessionCount()).isOne();
        bench.pass(11);
        assertThat(bench.nat.sessionCount()).as("not refreshed").isZero();
        bench.uplink.departed().clear();
        byte[] stray = IcmpPackets.unreachable(family, family.router, left);
        assertThat(bench.fromOutside(stray)).isEmpty();
        assertThat(bench.uplink.departed()).as("the pod's kernel has it").containsExactly(stray);
        assertThat(bench.nat.sessionCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void req6ErrorAboutAHairpinnedPacketReachesTheGuestAboutWhatItSent(Family family) {
        byte[] sent = udp(family.guest, 40000, family.pod, 53);
        bench.guest.departed().clear();
        bench.fromGuest(sent);
        byte[] got = bench.guest.departed().getFirst();
        bench.guest.departed().clear();
        bench.fromGuest(IcmpPackets.unreachable(family, family.guest, got));
        byte[] error = bench.guest.departed().getFirst();
        assertThat(IcmpPackets.describe(family, error))
                .startsWith(family.pod + " > " + family.guest + " ");
        assertThat(quoted(family, error)).isEqualTo(withOneHopLess(family, sent));
    }

    @ParameterizedTest
    @EnumSource
    void req7PingOfThePodIsTheGuestsWhereAllPortsAreOpen(Family family) {
        Bench open = new Bench(OpenPorts.all());
        assertThat(flow(open.fromOutside(ping(family.web, family.pod, 5)).getFirst()))
                .isEqualTo(family.inward(family.web, 5, 5));
        assertThat(flow(open.fromGuest(pong(family.guest, family.web, 5)).getFirst()))
                .isEqualTo(family.outward(5, family.web, 5));
    }

    @ParameterizedTest
    @CsvSource({
        "IPV4, 5",
        "IPV4, 9",
        "IPV4, 15",
        "IPV4, 17",
        "IPV6, 127",
        "IPV6, 139",
        "IPV6, 200"
    })
    void req10And11OtherTypesAreNamedDrops(Family family, int type) {
        byte[] frame =
                IcmpPackets.error(
                        family,
                        family.guest,
                        family.web,
                        type,
                        0,
                        0,
                        udp(family.guest, 1, family.web, 2),
                        28);
        assertThat(bench.fromGuest(frame)).isEmpty();
        assertThat(
                        bench.count(Verdict.DROP_ICMP_TYPE)
                                + bench.count(Verdict.DROP_NO_SESSION)
                                + bench.count(Verdict.DROP_MALFORMED))
                .isOne();
    }

    @ParameterizedTest
    @EnumSource
    void timeExceededOfARouterReachesTheGuestThatTraces(Family family) {
        byte[] left = one(udp(family.guest, 33434, family.web, 33434));
        byte[] error =
                bench.fromOutside(IcmpPackets.timeExceeded(family, family.router, left)).getFirst();
        assertThat(IcmpPackets.describe(family, error))
                .startsWith(family.router + " > " + family.guest + " ");
    }

    @ParameterizedTest
    @EnumSource
    void truncatedQuotesAndWrongChecksumsAreMalformed(Family family) {
        byte[] left = one(udp(family.guest, 40000, family.web, 53));
        int shortest = family.ipHeader + 8;
        for (int length = 0; length < shortest; length++) {
            byte[] error =
                    IcmpPackets.error(family, family.router, family.pod, 3, 0, 0, left, length);
            assertThat(bench.fromOutside(error)).as("length=%d", length).isEmpty();
        }
        byte[] corrupt = IcmpPackets.unreachable(family, family.router, left);
        corrupt[IcmpPackets.quoted(family) + 4] ^= 1;
        assertThat(bench.fromOutside(corrupt)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isEqualTo(shortest + 1);
    }

    /** The headers and 8 bytes that an error quotes. */
    private static byte[] quoted(Family family, byte[] error) {
        int at = IcmpPackets.quoted(family);
        return Arrays.copyOfRange(error, at, at + family.ipHeader + 8);
    }

    /** What a router behind us has seen of the packet, with our translation undone. */
    private static byte[] withOneHopLess(Family family, byte[] sent) {
        byte[] packet = Arrays.copyOfRange(sent, 14, 14 + family.ipHeader + 8);
        MemorySegment b = MemorySegment.ofArray(packet);
        if (family.isIpv6()) {
            packet[7]--;
        } else {
            packet[8]--;
            Bytes.put16(b, 10, Bytes.u16(b, 10) + 0x100); // RFC 1624, no carry in these frames
        }
        return packet;
    }

    private byte[] one(byte[] frame) {
        var left = bench.fromGuest(frame);
        assertThat(left).hasSize(1);
        return left.getFirst();
    }
}
