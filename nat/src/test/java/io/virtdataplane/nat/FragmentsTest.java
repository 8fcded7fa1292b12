package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.fragments;
import static io.virtdataplane.nat.Packets.ping;
import static io.virtdataplane.nat.Packets.reassemble;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 4787 REQ-14, RFC 791, RFC 8200 4.5, RFC 5722: fragments of both families. */
class FragmentsTest {
    private static final long SEED = 20261124;
    private static final byte[] LONG = new byte[3000];

    static {
        new Random(SEED).nextBytes(LONG);
    }

    private final Bench bench = new Bench(OpenPorts.listed().add(Protocols.UDP, 53));

    private static byte[] datagram(Family family, int port) {
        return udp(family.guest, port, family.web, 53, LONG);
    }

    @ParameterizedTest
    @EnumSource
    void inOrderEachLeavesAtOnceAndTheWholeIsTranslated(Family family) {
        for (byte[] fragment : fragments(datagram(family, 40000), 1400, 7)) {
            assertThat(bench.fromGuest(fragment)).hasSize(1);
        }
        List<byte[]> answer =
                bench.fromOutside(
                        fragments(udp(family.web, 53, family.pod, 40000, LONG), 1400, 7)
                                .toArray(byte[][]::new));
        assertThat(flow(reassemble(answer))).isEqualTo(family.inward(family.web, 53, 40000));
        assertThat(bench.nat.sessionCount()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void firstOneLastIsAsGood(Family family) {
        List<byte[]> fragments = fragments(datagram(family, 40000), 1000, 7);
        for (byte[] later : fragments.subList(1, fragments.size()).reversed()) {
            assertThat(bench.fromGuest(later)).as("waits").isEmpty();
        }
        assertThat(bench.nat.waitingFragments()).isEqualTo(fragments.size() - 1);
        assertThat(bench.count(Verdict.HELD)).isEqualTo(fragments.size() - 1);
        List<byte[]> left = bench.fromGuest(fragments.getFirst());
        assertThat(left).hasSameSizeAs(fragments);
        assertThat(flow(reassemble(left))).isEqualTo(family.outward(40000, family.web, 53));
        assertThat(bench.count(Verdict.HELD)).isZero();
        assertThat(bench.count(Verdict.FORWARDED)).isEqualTo(fragments.size());
        assertThat(bench.nat.waitingFragments()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void anyOrderOfManyDatagramsAtOnceRestoresEach(Family family) {
        Random random = new Random(SEED);
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.addAll(fragments(datagram(family, 40000 + i), 8 * (20 + random.nextInt(60)), i));
        }
        Collections.shuffle(all, random);
        List<byte[]> left = new ArrayList<>();
        for (byte[] fragment : all) {
            left.addAll(bench.fromGuest(fragment));
        }
        assertThat(left).as("seed=%d", SEED).hasSameSizeAs(all);
        for (int i = 0; i < 20; i++) {
            int identification = i;
            List<byte[]> own =
                    left.stream().filter(f -> identification(family, f) == identification).toList();
            assertThat(flow(reassemble(own))).isEqualTo(family.outward(40000 + i, family.web, 53));
        }
    }

    private static int identification(Family family, byte[] frame) {
        int at = family.isIpv6() ? 60 : 18;
        return (frame[at] & 0xff) << 8 | frame[at + 1] & 0xff;
    }

    @ParameterizedTest
    @EnumSource
    void displacedPortIsRightInTheWholeToo(Family family) {
        bench.pod.flows.add("17/40000 " + family.web + ":53");
        List<byte[]> left =
                bench.fromGuest(fragments(datagram(family, 40000), 1400, 7).toArray(byte[][]::new));
        assertThat(flow(reassemble(left))).doesNotContain(":40000 >");
    }

    @ParameterizedTest
    @EnumSource
    void aSessionMayBeginWithAFragmentFromOutside(Family family) {
        List<byte[]> got =
                bench.fromOutside(
                        fragments(udp(family.web, 9, family.pod, 53, LONG), 1400, 3)
                                .reversed()
                                .toArray(byte[][]::new));
        assertThat(flow(reassemble(got))).isEqualTo(family.inward(family.web, 9, 53));
        assertThat(bench.fromGuest(udp(family.guest, 53, family.web, 9))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void longPingIsFragmentedToo(Family family) {
        byte[] request = ping(family.guest, family.web, 7);
        List<byte[]> left = bench.fromGuest(fragments(request, 16, 5).toArray(byte[][]::new));
        assertThat(flow(reassemble(left))).isEqualTo(family.outward(7, family.web, 7));
    }

    @ParameterizedTest
    @EnumSource
    void hairpinnedFragmentsComeBackWhole(Family family) {
        bench.guest.departed().clear();
        bench.fromGuest(
                fragments(udp(family.guest, 40000, family.pod, 53, LONG), 1400, 3)
                        .reversed()
                        .toArray(byte[][]::new));
        assertThat(flow(reassemble(bench.guest.departed())))
                .isEqualTo(family.inward(family.pod, 40000, 53));
    }

    @ParameterizedTest
    @EnumSource
    void fragmentsOfAnUnlistedPortAreHandedToThePodAllOfThem(Family family) {
        bench.uplink.departed().clear();
        List<byte[]> pods = fragments(udp(family.web, 9, family.pod, 54, LONG), 1400, 3);
        for (byte[] fragment : pods) {
            assertThat(bench.fromOutside(fragment)).isEmpty();
        }
        List<byte[]> reversed = fragments(udp(family.web, 9, family.pod, 54, LONG), 1400, 4);
        bench.fromOutside(reversed.reversed().toArray(byte[][]::new));
        assertThat(bench.uplink.departed()).hasSize(2 * pods.size()).containsAll(pods);
        assertThat(bench.count(Verdict.HANDED_TO_POD)).isEqualTo(2 * pods.size());
    }

    @ParameterizedTest
    @EnumSource
    void overlapSpoilsTheDatagramAndARepetitionDoesNot(Family family) {
        byte[] datagram = datagram(family, 40000);
        List<byte[]> parts = fragments(datagram, 1000, 7);
        bench.fromGuest(parts.get(0), parts.get(1));
        assertThat(bench.fromGuest(parts.get(1))).as("exact repetition").isEmpty();
        assertThat(bench.fromGuest(parts.get(2))).as("the rest goes on").hasSize(1);

        byte[] other = datagram(family, 40001);
        List<byte[]> spoilt = fragments(other, 1000, 8);
        byte[] overlapping = Packets.fragment(other, Arrays.copyOf(LONG, 1008), 992, true, 8);
        bench.fromGuest(spoilt.get(0));
        assertThat(bench.fromGuest(overlapping)).isEmpty();
        assertThat(bench.fromGuest(spoilt.get(1), spoilt.get(2))).isEmpty();
        assertThat(bench.count(Verdict.DROP_FRAGMENT_OVERLAP)).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource
    void lastFragmentThatContradictsAnotherSpoilsTheDatagram(Family family) {
        byte[] datagram = datagram(family, 40000);
        List<byte[]> parts = fragments(datagram, 1000, 7);
        bench.fromGuest(parts.get(0), parts.get(2));
        byte[] shorter = Packets.fragment(datagram, Arrays.copyOf(LONG, 400), 1000, false, 7);
        byte[] beyond = Packets.fragment(datagram, Arrays.copyOf(LONG, 400), 4000, true, 7);
        assertThat(bench.fromGuest(shorter)).isEmpty();
        assertThat(bench.fromGuest(beyond)).isEmpty();
        assertThat(bench.count(Verdict.DROP_FRAGMENT_OVERLAP)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void tinyFirstFragmentAndPingOfDeathAreRefused(Family family) {
        byte[] segment = tcp(family.guest, 40000, family.web, 443, "A");
        byte[] tiny =
                Packets.fragment(
                        segment,
                        Arrays.copyOfRange(segment, 14 + family.ipHeader, 30 + family.ipHeader),
                        0,
                        true,
                        1);
        assertThat(bench.fromGuest(tiny)).as("RFC 1858: the flags are not in it").isEmpty();
        assertThat(bench.count(Verdict.DROP_FRAGMENT)).isOne();
        byte[] beyond = Packets.fragment(datagram(family, 1), new byte[64], 65_528, false, 2);
        byte[] odd = Packets.fragment(datagram(family, 1), new byte[63], 0, true, 3);
        assertThat(bench.fromGuest(beyond, odd)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void waitingEndsAfterThirtySecondsAndIsCounted(Family family) {
        List<byte[]> parts = fragments(datagram(family, 40000), 1000, 7);
        bench.fromGuest(parts.get(1), parts.get(2));
        bench.pass(29);
        assertThat(bench.nat.waitingFragments()).isEqualTo(2);
        bench.pass(2);
        assertThat(bench.nat.waitingFragments()).isZero();
        assertThat(bench.count(Verdict.HELD)).isZero();
        assertThat(bench.count(Verdict.DROP_FRAGMENT_TIMEOUT)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void floodOfLaterFragmentsIsBoundedAndOthersGetThrough(Family family) {
        Bench small = new Bench(NatPolicy.DEFAULT.with(new NatPolicy.Limits(64, 0, 32)));
        for (int i = 0; i < 10_000; i++) {
            small.fromOutside(
                    Packets.fragment(
                            udp(family.other, 9, family.pod, 53), new byte[64], 64, true, i));
        }
        assertThat(small.nat.waitingFragments()).isLessThanOrEqualTo(32);
        small.pass(1);
        List<byte[]> got =
                small.fromOutside(
                        fragments(udp(family.web, 9, family.pod, 53, LONG), 1400, 77)
                                .toArray(byte[][]::new));
        assertThat(flow(reassemble(got))).isEqualTo(family.inward(family.web, 9, 53));
        long held = small.count(Verdict.HELD);
        long limited = small.count(Verdict.DROP_FRAGMENT_LIMIT);
        long givenUp = small.count(Verdict.DROP_FRAGMENT_TIMEOUT);
        assertThat(held + limited + givenUp).isEqualTo(10_000);
    }

    @ParameterizedTest
    @EnumSource
    void datagramWithARefusedFirstFragmentIsRefusedWhole(Family family) {
        Bench strict = new Bench(OpenPorts.listed(), UnlistedPolicy.DROP, 64);
        byte[] datagram = udp(family.web, 9, family.pod, 53, LONG);
        strict.fromOutside(fragments(datagram, 1400, 3).toArray(byte[][]::new));
        strict.fromOutside(fragments(datagram, 1400, 4).reversed().toArray(byte[][]::new));
        assertThat(strict.count(Verdict.DROP_UNLISTED_PORT)).isEqualTo(6);
    }

    @ParameterizedTest
    @EnumSource
    void manyThatWaitAreReleasedThroughAFewFrames(Family family) {
        Bench few = new Bench(OpenPorts.listed().add(Protocols.UDP, 53)).withFramesLeft(4);
        List<byte[]> parts = fragments(datagram(family, 40000), 48, 7);
        assertThat(parts).hasSizeGreaterThan(60);
        for (byte[] later : parts.subList(1, parts.size()).reversed()) {
            few.fromGuest(later);
        }
        assertThat(few.nat.waitingFragments()).isEqualTo(parts.size() - 1);
        List<byte[]> left = few.fromGuest(parts.getFirst());
        assertThat(left).hasSameSizeAs(parts);
        assertThat(flow(reassemble(left))).isEqualTo(family.outward(40000, family.web, 53));
        assertThat(few.nat.waitingFragments()).isZero();
        assertThat(few.count(Verdict.FORWARDED)).isEqualTo(parts.size());
    }

    @ParameterizedTest
    @EnumSource
    void waitingFragmentsOfOthersGiveWayToAnHonestDatagram(Family family) {
        Bench small = new Bench(NatPolicy.DEFAULT.with(new NatPolicy.Limits(64, 0, 16)));
        // The pod's own: its kernel has the first ones, of which we see none.
        for (int i = 0; i < 8; i++) {
            byte[] pods = udp(family.other, 9, family.pod, 54, LONG);
            small.fromOutside(fragments(pods, 1000, i).subList(1, 3).toArray(byte[][]::new));
        }
        assertThat(small.nat.waitingFragments()).isEqualTo(16);
        byte[] answer = udp(family.web, 9, family.pod, 53, LONG);
        List<byte[]> got =
                small.fromOutside(fragments(answer, 1000, 99).reversed().toArray(byte[][]::new));
        assertThat(flow(reassemble(got))).isEqualTo(family.inward(family.web, 9, 53));
        assertThat(small.count(Verdict.DROP_FRAGMENT_LIMIT)).isZero();
    }
}
