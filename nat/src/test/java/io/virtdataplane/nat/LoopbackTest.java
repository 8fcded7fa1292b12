package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes of the pod reach the guest's open ports by a loopback address and by the pod's own. */
class LoopbackTest {
    private static final int PORT = 80;
    private static final int CLIENT = 45000;
    private final Bench bench = new Bench(OpenPorts.listed().add(Protocols.TCP, PORT).add(17, 53));

    private static String loopback(Family family) {
        return family == Family.IPV4 ? "127.0.0.1" : "::1";
    }

    @ParameterizedTest
    @EnumSource
    void connectionByLoopbackComesFromTheGatewayAndIsAnswered(Family family) {
        assertConnection(family, loopback(family));
    }

    @ParameterizedTest
    @EnumSource
    void connectionByThePodsOwnAddressDoesTheSame(Family family) {
        assertConnection(family, family.pod);
    }

    private void assertConnection(Family family, String own) {
        byte[] in = bench.fromOutside(tcp(own, CLIENT, own, PORT, "S")).getFirst();
        assertThat(flow(in))
                .isEqualTo(
                        family.at(family.gateway, CLIENT) + " > " + family.at(family.guest, PORT));
        byte[] out =
                bench.fromGuest(tcp(family.guest, PORT, family.gateway, CLIENT, "SA")).getFirst();
        assertThat(flow(out)).isEqualTo(family.at(own, PORT) + " > " + family.at(own, CLIENT));
        assertThat(bench.fromOutside(tcp(own, CLIENT, own, PORT, "A"))).hasSize(1);
        assertThat(bench.nat.sessionCount()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void datagramsGoBothWays(Family family) {
        String own = loopback(family);
        assertThat(flow(bench.fromOutside(udp(own, CLIENT, own, 53)).getFirst()))
                .isEqualTo(family.at(family.gateway, CLIENT) + " > " + family.at(family.guest, 53));
        byte[] answer = udp(family.guest, 53, family.gateway, CLIENT);
        assertThat(flow(bench.fromGuest(answer).getFirst()))
                .isEqualTo(family.at(own, 53) + " > " + family.at(own, CLIENT));
    }

    @ParameterizedTest
    @EnumSource
    void sameClientPortByTheOtherAddressIsRefusedByName(Family family) {
        String own = loopback(family);
        bench.fromOutside(tcp(own, CLIENT, own, PORT, "S"));
        assertThat(bench.fromOutside(tcp(family.pod, CLIENT, family.pod, PORT, "S"))).isEmpty();
        assertThat(bench.count(Verdict.DROP_PORTS_EXHAUSTED)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void portThatIsNotOpenStaysWithThePod(Family family) {
        String own = loopback(family);
        byte[] syn = tcp(own, CLIENT, own, 81, "S");
        List<byte[]> back = bench.on.exchange(bench.uplink, bench.uplink, syn);
        assertThat(flow(back.getFirst())).isEqualTo(flow(syn));
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void connectionGoesOnAfterARestartWhenTheProcessSpeaks(Family family) {
        byte[] data = tcp(family.guest, PORT, family.gateway, CLIENT, "PA");
        String own = loopback(family);
        assertThat(bench.fromGuest(data)).as("not before").isEmpty();
        assertThat(bench.count(Verdict.DROP_NO_SESSION)).as("and no reset").isOne();
        assertThat(bench.fromOutside(tcp(own, CLIENT, own, PORT, "A"))).hasSize(1);
        assertThat(flow(bench.fromGuest(data).getFirst()))
                .isEqualTo(family.at(own, PORT) + " > " + family.at(own, CLIENT));
    }

    @ParameterizedTest
    @EnumSource
    void answerInFragmentsDoesNotLeaveThePod(Family family) {
        String own = loopback(family);
        bench.fromOutside(udp(own, CLIENT, own, 53));
        byte[] answer = udp(family.guest, 53, family.gateway, CLIENT, new byte[2000]);
        byte[][] fragments = Packets.fragments(answer, 1000, 7).toArray(byte[][]::new);
        assertThat(bench.fromGuest(fragments)).isEmpty();
        assertThat(bench.count(Verdict.DROP_FRAGMENT)).isEqualTo(fragments.length);
    }

    @ParameterizedTest
    @EnumSource
    void guestHasNoWayToLoopbackOfItsOwn(Family family) {
        assertThat(bench.fromGuest(tcp(family.guest, PORT, family.gateway, 22, "S"))).isEmpty();
        assertThat(bench.fromGuest(tcp(family.guest, 81, family.gateway, 22, "PA"))).isEmpty();
        assertThat(bench.fromGuest(udp(family.guest, 53, family.gateway, 5353))).isEmpty();
        assertThat(bench.count(Verdict.REJECTED)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void refusalByTheGuestQuotesWhatTheProcessSent(Family family) {
        String own = loopback(family);
        byte[] in = bench.fromOutside(udp(own, CLIENT, own, 53)).getFirst();
        byte[] refusal = IcmpPackets.unreachable(family, family.guest, in);
        byte[] out = bench.fromGuest(refusal).getFirst();
        assertThat(IcmpPackets.describe(family, out)).startsWith(own + " > " + own);
        MemorySegment b = MemorySegment.ofArray(out);
        int quoted = IcmpPackets.quoted(family);
        assertThat(source(family, b, quoted)).isEqualTo(own);
        int l4 = quoted + family.ipHeader;
        assertThat(Udp.srcPort(b, l4)).isEqualTo(CLIENT);
        assertThat(Udp.dstPort(b, l4)).isEqualTo(53);
    }

    private static String source(Family family, MemorySegment b, int l3) {
        return family.isIpv6()
                ? AddressText.ip(Ipv6.srcHigh(b, l3), Ipv6.srcLow(b, l3))
                : AddressText.ipv4(Ipv4.src(b, l3));
    }
}
