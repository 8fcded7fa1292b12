package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.CarriedPrograms;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the kernel carries is what the walk would have sent, byte for byte, and is counted as that:
 * the same frames go through a NIC whose established flows the kernel carries, and through one
 * without. The programs are run by the kernel, and so as root.
 */
class CarriedFramesTest {
    private static final int FRAMES = Integer.getInteger("carried.frames", 60_000);
    private static final int SESSIONS = 1 << 17;
    private static final int UPLINK_MTU = 1400;
    private static final int GUEST_MTU = 1500;
    private static final long GATEWAY_MAC = 0x0200_0000_0000L;
    private static final int TCPV4 = 1; // VIRTIO_NET_HDR_GSO_TCPV4
    private static final int TCPV6 = 4;
    private static final NatPolicy POLICY =
            NatPolicy.DEFAULT
                    .with(
                            new NatPolicy.Ports(
                                    OpenPorts.listed()
                                            .add(Protocols.TCP, 80)
                                            .add(Protocols.UDP, 53),
                                    UnlistedPolicy.POD,
                                    true))
                    .with(new NatPolicy.Limits(SESSIONS, 0, 256)); // none gives way

    private final CarriedPrograms programs =
            new CarriedPrograms(Bench.addresses(), UPLINK_MTU, GUEST_MTU, GATEWAY_MAC, 4096);
    private final Bench fast = new Bench(POLICY, UPLINK_MTU, GUEST_MTU, programs);
    private final Bench plain = new Bench(POLICY, UPLINK_MTU, GUEST_MTU);
    private final CarriedFlows flows = new CarriedFlows();

    /** The kernel has its own, and carries nothing for a worker that it has not seen for long. */
    @BeforeEach
    void useTheKernelsClock() {
        long ns = System.nanoTime() - fast.on.nowNs();
        fast.on.later(ns);
        plain.on.later(ns);
        fast.worker.beat();
    }

    @AfterEach
    void close() {
        programs.close();
    }

    /** Both ways, and the same leaves on either side. Whether the kernel has carried it. */
    private boolean exchange(boolean fromGuest, byte[] frame, int segment) {
        List<String> expected = walked(plain, fromGuest, frame, segment);
        byte[] carried = programs.carry(fromGuest, frame, segment);
        List<String> actual =
                carried == null
                        ? walked(fast, fromGuest, frame, segment)
                        : List.of((fromGuest ? "out " : "in ") + hex(carried));
        assertThat(actual)
                .as("carried=%s fromGuest=%s frame=%s", carried != null, fromGuest, hex(frame))
                .isEqualTo(expected);
        return carried != null;
    }

    private static List<String> walked(Bench bench, boolean fromGuest, byte[] bytes, int segment) {
        bench.guest.departed().clear();
        bench.uplink.departed().clear();
        Frame frame = bench.pool.take();
        frame.compose(bytes.length);
        MemorySegment.copy(bytes, 0, frame.data, ValueLayout.JAVA_BYTE, frame.start, bytes.length);
        if (segment > 0) {
            int type = bytes[12] == 8 ? TCPV4 : TCPV6;
            VirtioNetHdr.gso(frame.data, frame.vnet(), type, segment);
        }
        bench.on.send(fromGuest ? bench.guest : bench.uplink, frame);
        List<String> left = new ArrayList<>();
        bench.guest.departed().forEach(each -> left.add("in " + hex(each)));
        bench.uplink.departed().forEach(each -> left.add("out " + hex(each)));
        return left;
    }

    private static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }

    private void countedAlike() {
        Nic carrying = fast.nic;
        Nic walking = plain.nic;
        assertThat(carrying.counters())
                .usingRecursiveComparison()
                .ignoringFields("carriedFrames")
                .isEqualTo(walking.counters());
        assertThat(sessions(fast)).containsExactlyInAnyOrderElementsOf(sessions(plain));
    }

    private static List<String> sessions(Bench bench) {
        return bench.nat.list(SESSIONS, bench.on.nowNs()).stream()
                .map(
                        view ->
                                "%d %s %s in=%d out=%d"
                                        .formatted(
                                                view.protocol(),
                                                view.endpoints(),
                                                view.state(),
                                                view.use().framesIn(),
                                                view.use().framesOut()))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void connectionIsCarriedFromTheAnswerToItsEnd(Family family) {
        byte[] ack = Packets.tcp(family.guest, 40000, family.web, 443, "A");
        byte[] answer = flows.inward(tcp(family, "A"));
        byte[] fin = Packets.tcp(family.guest, 40000, family.web, 443, "FA");
        assertThat(exchange(true, Packets.tcp(family.guest, 40000, family.web, 443, "S"), 0))
                .isFalse();
        assertThat(exchange(false, flows.inward(tcp(family, "SA")), 0)).isTrue();
        countedAlike();
        assertThat(exchange(true, ack, 0)).isTrue();
        assertThat(exchange(false, answer, 0)).isTrue();
        countedAlike();
        assertThat(exchange(true, fin, 0)).isTrue();
        assertThat(exchange(false, answer, 0)).isTrue(); // it goes on in the other direction
        countedAlike();
        assertThat(exchange(false, flows.inward(tcp(family, "FA")), 0)).isTrue();
        assertThat(exchange(true, ack, 0)).isTrue();
        countedAlike(); // and the daemon knows that it has ended
        assertThat(exchange(true, ack, 0)).isFalse();
        countedAlike();
    }

    @ParameterizedTest
    @EnumSource
    void connectionFromOutsideIsCarriedFromTheAnswerOn(Family family) {
        byte[] syn = flows.inward(Packets.tcp(family.web, 5000, family.pod, 80, "S"));
        byte[] ack = flows.inward(Packets.tcp(family.web, 5000, family.pod, 80, "A"));
        byte[] reset = flows.inward(Packets.tcp(family.web, 5000, family.pod, 80, "R"));
        assertThat(exchange(false, syn, 0)).isFalse();
        assertThat(exchange(true, Packets.tcp(family.guest, 80, family.web, 5000, "SA"), 0))
                .isTrue();
        assertThat(exchange(false, ack, 0)).isTrue();
        countedAlike();
        assertThat(exchange(false, reset, 0)).isTrue();
        assertThat(exchange(false, ack, 0)).isFalse(); // after a reset it may go on
        countedAlike();
    }

    @ParameterizedTest
    @EnumSource
    void answerThatAsksForTooLongSegmentsIsWalked(Family family) {
        exchange(true, Packets.tcp(family.guest, 40000, family.web, 443, "S"), 0);
        int fitting = UPLINK_MTU - family.ipHeader - 20;
        assertThat(exchange(false, answer(family, fitting), 0)).isTrue();
        assertThat(exchange(false, answer(family, fitting + 1), 0)).isFalse();
        byte[] later =
                flows.withOptions(
                        family, answer(family, fitting), (byte) 1, (byte) 1, (byte) 1, (byte) 1);
        assertThat(exchange(false, later, 0)).isFalse();
        NatPolicy.Behaviour of = POLICY.behaviour();
        NatPolicy.Behaviour shorter =
                new NatPolicy.Behaviour(
                        of.mapping(),
                        of.filtering(),
                        of.refresh(),
                        of.otherProtocols(),
                        of.linkLocal(),
                        1000,
                        of.midstream());
        fast.nat.change(POLICY.with(shorter));
        plain.nat.change(POLICY.with(shorter));
        exchange(true, Packets.tcp(family.guest, 40000, family.web, 443, "A"), 0);
        assertThat(exchange(false, answer(family, 1001), 0)).isFalse();
        assertThat(exchange(false, answer(family, 1000), 0)).isTrue();
        countedAlike();
    }

    private byte[] answer(Family family, int segment) {
        byte[] bare = tcp(family, "SA");
        return flows.inward(flows.withOptions(family, bare, CarriedFlows.segmentSize(segment)));
    }

    private static byte[] tcp(Family family, String flags) {
        return Packets.tcp(family.web, 443, family.pod, 40000, flags);
    }

    @ParameterizedTest
    @EnumSource
    void datagramsAreCarriedFromTheSecondOn(Family family) {
        byte[] out = Packets.udp(family.guest, 40000, family.web, 443);
        byte[] in = flows.inward(Packets.udp(family.web, 443, family.pod, 40000));
        assertThat(exchange(true, out, 0)).isFalse();
        assertThat(exchange(true, out, 0)).isTrue();
        assertThat(exchange(false, in, 0)).isTrue();
        assertThat(exchange(false, in, 0)).isTrue();
        assertThat(exchange(true, out, 0)).isTrue();
        countedAlike();
    }

    @ParameterizedTest
    @EnumSource
    void otherPortIsTranslated(Family family) {
        long[] web = address(family.web);
        for (Bench bench : List.of(fast, plain)) {
            bench.pod.keepPodFlow(Protocols.UDP, 40000, web[0], web[1], 443);
        }
        byte[] out = Packets.udp(family.guest, 40000, family.web, 443);
        exchange(true, out, 0);
        int outside = fast.nat.list(1, 0).getFirst().endpoints().outsidePort();
        assertThat(outside).isNotEqualTo(40000);
        byte[] in = flows.inward(Packets.udp(family.web, 443, family.pod, outside));
        exchange(false, in, 0);
        assertThat(exchange(true, out, 0)).isTrue();
        assertThat(exchange(false, in, 0)).isTrue();
        countedAlike();
    }

    private static long[] address(String text) {
        return text.contains(":")
                ? AddressText.ipv6(text)
                : new long[] {0, Ip.mapped(AddressText.ipv4(text))};
    }

    private void serve(FrontEnd... fronts) {
        for (Bench bench : List.of(fast, plain)) {
            bench.services(ServiceTable.of(List.of(fronts)));
        }
    }

    private static FrontEnd front(Family family, int protocol, FrontEnd.Endpoint... endpoints) {
        return ServicesTest.front(ServicesTest.vip(family), protocol, 443, 0, endpoints);
    }

    @ParameterizedTest
    @EnumSource
    void connectionToAServiceIsCarriedFromTheAnswerToItsEnd(Family family) {
        String vip = ServicesTest.vip(family);
        serve(front(family, Protocols.TCP, CarriedFlows.endpoints(family)[0]));
        byte[] ack = Packets.tcp(family.guest, 40000, vip, 443, "A");
        byte[] answer = flows.inward(Packets.tcp(family.other, 8443, family.pod, 40000, "SA"));
        byte[] fin = flows.inward(Packets.tcp(family.other, 8443, family.pod, 40000, "FA"));
        byte[] direct = Packets.tcp(family.guest, 40000, family.other, 8443, "A");
        assertThat(exchange(true, Packets.tcp(family.guest, 40000, vip, 443, "S"), 0)).isFalse();
        assertThat(exchange(false, answer, 0)).isTrue();
        assertThat(exchange(true, ack, 0)).isTrue();
        countedAlike();
        assertThat(exchange(true, direct, 0)).as("not as the guest has addressed it").isFalse();
        serve(); // its connections go on
        assertThat(exchange(true, ack, 0)).isTrue();
        assertThat(exchange(false, fin, 0)).isTrue();
        assertThat(exchange(true, Packets.tcp(family.guest, 40000, vip, 443, "FA"), 0)).isTrue();
        countedAlike();
        assertThat(exchange(true, ack, 0)).isFalse();
        countedAlike();
    }

    @ParameterizedTest
    @EnumSource
    void datagramsToAServiceGoToAnotherEndpointWithTheFrameAfterTheirOwnIsGone(Family family) {
        FrontEnd.Endpoint[] endpoints = CarriedFlows.endpoints(family);
        serve(front(family, Protocols.UDP, endpoints[0]));
        byte[] out = Packets.udp(family.guest, 40000, ServicesTest.vip(family), 443);
        byte[] in = flows.inward(Packets.udp(family.other, 8443, family.pod, 40000));
        byte[] second = flows.inward(Packets.udp(family.router, 443, family.pod, 40000));
        exchange(true, out, 0);
        exchange(false, in, 0);
        assertThat(exchange(true, out, 0)).isTrue();
        assertThat(exchange(false, in, 0)).isTrue();
        serve(front(family, Protocols.UDP, endpoints)); // it stays
        assertThat(exchange(true, out, 0)).isTrue();
        serve(front(family, Protocols.UDP, endpoints[1]));
        assertThat(exchange(true, out, 0)).isFalse();
        exchange(false, second, 0);
        assertThat(exchange(true, out, 0)).isTrue();
        assertThat(exchange(false, second, 0)).isTrue();
        assertThat(exchange(false, in, 0)).as("of no session any more").isFalse();
        countedAlike();
    }

    @Test
    void segmentedFrameIsCarriedWhereItsSegmentsFit() {
        Family family = Family.IPV4;
        establish(family);
        byte[] large = flows.tcpOf(family, 3000);
        assertThat(exchange(true, large, UPLINK_MTU - 40)).isTrue();
        assertThat(exchange(true, large, UPLINK_MTU - 39)).isFalse();
        countedAlike();
    }

    private void establish(Family family) {
        exchange(true, Packets.tcp(family.guest, 40000, family.web, 443, "S"), 0);
        exchange(false, flows.inward(tcp(family, "SA")), 0);
        exchange(true, Packets.tcp(family.guest, 40000, family.web, 443, "A"), 0);
    }

    /** Each of the endpoints may go and come back. */
    private void serveSome(Random random) {
        List<FrontEnd> fronts = new ArrayList<>();
        for (Family family : Family.values()) {
            FrontEnd.Endpoint[] both = CarriedFlows.endpoints(family);
            for (int protocol : new int[] {Protocols.TCP, Protocols.UDP}) {
                int which = random.nextInt(3);
                fronts.add(
                        which == 2
                                ? front(family, protocol, both)
                                : front(family, protocol, both[which]));
            }
        }
        serve(fronts.toArray(FrontEnd[]::new));
    }

    @Test
    void randomFramesOfRandomFlowsAreTheSameBothWays() {
        Random random = new Random(20261128);
        for (int i = 0; i < 8; i++) {
            for (Bench bench : List.of(fast, plain)) {
                long[] web = address(Family.IPV4.web);
                bench.pod.keepPodFlow(Protocols.TCP, 41000 + i, web[0], web[1], 443);
            }
        }
        serveSome(random);
        int carried = 0;
        int byService = 0;
        for (int i = 0; i < FRAMES; i++) {
            if (i % 1000 == 0) {
                useTheKernelsClock();
                countedAlike();
                serveSome(random);
            }
            CarriedFlows.Sent sent = flows.next(random);
            boolean isCarried = exchange(sent.fromGuest(), sent.frame(), sent.segment());
            carried += isCarried ? 1 : 0;
            byService += isCarried && sent.isToService() ? 1 : 0;
        }
        System.out.printf("carried %d of %d frames, %d to Services%n", carried, FRAMES, byService);
        assertThat(byService).isGreaterThan(FRAMES / 30);
        assertThat(carried).isBetween(FRAMES / 4, FRAMES * 9 / 10);
        assertThat(plain.count(Verdict.DROP_FAULT)).isZero();
        countedAlike();
    }
}
