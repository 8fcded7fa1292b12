package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The guest's TCP is a service mesh's: what goes untranslated, and what as before. */
class MeshTest {
    private static final int PORT = 40001;
    private static final int PROXY = 15008;
    private static final int PAST = 8443;
    private static final NatPolicy PLAIN = NatPolicy.DEFAULT;
    private static final NatPolicy MESH =
            PLAIN.with(
                    new MeshPolicy(
                            MeshPolicy.Kind.MESH,
                            bits(22),
                            bits(PAST),
                            bits(15001, PROXY),
                            List.of()));

    private static BitSet bits(int... ports) {
        BitSet set = new BitSet();
        for (int port : ports) {
            set.set(port);
        }
        return set;
    }

    @ParameterizedTest
    @EnumSource
    void connectionOfTheGuestGoesAsItIsAndOthersAreTranslated(Family family) {
        Bench bench = new Bench(MESH);
        byte[] syn = tcp(family.guest, PORT, family.web, 80, "S");
        assertThat(bench.fromGuest(syn)).containsExactly(syn);
        assertThat(bench.count(Verdict.SENT_TO_MESH)).isEqualTo(1);
        assertThat(bench.nat.sessionCount()).isZero();
        byte[] past = tcp(family.guest, PORT, family.web, PAST, "S");
        assertThat(bench.fromGuest(past).getFirst()).isNotEqualTo(past);
        byte[] datagram = udp(family.guest, PORT, family.web, 53);
        assertThat(bench.fromGuest(datagram).getFirst()).isNotEqualTo(datagram);
        assertThat(bench.nat.sessionCount()).isEqualTo(2);
    }

    /** A rule on the source has what the guest itself opens, too, where it is there. */
    @ParameterizedTest
    @EnumSource
    void guestThatIsInASubnetPastTheProxyGoesPastIt(Family family) {
        long[] guest = AddressText.ip(family.guest);
        FrontEnd.Range own =
                family.isIpv6()
                        ? new FrontEnd.Range(0, 0, 0) // all of IPv6
                        : new FrontEnd.Range(guest[0], guest[1], 128);
        Bench bench =
                new Bench(
                        PLAIN.with(
                                new MeshPolicy(
                                        MeshPolicy.Kind.MESH,
                                        bits(),
                                        bits(),
                                        bits(),
                                        List.of(own))));
        byte[] syn = tcp(family.guest, PORT, family.web, 80, "S");
        assertThat(bench.fromGuest(syn).getFirst()).isNotEqualTo(syn);
        Family other = family.isIpv6() ? Family.IPV4 : Family.IPV6;
        byte[] proxied = tcp(other.guest, PORT, other.web, 80, "S");
        assertThat(bench.fromGuest(proxied)).as("the other family").containsExactly(proxied);
    }

    @ParameterizedTest
    @EnumSource
    void answersComeAsTheyAreAndWhatIsReturnedIsTranslated(Family family) {
        Bench bench = new Bench(MESH);
        byte[] answer = tcp(family.web, 80, family.guest, PORT, "SA");
        assertThat(bench.fromOutside(answer)).hasSize(1);
        byte[] syn = tcp(family.guest, PORT, family.web, 80, "S");
        assertThat(bench.on.exchange(bench.uplink, bench.uplink, syn))
                .hasSize(1)
                .allSatisfy(
                        frame ->
                                assertThat(Packets.flow(frame))
                                        .isEqualTo(family.outward(PORT, family.web, 80)));
        assertThat(bench.count(Verdict.PAST_MESH)).isEqualTo(1);
        byte[] next = tcp(family.guest, PORT, family.web, 80, "A");
        assertThat(bench.fromGuest(next).getFirst()).as("from now on").isNotEqualTo(next);
    }

    @ParameterizedTest
    @EnumSource
    void neitherIsThereWithoutAMesh(Family family) {
        Bench bench = new Bench(PLAIN);
        assertThat(bench.fromOutside(tcp(family.web, 80, family.guest, PORT, "SA"))).isEmpty();
        byte[] syn = tcp(family.guest, PORT, family.web, 80, "S");
        assertThat(bench.on.exchange(bench.uplink, bench.uplink, syn)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MARTIAN)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void middleOfAConnectionWithoutSessionAndTheProxysPortsAreThePods(Family family) {
        Bench bench = new Bench(MESH);
        assertThat(bench.fromOutside(tcp(family.web, PORT, family.pod, 80, "A"))).isEmpty();
        assertThat(bench.fromOutside(tcp(family.web, PORT, family.pod, PROXY, "S"))).isEmpty();
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isEqualTo(2);
        assertThat(bench.fromOutside(tcp(family.web, PORT, family.pod, 22, "S"))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsEstablishedStaysWhereItIs(Family family) {
        Bench bench = new Bench(PLAIN);
        bench.fromGuest(tcp(family.guest, PORT, family.web, 80, "S"));
        bench.fromOutside(tcp(family.web, 80, family.pod, PORT, "SA"));
        bench.nat.change(MESH);
        byte[] data = tcp(family.guest, PORT, family.web, 80, "A");
        assertThat(bench.fromGuest(data).getFirst()).as("direct").isNotEqualTo(data);
        byte[] proxied = tcp(family.guest, PORT, family.other, 80, "S");
        assertThat(bench.fromGuest(proxied)).containsExactly(proxied);
        bench.nat.change(PLAIN);
        byte[] middle = tcp(family.guest, PORT, family.other, 80, "A");
        assertThat(bench.fromGuest(middle)).as("the proxy's").containsExactly(middle);
        byte[] fresh = tcp(family.guest, PORT + 1, family.other, 80, "S");
        assertThat(bench.fromGuest(fresh).getFirst()).as("direct").isNotEqualTo(fresh);
    }

    @ParameterizedTest
    @EnumSource
    void proxyComesFromTheGatewayAndIsAnsweredAtItsOwnAddress(Family family) {
        String proxy = family == Family.IPV4 ? "127.0.0.6" : "::6";
        Bench bench = new Bench(MESH);
        assertThat(bench.fromOutside(tcp(proxy, PORT, family.pod, 80, "S")))
                .hasSize(1)
                .allSatisfy(
                        frame ->
                                assertThat(Packets.flow(frame))
                                        .isEqualTo(
                                                family.at(family.gateway, PORT)
                                                        + " > "
                                                        + family.at(family.guest, 80)));
        byte[] answer = tcp(family.guest, 80, family.gateway, PORT, "SA");
        assertThat(Packets.flow(bench.fromGuest(answer).getFirst()))
                .isEqualTo(family.at(family.pod, 80) + " > " + family.at(proxy, PORT));
    }
}
