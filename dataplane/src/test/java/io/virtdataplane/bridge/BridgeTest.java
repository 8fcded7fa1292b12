package io.virtdataplane.bridge;

import static io.virtdataplane.bridge.SwitchBench.frame;
import static io.virtdataplane.bridge.SwitchBench.tagged;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Named after the scenarios of the Linux kernel's own tests of its bridge (net/forwarding). */
class BridgeTest {
    private static final long H1 = 0x5254_0000_0001L;
    private static final long H2 = 0x5254_0000_0002L;
    private static final long H3 = 0x5254_0000_0003L;
    private static final long GROUP = 0x0100_5e01_0203L;
    private static final BridgePolicy PLAIN = BridgePolicy.DEFAULT.withVlanFiltering(false);
    private static final PortPolicy PORT = PortPolicy.DEFAULT;

    private static SwitchBench aware(PortPolicy... ports) {
        return with(BridgePolicy.DEFAULT, ports);
    }

    private static SwitchBench with(BridgePolicy policy, PortPolicy... ports) {
        SwitchBench bench = new SwitchBench(policy);
        for (PortPolicy port : ports) {
            bench.port(port);
        }
        return bench;
    }

    private static PortPolicy access(int vlan) {
        return PORT.with(PortVlans.access(vlan));
    }

    private static PortPolicy flags(boolean learning, boolean flood, boolean group, boolean all) {
        return PORT.with(PortFlag.LEARNING, learning)
                .with(PortFlag.FLOOD, flood)
                .with(PortFlag.MULTICAST_FLOOD, group)
                .with(PortFlag.BROADCAST_FLOOD, all);
    }

    private static PortPolicy isolated() {
        return PORT.with(PortFlag.ISOLATED, true);
    }

    private static PortPolicy locked() {
        return PORT.with(PortFlag.LEARNING, false).with(PortFlag.LOCKED, true);
    }

    @Test
    void learning() {
        SwitchBench bench = aware(PORT, flags(true, false, true, true), PORT);
        assertThat(bench.send(0, frame(H2, H1))).as("flood off").containsExactly(2);
        bench.send(1, frame(H1, H2));
        assertThat(bench.send(0, frame(H2, H1))).as("learned").containsExactly(1);
        bench.pass(305);
        assertThat(bench.send(0, frame(H2, H1))).as("aged").containsExactly(2);
        bench.policy(1, flags(false, false, true, true));
        bench.send(1, frame(H1, H2));
        assertThat(bench.send(0, frame(H2, H1))).as("learning off").containsExactly(2);
    }

    @Test
    void flooding() {
        SwitchBench bench = aware(PORT, PORT, PORT, PORT);
        assertThat(bench.send(0, frame(H2, H1))).containsExactly(1, 2, 3);
        assertThat(bench.send(0, frame(GROUP, H1))).containsExactly(1, 2, 3);
        assertThat(bench.count(0, Verdict.FLOODED)).isEqualTo(2);
        bench.policy(1, flags(true, false, true, true));
        bench.policy(2, flags(true, true, false, true));
        bench.policy(3, flags(true, true, true, false));
        assertThat(bench.send(0, frame(H2, H1))).as("unicast").containsExactly(2, 3);
        assertThat(bench.send(0, frame(GROUP, H1))).as("multicast").containsExactly(1, 3);
        assertThat(bench.send(0, frame(Ethernet.BROADCAST, H1))).containsExactly(1, 2);
        assertThat(bench.at(3).withheld()).isOne();
    }

    @Test
    void aStationThatMovesIsFollowedAtOnceUnlessItsEntryIsSticky() {
        SwitchBench bench = aware(PORT, PORT, PORT);
        bench.send(1, frame(H1, H2));
        bench.send(2, frame(H1, H2));
        assertThat(bench.send(0, frame(H2, H1))).containsExactly(2);
        bench.bridge.putStation(1, H3, bench.at(1), true, bench.on.nowNs());
        bench.send(2, frame(H1, H3));
        assertThat(bench.send(0, frame(H3, H1))).as("sticky_fdb").containsExactly(1);
        bench.bridge.putStation(1, H3, bench.at(1), false, bench.on.nowNs());
        bench.pass(400);
        assertThat(bench.send(0, frame(H3, H1))).as("static: not aged").containsExactly(1);
        bench.send(2, frame(H1, H3));
        assertThat(bench.send(0, frame(H3, H1))).as("extern_learn: roams").containsExactly(2);
    }

    @Test
    void fdbLearningLimit() {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT, 8).port(PORT).port(PORT);
        for (int i = 0; i < 16; i++) {
            assertThat(bench.send(0, frame(H2, 0x0200_0000_0100L + i)))
                    .as("forwarded all the same")
                    .containsExactly(1);
        }
        assertThat(bench.bridge.stations()).isEqualTo(8);
        assertThat(bench.at(0).unlearned()).isEqualTo(8);
    }

    @Test
    void portIsolation() {
        SwitchBench bench = aware(isolated(), isolated(), PORT);
        assertThat(bench.send(0, frame(Ethernet.BROADCAST, H1))).containsExactly(2);
        bench.send(1, frame(Ethernet.BROADCAST, H2));
        assertThat(bench.send(0, frame(H2, H1))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_ISOLATED)).isOne();
        assertThat(bench.send(2, frame(H2, H3))).containsExactly(1);
    }

    @Test
    void aFloodThatNobodyGetsSaysWhy() {
        SwitchBench apart = aware(isolated(), isolated());
        apart.send(0, frame(Ethernet.BROADCAST, H1));
        assertThat(apart.count(0, Verdict.DROP_ISOLATED)).isOne();
        SwitchBench alone = aware(PORT);
        alone.send(0, frame(Ethernet.BROADCAST, H1));
        assertThat(alone.count(0, Verdict.DROP_NO_PORT)).isOne();
    }

    @Test
    void lockedPort() {
        SwitchBench bench = aware(locked(), PORT);
        assertThat(bench.send(0, frame(H2, H1))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_LOCKED)).isOne();
        bench.bridge.putStation(1, H1, bench.at(0), false, bench.on.nowNs());
        assertThat(bench.send(0, frame(H2, H1))).containsExactly(1);
        bench.bridge.putStation(1, H1, bench.at(1), false, bench.on.nowNs());
        assertThat(bench.send(0, frame(H2, H1))).as("it is elsewhere").isEmpty();
    }

    @Test
    void hairpin() {
        SwitchBench bench = aware(PORT, PORT.with(PortFlag.HAIRPIN, true));
        bench.send(0, frame(H3, H1));
        bench.send(0, frame(H3, H2));
        assertThat(bench.send(0, frame(H2, H1))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_SAME_PORT)).isOne();
        bench.send(1, frame(H1, H3));
        assertThat(bench.send(1, frame(H3, H3 + 1))).containsExactly(1);
        assertThat(bench.send(1, frame(Ethernet.BROADCAST, H3))).containsExactly(0, 1);
    }

    @Test
    void vlansAreApartAndTagsAreAsEachPortHasThem() {
        SwitchBench bench =
                aware(access(100), access(100), access(200), PORT.with(PortVlans.trunk()));
        byte[] frame = frame(Ethernet.BROADCAST, H1);
        assertThat(bench.send(0, frame)).containsExactly(1, 3);
        assertThat(bench.departed(1)).isEqualTo(frame);
        assertThat(bench.departed(3)).isEqualTo(tagged(frame, Ethernet.DOT1Q, 100));
        byte[] answer = tagged(frame(H1, H2), Ethernet.DOT1Q, 0x6000 | 100);
        assertThat(bench.send(3, answer)).containsExactly(0);
        assertThat(bench.departed(0)).isEqualTo(frame(H1, H2));
        assertThat(bench.send(2, frame(H1, H3))).as("VLAN 200 does not know it").containsExactly(3);
        assertThat(bench.send(3, tagged(frame(H1, H2), Ethernet.DOT1Q, 4095))).isEmpty();
        assertThat(bench.count(3, Verdict.DROP_VLAN)).isOne();
        assertThat(bench.send(0, tagged(frame, Ethernet.DOT1Q, 100)))
                .as("a tag on an access port")
                .containsExactly(1, 3);
        assertThat(bench.send(0, tagged(frame, Ethernet.DOT1Q, 200))).isEmpty();
        assertThat(bench.bridge.vlanCounters().frames(100)).isEqualTo(3);
    }

    @Test
    void oneStationInTwoVlansIsTwoEntries() {
        SwitchBench bench = aware(access(100), access(200), PORT.with(PortVlans.trunk()));
        bench.send(0, frame(H3, H1));
        bench.send(1, frame(H3, H1));
        assertThat(bench.send(2, tagged(frame(H1, H2), Ethernet.DOT1Q, 100))).containsExactly(0);
        assertThat(bench.send(2, tagged(frame(H1, H2), Ethernet.DOT1Q, 200))).containsExactly(1);
    }

    @Test
    void vlanDeletion() {
        PortVlans two = new PortVlans(1, VlanSet.of(1).with(10, 10), VlanSet.of(1));
        SwitchBench bench = aware(PORT.with(two), PORT.with(two));
        bench.send(1, tagged(frame(H1, H2), Ethernet.DOT1Q, 10));
        bench.policy(1, PORT);
        assertThat(bench.send(0, frame(H2, H1))).as("the PVID goes on").containsExactly(1);
        assertThat(bench.send(0, tagged(frame(H2, H1), Ethernet.DOT1Q, 10))).isEmpty();
    }

    @Test
    void otherTpidIsUntagged() {
        SwitchBench bench = aware(PORT, PORT);
        byte[] service = tagged(frame(Ethernet.BROADCAST, H1), Ethernet.DOT1AD, 3);
        assertThat(bench.send(0, service)).containsExactly(1);
        assertThat(bench.departed(1)).isEqualTo(service);
    }

    @ParameterizedTest
    @CsvSource({"1", "10"})
    void priorityTaggedFramesAreInThePvidAndKeepTheirPriority(int pvid) {
        SwitchBench bench = aware(access(pvid), PORT.with(PortVlans.trunk()), access(pvid));
        byte[] frame = frame(Ethernet.BROADCAST, H1);
        assertThat(bench.send(0, tagged(frame, Ethernet.DOT1Q, 0xa000))).containsExactly(1, 2);
        assertThat(bench.departed(2)).isEqualTo(frame);
        assertThat(bench.departed(1))
                .isEqualTo(pvid == 1 ? frame : tagged(frame, Ethernet.DOT1Q, 0xa000 | pvid));
    }

    @Test
    void dropUntagged() {
        PortVlans none = new PortVlans(0, VlanSet.of(10), VlanSet.NONE);
        SwitchBench bench = aware(PORT.with(none), PORT.with(PortVlans.trunk()));
        assertThat(bench.send(0, frame(H2, H1))).isEmpty();
        assertThat(bench.send(0, tagged(frame(H2, H1), Ethernet.DOT1Q, 0))).as("802.1p").isEmpty();
        assertThat(bench.count(0, Verdict.DROP_UNTAGGED)).isEqualTo(2);
        assertThat(bench.send(0, tagged(frame(H2, H1), Ethernet.DOT1Q, 10))).containsExactly(1);
    }

    @Test
    void withoutFilteringTagsPassUnseenAndPvidsHaveNoEffect() {
        SwitchBench bench = with(PLAIN, access(100), access(200));
        byte[] frame = tagged(frame(Ethernet.BROADCAST, H1), Ethernet.DOT1Q, 7);
        assertThat(bench.send(0, frame)).containsExactly(1);
        assertThat(bench.departed(1)).isEqualTo(frame);
        assertThat(bench.send(1, frame(H1, H2))).as("learned without a VLAN").containsExactly(0);
    }

    @Test
    void preserveDefaultVlanLetsTheStationHearVlan1() {
        PortVlans preserved =
                new PortVlans(100, VlanSet.of(1).with(100, 100), VlanSet.of(1).with(100, 100));
        SwitchBench bench = aware(PORT, PORT.with(preserved), access(100));
        assertThat(bench.send(0, frame(Ethernet.BROADCAST, H1))).containsExactly(1);
        assertThat(bench.send(1, frame(Ethernet.BROADCAST, H2))).containsExactly(2);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, true",
        "1, 0, false",
        "2, 0, false",
        "3, 0, false",
        "14, 0, false",
        "15, 0, false",
        "1, 65528, false",
        "3, 65528, true",
        "14, 65528, true",
        "14, 16384, true",
        "3, 16384, false"
    })
    void reservedGroups(int group, int mask, boolean passes) {
        SwitchBench bench =
                with(
                        new BridgePolicy(
                                true, BridgePolicy.DEFAULT_AGEING_NS, mask, GroupPolicy.DEFAULT),
                        PORT,
                        PORT);
        assertThat(bench.send(0, frame(0x0180_c200_0000L + group, H1))).hasSize(passes ? 1 : 0);
        assertThat(bench.count(0, Verdict.DROP_RESERVED_GROUP)).isEqualTo(passes ? 0 : 1);
        assertThat(bench.bridge.stations())
                .as("learned but for PAUSE")
                .isEqualTo(group == 1 ? 0 : 1);
    }

    @Test
    void aFrameLongerThanThePortsMtuStaysAndGsoFramesPass() {
        SwitchBench bench = aware(PORT, PORT);
        assertThat(bench.send(0, frame(H2, H1, 0x88b5, 1518))).containsExactly(1);
        assertThat(bench.send(0, frame(H2, H1, 0x88b5, 1519))).isEmpty();
        bench.send(1, frame(H1, H2));
        assertThat(bench.send(0, frame(H2, H1, 0x88b5, 1519))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_TOO_BIG))
                .as("flooded, and to a station")
                .isEqualTo(2);
        var large = bench.pool.take();
        byte[] bytes = frame(H2, H1, 0x88b5, 60_000);
        large.received(bench.pair(0), bytes.length + VirtioNetHdr.LENGTH);
        VirtioNetHdr.partial(large.data, large.vnet(), 34, 16);
        VirtioNetHdr.gso(large.data, large.vnet(), 1, 1448);
        MemorySegment.copy(bytes, 0, large.data, ValueLayout.JAVA_BYTE, large.start, bytes.length);
        bench.pair(0).inject(large);
        bench.worker.breath(0);
        assertThat(bench.departed(1)).hasSize(60_000);
    }

    @Test
    void aTagThatIsPutInMovesTheChecksumsPlaceAndOneTakenOutMovesItBack() {
        SwitchBench bench = aware(access(100), PORT.with(PortVlans.trunk()));
        var frame = bench.pool.take();
        byte[] bytes = frame(Ethernet.BROADCAST, H1, 0x88b5, 100);
        frame.received(bench.pair(0), bytes.length + VirtioNetHdr.LENGTH);
        VirtioNetHdr.partial(frame.data, frame.vnet(), 34, 16);
        MemorySegment.copy(bytes, 0, frame.data, ValueLayout.JAVA_BYTE, frame.start, bytes.length);
        bench.pair(0).inject(frame);
        bench.worker.breath(0);
        assertThat(bench.departed(1)).isEqualTo(tagged(bytes, Ethernet.DOT1Q, 100));
        assertThat(VirtioNetHdr.checksumStart(frame.data, frame.vnet())).isEqualTo(38);
        assertThat(Tags.lift(frame)).isTrue();
        assertThat(VirtioNetHdr.checksumStart(frame.data, frame.vnet())).isEqualTo(34);
        assertThat(frame.tag).isEqualTo(Ethernet.DOT1Q << 16 | 100);
    }

    @Test
    void aPortThatGoesTakesItsStationsAlong() {
        SwitchBench bench = aware(PORT, PORT, PORT);
        bench.send(1, frame(H1, H2));
        bench.worker.detach(bench.at(1));
        bench.bridge.remove(bench.at(1));
        assertThat(bench.send(0, frame(H2, H1))).containsExactly(2);
    }

    @Test
    void sourcesThatNoStationHasAreMalformed() {
        SwitchBench bench = aware(PORT, PORT);
        assertThat(bench.send(0, frame(H2, 0))).isEmpty();
        assertThat(bench.send(0, frame(H2, GROUP))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_MALFORMED)).isEqualTo(2);
    }

    @Test
    void aFrameThatEndsWithinItsTagIsMalformed() {
        SwitchBench bench = aware(access(100), PORT.with(PortVlans.trunk()));
        for (int length = 14; length < 18; length++) {
            assertThat(bench.send(0, frame(Ethernet.BROADCAST, H1, Ethernet.DOT1Q, length)))
                    .isEmpty();
        }
        assertThat(bench.count(0, Verdict.DROP_MALFORMED)).isEqualTo(4);
        assertThat(bench.bridge.stations()).isZero();
    }

    /** A guest that has moved here brings its address along once, a duplicate again and again. */
    @Test
    void anotherStationWithAGuestsAddressIsTold() {
        SwitchBench bench = aware(PORT);
        bench.port(PORT, GuardPolicy.sourceMac(H1)); // the guest; port 0 is an uplink
        bench.send(0, frame(H3, H1)); // it was elsewhere
        bench.send(1, frame(H3, H1)); // and comes here
        assertThat(bench.events()).doesNotContain(EventKind.SAME_MAC);
        bench.send(0, frame(H3, H1));
        bench.send(1, frame(H3, H1));
        assertThat(bench.events()).contains(EventKind.SAME_MAC);
    }
}
