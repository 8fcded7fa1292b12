package io.virtdataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FrameTap;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.CarriedPorts;
import io.virtdataplane.port.PodFrames;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Tcp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A bridge and the programs at its ports: what the kernel carries, until when, and that it counts.
 */
class CarriedConversationsTest {
    private static final long H1 = 0x5254_0000_0001L;
    private static final long H2 = 0x5254_0000_0002L;
    private static final long H3 = 0x5254_0000_0003L;
    private static final int A = AddressText.ipv4("192.0.2.1");
    private static final int B = AddressText.ipv4("192.0.2.2");
    private static final long[] A6 = AddressText.ipv6("2001:db8::1");
    private static final long[] B6 = AddressText.ipv6("2001:db8::2");
    private static final int STATIONS = 64;
    private static final int MTU = 1500;
    private CarriedPorts kernel;
    private SwitchBench bench;

    @BeforeEach
    void twoStationsTalk() {
        kernel = new CarriedPorts(16, Bridge.stationNumbers(STATIONS));
        bench = new SwitchBench(BridgePolicy.DEFAULT, STATIONS, path());
        for (int i = 0; i < 3; i++) {
            bench.port(
                    PortPolicy.DEFAULT, GuardPolicy.NONE, new KernelPort(10 + i, 1, true, false));
        }
        talk();
    }

    private FastPath path() {
        return new FastPath(
                kernel.programs.conversations(),
                kernel.programs.stations(),
                kernel.programs.seed());
    }

    private void talk() {
        bench.send(1, tcp(H1, H2));
        bench.send(0, tcp(H2, H1));
        bench.send(1, tcp(H1, H2));
    }

    @AfterEach
    void close() {
        kernel.close();
    }

    private static byte[] tcp(long to, long from) {
        return between(to, from, PodFrames.tcp(A, 5000, B, 80, Tcp.ACK));
    }

    private static byte[] between(long to, long from, byte[] frame) {
        Ethernet.addresses(MemorySegment.ofArray(frame), 0, to, from);
        return frame;
    }

    private boolean isCarried(int port, byte[] frame) {
        return isCarried(port, frame, 0);
    }

    private boolean isCarried(int port, byte[] frame, int segment) {
        kernel.beat(System.nanoTime());
        long before = bench.at(port).counters().carriedFrames;
        kernel.run(port, frame, segment);
        return bench.at(port).counters().carriedFrames > before;
    }

    @Test
    void knownUnicastIsCarriedBothWaysAndCounted() {
        assertThat(bench.bridge.carried()).isEqualTo(2);
        long framesOut = bench.at(1).counters().toGuestFrames;
        long bytesIn = bench.at(0).counters().guestBytes;
        long vlan = bench.bridge.vlanCounters().frames(1);
        long forwarded = bench.count(0, Verdict.FORWARDED);
        byte[] frame = tcp(H2, H1);
        assertThat(isCarried(0, frame)).isTrue();
        assertThat(isCarried(0, frame, 20)).as("GSO").isTrue();
        assertThat(bench.at(0).counters().gsoFrames).isEqualTo(1);
        assertThat(bench.at(0).counters().guestBytes - bytesIn).isEqualTo(2L * frame.length);
        assertThat(bench.at(1).counters().toGuestFrames - framesOut).isEqualTo(2);
        assertThat(bench.bridge.vlanCounters().frames(1) - vlan).isEqualTo(2);
        assertThat(bench.count(0, Verdict.FORWARDED) - forwarded).isEqualTo(2);
        assertThat(isCarried(1, tcp(H1, H2))).isTrue();
        assertThat(bench.at(0).counters().received())
                .isEqualTo(bench.count(0, Verdict.FORWARDED) + bench.count(0, Verdict.FLOODED));
    }

    @Test
    void nothingElseIs() {
        assertThat(isCarried(0, tcp(H3, H1))).as("to a station unknown").isFalse();
        assertThat(isCarried(0, tcp(H2, H3))).as("from one").isFalse();
        assertThat(isCarried(2, tcp(H2, H1))).as("by another port").isFalse();
        assertThat(isCarried(0, tcp(H1, H1))).as("to itself").isFalse();
        byte[] tagged = SwitchBench.tagged(tcp(H2, H1), Ethernet.DOT1Q, 1);
        assertThat(isCarried(0, tagged)).as("with a tag").isFalse();
    }

    @Test
    void whatTheBridgeLooksIntoIsWalked() {
        byte[] udp = PodFrames.udp(A, 5000, B, 53);
        assertThat(isCarried(0, between(H2, H1, udp))).as("UDP").isTrue();
        assertThat(isCarried(0, between(H2, H1, PodFrames.fragment(udp, 7, 0))))
                .as("a fragment")
                .isFalse();
        for (int[] ports : new int[][] {{68, 67}, {67, 68}, {5000, 67}}) {
            byte[] dhcp = PodFrames.udp(A, ports[0], B, ports[1]);
            assertThat(isCarried(0, between(H2, H1, dhcp))).as("DHCP").isFalse();
        }
        byte[] dhcp6 = PodFrames.udp6(A6, 546, B6, 547);
        assertThat(isCarried(0, between(H2, H1, dhcp6))).as("DHCPv6").isFalse();
        byte[] udp6 = PodFrames.udp6(A6, 5000, B6, 53);
        assertThat(isCarried(0, between(H2, H1, udp6))).as("UDP over IPv6").isTrue();
        udp6[20] = 58;
        assertThat(isCarried(0, udp6)).as("ICMPv6").isFalse();
        byte[] ping = PodFrames.ping(A, B, Icmp.ECHO_REQUEST, 7);
        assertThat(isCarried(0, between(H2, H1, ping))).as("ping").isTrue();
        byte[] options = PodFrames.udp(A, 5000, B, 53);
        options[14] = 0x46;
        assertThat(isCarried(0, between(H2, H1, options))).as("options").isFalse();
        assertThat(isCarried(0, SwitchBench.frame(H2, H1))).as("no IP").isFalse();
        assertThat(isCarried(0, SwitchBench.frame(H2, H1, Ethernet.ARP, 60))).as("ARP").isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {34, 37}) // the kernel runs none that is shorter
    void whatEndsInAHeaderIsWalked(int length) {
        byte[] cut = new byte[length];
        System.arraycopy(between(H2, H1, PodFrames.udp(A, 5000, B, 53)), 0, cut, 0, length);
        assertThat(isCarried(0, cut)).isFalse();
    }

    @Test
    void lengths() {
        byte[] longest = new byte[MTU + 18];
        byte[] frame = tcp(H2, H1);
        System.arraycopy(frame, 0, longest, 0, frame.length);
        assertThat(isCarried(0, longest)).isTrue();
        byte[] longer = new byte[MTU + 19];
        System.arraycopy(frame, 0, longer, 0, frame.length);
        assertThat(isCarried(0, longer)).isFalse();
        assertThat(isCarried(0, longer, 1000)).as("to be segmented").isTrue();
    }

    @Test
    void aStationThatMovesIsFollowedAtOnce() {
        bench.send(2, tcp(H1, H2));
        assertThat(isCarried(0, tcp(H2, H1))).as("to it").isFalse();
        assertThat(isCarried(1, tcp(H1, H2))).as("from where it was").isFalse();
        assertThat(bench.send(0, tcp(H2, H1))).containsExactly(2);
        assertThat(isCarried(0, tcp(H2, H1))).as("to where it is").isTrue();
        assertThat(bench.at(2).counters().toGuestFrames)
                .as("flooded, walked, carried")
                .isEqualTo(3);
    }

    @Test
    void aStationThatIsForgottenOrSetElsewhere() {
        bench.bridge.removeStation(1, H2);
        assertThat(isCarried(0, tcp(H2, H1))).isFalse();
        talk();
        assertThat(isCarried(0, tcp(H2, H1))).isTrue();
        bench.bridge.putStation(1, H2, bench.at(2), true, bench.on.nowNs());
        assertThat(isCarried(0, tcp(H2, H1))).isFalse();
    }

    @Test
    void changesHoldForTheNextFrame() {
        bench.policy(1, PortPolicy.DEFAULT.with(PortVlans.access(7)));
        assertThat(isCarried(0, tcp(H2, H1))).as("another VLAN").isFalse();
        assertThat(bench.send(0, tcp(H2, H1))).containsExactly(2);
        bench.policy(1, PortPolicy.DEFAULT);
        talk();
        assertThat(isCarried(0, tcp(H2, H1))).as("and back").isTrue();
        bench.bridge.change(BridgePolicy.DEFAULT.withVlanFiltering(false));
        assertThat(isCarried(0, tcp(H2, H1))).as("no VLANs").isFalse();
        talk();
        assertThat(isCarried(0, tcp(H2, H1))).isTrue();
        bench.remove(1);
        assertThat(isCarried(0, tcp(H2, H1))).as("the port is gone").isFalse();
        assertThat(bench.bridge.carried()).isZero();
    }

    @Test
    void whoLooksAtAPortSeesAllFrames() {
        bench.worker.capture(bench.at(1), new FrameTap(Arena.ofAuto().allocate(4096, 8), 64));
        assertThat(isCarried(0, tcp(H2, H1))).isFalse();
        assertThat(isCarried(1, tcp(H1, H2))).isFalse();
        talk();
        assertThat(bench.bridge.carried()).isZero();
        bench.worker.capture(bench.at(1), null);
        talk();
        assertThat(isCarried(0, tcp(H2, H1))).isTrue();
    }

    /** Guest H3 at port 3 and H1 behind port 0 know each other. */
    private void guardedGuestTalks(int address) {
        if (bench.ports() == 3) {
            GuardPolicy strict = GuardPolicy.strict(H3);
            bench.port(PortPolicy.DEFAULT, strict, new KernelPort(13, 1, true, false));
        }
        byte[] frame = between(H1, H3, PodFrames.udp(address, 5000, B, 53));
        bench.send(3, frame);
        bench.send(0, tcp(H3, H1));
        bench.send(3, frame);
    }

    @Test
    void ofAStrictGuardsGuestWhatPassesTheGuardIsCarried() {
        guardedGuestTalks(A);
        assertThat(isCarried(0, tcp(H3, H1))).as("to it").isTrue();
        assertThat(isCarried(3, tcp(H1, H3))).as("from it").isTrue();
        assertThat(isCarried(3, between(H1, H3, PodFrames.udp6(A6, 5000, B6, 53)))).isTrue();
        byte[] foreign = between(H1, H3, PodFrames.udp(B, 5000, A, 53));
        assertThat(isCarried(3, foreign)).as("no lease: any source").isTrue();
    }

    @Test
    void afterALeaseItsAddressAloneIsCarried() {
        guardedGuestTalks(B);
        byte[] own = between(H1, H3, PodFrames.udp(A, 5000, B, 53));
        byte[] foreign = between(H1, H3, PodFrames.udp(B, 5000, A, 53));
        bench.send(0, StationGuardTest.dhcp(H1, H3, 67, 68, 5, A));
        assertThat(bench.at(3).leasedAddress()).isEqualTo(A);
        assertThat(isCarried(3, foreign)).as("with the next frame").isFalse();
        assertThat(bench.send(3, foreign)).isEmpty();
        assertThat(bench.count(3, Verdict.DROP_SPOOFED_ADDRESS)).isEqualTo(1);
        guardedGuestTalks(A);
        assertThat(isCarried(3, own)).isTrue();
        assertThat(isCarried(3, foreign)).isFalse();
    }

    /** Headers of all kinds, lengths that lie: what the program lets by the guard lets by, too. */
    @Test
    void theProgramCarriesNothingThatTheGuardWouldStop() {
        guardedGuestTalks(A);
        bench.send(0, StationGuardTest.dhcp(H1, H3, 67, 68, 5, A));
        guardedGuestTalks(A);
        Random random = new Random(7);
        StationGuard guard = bench.at(3).guard;
        int carried = 0;
        int stopped = 0;
        for (int i = 0; i < 1500; i++) {
            byte[] frame = disfigured(random);
            if (!isCarried(3, frame)) {
                stopped++;
                continue;
            }
            carried++;
            Frame copy = bench.pool.take();
            copy.length = frame.length;
            MemorySegment.copy(
                    frame, 0, copy.data, ValueLayout.JAVA_BYTE, copy.start, frame.length);
            assertThat(guard.check(copy))
                    .as(HexFormat.of().formatHex(frame))
                    .isEqualTo(Verdict.CONTINUE);
            bench.pool.free(copy);
        }
        assertThat(carried).isBetween(300, 1300);
        assertThat(stopped).isGreaterThan(200);
    }

    private static byte[] disfigured(Random random) {
        byte[] frame =
                switch (random.nextInt(4)) {
                    case 0 -> PodFrames.udp(A, 5000, B, 53);
                    case 1 -> PodFrames.tcp(A, 5000, B, 80, Tcp.ACK);
                    case 2 -> PodFrames.udp6(A6, 5000, B6, 53);
                    default -> PodFrames.ping(A, B, Icmp.ECHO_REQUEST, 7);
                };
        between(H1, H3, frame);
        for (int i = random.nextInt(3); i > 0; i--) {
            int at = Ethernet.HEADER + random.nextInt(28); // in a header
            frame[at] = (byte) (random.nextBoolean() ? random.nextInt() : frame[at] ^ 1);
        }
        return frame;
    }

    @Test
    void aPortOfAnotherNamespaceIsReachedByTheWalk() {
        bench.port(PortPolicy.DEFAULT, GuardPolicy.NONE, new KernelPort(10, 2, true, false));
        bench.send(3, tcp(H1, H3));
        bench.send(0, tcp(H3, H1));
        assertThat(bench.bridge.carried()).isEqualTo(2);
        assertThat(isCarried(0, tcp(H3, H1))).isFalse();
    }

    @Test
    void nothingIsCarriedWithoutAWordOfTheWorker() {
        kernel.beat(System.nanoTime() - 6_000_000_000L);
        long before = bench.at(0).counters().carriedFrames;
        kernel.run(0, tcp(H2, H1), 0);
        assertThat(bench.at(0).counters().carriedFrames).isEqualTo(before);
    }

    @Test
    void aStationThatOnlyTheKernelHearsStays() {
        long number = number(H1);
        bench.pass(200);
        kernel.programs
                .stations()
                .set(ValueLayout.JAVA_LONG, number * Stations.ENTRY, bench.on.nowNs());
        bench.pass(200);
        assertThat(bench.send(2, tcp(H1, H3))).as("it was heard").containsExactly(0);
        assertThat(bench.send(2, tcp(H2, H3))).as("the other was not").containsExactly(0, 1);
    }

    private long number(long mac) {
        for (int number = 1; number < Bridge.stationNumbers(STATIONS); number++) {
            kernel.programs.stations().set(ValueLayout.JAVA_LONG, number * 16L, 0);
        }
        isCarried(mac == H1 ? 0 : 1, tcp(mac == H1 ? H2 : H1, mac));
        for (int number = 1; number < Bridge.stationNumbers(STATIONS); number++) {
            if (kernel.programs.stations().get(ValueLayout.JAVA_LONG, number * 16L) != 0) {
                return number;
            }
        }
        throw new AssertionError("no frame of the station was carried");
    }

    @Test
    void idleConversationsMakeRoom() {
        bench.pass(50);
        assertThat(bench.bridge.carried()).isZero();
        talk();
        assertThat(isCarried(0, tcp(H2, H1))).isTrue();
    }

    @Test
    void aFullTableCostsNobodyHisFrames() {
        for (int i = 0; i < 60; i++) {
            bench.send(1, tcp(H1, H3 + i));
            assertThat(bench.send(0, tcp(H3 + i, H1))).contains(1);
        }
        assertThat(bench.bridge.carried()).isBetween(40, 64);
        assertThat(bench.at(0).counters().frames(Verdict.FORWARDED)).isEqualTo(61);
    }
}
