package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.nat.NatPolicy.Behaviour;
import io.virtdataplane.nat.NatPolicy.Filtering;
import io.virtdataplane.nat.NatPolicy.LinkLocal;
import io.virtdataplane.nat.NatPolicy.Mapping;
import io.virtdataplane.nat.NatPolicy.OtherProtocols;
import io.virtdataplane.nat.NatPolicy.Refresh;
import io.virtdataplane.wire.Protocols;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 4787, NAT behaviour for unicast UDP, clause by clause, in both families. */
class Rfc4787Test {
    private static final NatPolicy LISTED =
            NatPolicy.DEFAULT.with(
                    new NatPolicy.Ports(OpenPorts.listed(), UnlistedPolicy.DROP, true));

    private static NatPolicy behaviour(Mapping mapping, Filtering filtering, Refresh refresh) {
        return LISTED.with(
                new Behaviour(
                        mapping,
                        filtering,
                        refresh,
                        OtherProtocols.TRANSLATE,
                        LinkLocal.PASS,
                        0,
                        Behaviour.DEFAULT.midstream()));
    }

    /**
     * The pod's kernel talks to the name server from port 40000: the guest cannot have it there.
     */
    private static void podUses(Bench bench, Family family, int protocol, int port) {
        bench.pod.flows.add(protocol + "/" + port + " " + family.web + ":53");
    }

    private static int outsidePort(byte[] frame) {
        String source = flow(frame).split(" > ")[0];
        return Integer.parseInt(source.substring(source.lastIndexOf(':') + 1));
    }

    @ParameterizedTest
    @EnumSource
    void req1MappingIsTheSameForAllRemoteEndpoints(Family family) {
        Bench bench = new Bench(LISTED);
        podUses(bench, family, Protocols.UDP, 40000);
        int port = outsidePort(one(bench, udp(family.guest, 40000, family.web, 53)));
        assertThat(port).isNotEqualTo(40000);
        assertThat(outsidePort(one(bench, udp(family.guest, 40000, family.web, 5353))))
                .isEqualTo(port);
        assertThat(outsidePort(one(bench, udp(family.guest, 40000, family.other, 53))))
                .isEqualTo(port);
        assertThat(flow(bench.fromOutside(udp(family.other, 53, family.pod, port)).getFirst()))
                .isEqualTo(family.inward(family.other, 53, 40000));
    }

    @ParameterizedTest
    @EnumSource
    void req1MappingBySettingDependsOnTheRemoteEndpoint(Family family) {
        Bench bench =
                new Bench(
                        behaviour(
                                Mapping.ADDRESS_AND_PORT_DEPENDENT,
                                Filtering.ADDRESS_AND_PORT_DEPENDENT,
                                Refresh.BOTH));
        podUses(bench, family, Protocols.UDP, 40000);
        assertThat(outsidePort(one(bench, udp(family.guest, 40000, family.web, 53))))
                .isNotEqualTo(40000);
        assertThat(outsidePort(one(bench, udp(family.guest, 40000, family.other, 53))))
                .isEqualTo(40000);
    }

    @ParameterizedTest
    @EnumSource
    void req3PortIsPreserved(Family family) {
        Bench bench = new Bench(LISTED);
        for (int port : new int[] {1, 53, 1023, 1024, 49152, 65535}) {
            assertThat(flow(one(bench, udp(family.guest, port, family.web, 53))))
                    .isEqualTo(family.outward(port, family.web, 53));
        }
    }

    @ParameterizedTest
    @CsvSource({"IPV4, 123, 1, 1023", "IPV6, 124, 1, 1023", "IPV4, 40001, 1024, 65535"})
    void req3bAnotherPortIsOfTheSameRangeAndReq4OfTheSameParity(
            Family family, int inside, int least, int most) {
        Bench bench = new Bench(LISTED);
        podUses(bench, family, Protocols.UDP, inside);
        int port = outsidePort(one(bench, udp(family.guest, inside, family.web, 53)));
        assertThat(port).isNotEqualTo(inside).isBetween(least, most);
        assertThat(port % 2).as("parity").isEqualTo(inside % 2);
    }

    @ParameterizedTest
    @EnumSource
    void req3aNoOutsidePortServesTwoInsidePorts(Family family) {
        Bench bench = new Bench(LISTED);
        Set<Integer> given = new HashSet<>();
        for (int inside = 30000; inside < 31000; inside++) {
            if (inside % 3 == 0) {
                podUses(bench, family, Protocols.UDP, inside);
            }
            assertThat(
                            given.add(
                                    outsidePort(
                                            one(bench, udp(family.guest, inside, family.web, 53)))))
                    .as("inside=%d", inside)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void req5MappingLivesFiveMinutes(Family family) {
        Bench bench = new Bench(LISTED);
        bench.fromGuest(udp(family.guest, 40000, family.web, 53));
        bench.pass(299);
        assertThat(bench.nat.sessionCount()).isOne();
        bench.pass(2);
        assertThat(bench.nat.sessionCount()).isZero();
        assertThat(bench.fromOutside(udp(family.web, 53, family.pod, 40000))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void req6OutboundRefreshesAndInboundBySetting(Family family) {
        Bench both = new Bench(LISTED);
        Bench outbound =
                new Bench(
                        behaviour(
                                Mapping.ENDPOINT_INDEPENDENT,
                                Filtering.ADDRESS_AND_PORT_DEPENDENT,
                                Refresh.OUTBOUND));
        for (Bench bench : new Bench[] {both, outbound}) {
            bench.fromGuest(udp(family.guest, 40000, family.web, 53));
            bench.fromGuest(udp(family.guest, 40001, family.web, 53));
            bench.pass(200);
            bench.fromGuest(udp(family.guest, 40000, family.web, 53));
            assertThat(bench.fromOutside(udp(family.web, 53, family.pod, 40001))).hasSize(1);
            bench.pass(200);
        }
        assertThat(both.nat.sessionCount()).isEqualTo(2);
        assertThat(outbound.nat.list(9, outbound.on.nowNs()))
                .extracting(session -> session.endpoints().insidePort())
                .containsExactly(40000);
    }

    @ParameterizedTest
    @EnumSource
    void req8FilteringByDefaultIsByAddressAndPort(Family family) {
        Bench bench = new Bench(LISTED);
        bench.fromGuest(udp(family.guest, 40000, family.web, 53));
        assertThat(bench.fromOutside(udp(family.web, 54, family.pod, 40000))).isEmpty();
        assertThat(bench.fromOutside(udp(family.other, 53, family.pod, 40000))).isEmpty();
        assertThat(bench.fromOutside(udp(family.web, 53, family.pod, 40000))).hasSize(1);
        assertThat(bench.count(Verdict.DROP_UNLISTED_PORT)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void req8FilteringBySettingLetsAnybodyUseAMapping(Family family) {
        Bench bench =
                new Bench(
                        behaviour(
                                Mapping.ENDPOINT_INDEPENDENT,
                                Filtering.ENDPOINT_INDEPENDENT,
                                Refresh.BOTH));
        podUses(bench, family, Protocols.UDP, 40000);
        int port = outsidePort(one(bench, udp(family.guest, 40000, family.web, 53)));
        assertThat(flow(bench.fromOutside(udp(family.other, 9, family.pod, port)).getFirst()))
                .isEqualTo(family.inward(family.other, 9, 40000));
        assertThat(flow(one(bench, udp(family.guest, 40000, family.other, 9))))
                .isEqualTo(family.outward(port, family.other, 9));
        assertThat(bench.fromOutside(udp(family.other, 9, family.pod, port ^ 1))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void req9HairpinComesFromTheOutsideEndpoint(Family family) {
        Bench bench = new Bench(OpenPorts.listed().add(Protocols.UDP, 53));
        byte[] asked = hairpin(bench, udp(family.guest, 40000, family.pod, 53));
        assertThat(flow(asked)).isEqualTo(family.inward(family.pod, 40000, 53));
        byte[] answer = hairpin(bench, udp(family.guest, 53, family.pod, 40000));
        assertThat(flow(answer)).isEqualTo(family.inward(family.pod, 53, 40000));
        assertThat(bench.count(Verdict.HAIRPINNED)).isEqualTo(2);
        assertThat(bench.nat.sessionCount()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void req9HairpinReachesAMappedPortThatIsNotOpen(Family family) {
        Bench bench = new Bench(LISTED);
        podUses(bench, family, Protocols.UDP, 50000);
        int port = outsidePort(one(bench, udp(family.guest, 50000, family.web, 53)));
        assertThat(flow(hairpin(bench, udp(family.guest, 40000, family.pod, port))))
                .isEqualTo(family.inward(family.pod, 40000, 50000));
        assertThat(flow(hairpin(bench, udp(family.guest, 50000, family.pod, 40000))))
                .isEqualTo(family.inward(family.pod, port, 40000));
    }

    @ParameterizedTest
    @EnumSource
    void hairpinInAFullTableIsRefusedAndNotMixedUp(Family family) {
        Bench bench = new Bench(OpenPorts.listed().add(Protocols.TCP, 80), UnlistedPolicy.POD, 4);
        for (int port = 1; port <= 3; port++) {
            bench.fromGuest(tcp(family.guest, port, family.web, 443, "S"));
            bench.fromOutside(tcp(family.web, 443, family.pod, port, "SA"));
            bench.fromGuest(tcp(family.guest, port, family.web, 443, "A"));
        }
        bench.guest.departed().clear();
        bench.fromGuest(tcp(family.guest, 40000, family.pod, 80, "S"));
        assertThat(bench.guest.departed()).as("two sessions are needed, one is left").isEmpty();
        assertThat(bench.count(Verdict.DROP_SESSION_LIMIT)).isOne();
        assertThat(bench.fromOutside(tcp(family.web, 443, family.pod, 1, "A"))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void req12ErrorsDoNotEndAMapping(Family family) {
        Bench bench = new Bench(LISTED);
        byte[] left = one(bench, udp(family.guest, 40000, family.web, 53));
        assertThat(bench.fromOutside(IcmpPackets.unreachable(family, family.router, left)))
                .hasSize(1);
        assertThat(bench.fromOutside(udp(family.web, 53, family.pod, 40000))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void portsExhaustedForOneEndpointLeaveOthersGoing(Family family) {
        Bench bench = new Bench(LISTED);
        for (int port = 0; port < 65_536; port++) {
            podUses(bench, family, Protocols.UDP, port);
        }
        assertThat(bench.fromGuest(udp(family.guest, 40000, family.web, 53))).isEmpty();
        assertThat(bench.count(Verdict.DROP_PORTS_EXHAUSTED)).isOne();
        assertThat(bench.fromGuest(udp(family.guest, 40000, family.other, 53))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void whereEveryPortIsMappedASessionSharesOneThatIsFreeForItsEndpoint(Family family) {
        NatPolicy large = LISTED.with(new NatPolicy.Limits(70_000, 0, 16));
        Bench bench = new Bench(large);
        for (int port = 1; port < 65_536; port++) {
            bench.fromGuest(udp(family.guest, port, family.other, 53));
        }
        podUses(
                bench,
                family,
                Protocols.UDP,
                40000); // its own port is not free there, all others are mapped
        byte[] left = one(bench, udp(family.guest, 40000, family.web, 53));
        int port = outsidePort(left);
        assertThat(port).isNotEqualTo(40000);
        assertThat(flow(bench.fromOutside(udp(family.web, 53, family.pod, port)).getFirst()))
                .isEqualTo(family.inward(family.web, 53, 40000));
        assertThat(flow(bench.fromOutside(udp(family.other, 53, family.pod, port)).getFirst()))
                .as("the port's own session goes on")
                .isEqualTo(family.inward(family.other, 53, port));
    }

    @ParameterizedTest
    @EnumSource
    void tcpSynToAMappedPortUnderEndpointIndependentFilteringOpensASession(Family family) {
        Bench bench =
                new Bench(
                        behaviour(
                                Mapping.ENDPOINT_INDEPENDENT,
                                Filtering.ENDPOINT_INDEPENDENT,
                                Refresh.BOTH));
        one(bench, tcp(family.guest, 40000, family.web, 443, "S"));
        assertThat(bench.fromOutside(tcp(family.other, 7, family.pod, 40000, "S"))).hasSize(1);
        assertThat(bench.fromOutside(tcp(family.other, 8, family.pod, 40000, "SA"))).isEmpty();
    }

    private static byte[] hairpin(Bench bench, byte[] frame) {
        bench.guest.departed().clear();
        assertThat(bench.fromGuest(frame)).as("nothing leaves the pod").isEmpty();
        assertThat(bench.guest.departed()).hasSize(1);
        return bench.guest.departed().getFirst();
    }

    private static byte[] one(Bench bench, byte[] frame) {
        var left = bench.fromGuest(frame);
        assertThat(left).hasSize(1);
        return left.getFirst();
    }
}
