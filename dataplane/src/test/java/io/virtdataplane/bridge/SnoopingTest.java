package io.virtdataplane.bridge;

import static io.virtdataplane.bridge.GroupFrames.FF02;
import static io.virtdataplane.bridge.GroupFrames.FF15;
import static io.virtdataplane.bridge.GroupFrames.GROUP;
import static io.virtdataplane.bridge.GroupFrames.H0;
import static io.virtdataplane.bridge.GroupFrames.H1;
import static io.virtdataplane.bridge.GroupFrames.LINK_LOCAL;
import static io.virtdataplane.bridge.GroupFrames.OTHER;
import static io.virtdataplane.bridge.GroupFrames.ROUTER;
import static io.virtdataplane.bridge.GroupFrames.data4;
import static io.virtdataplane.bridge.GroupFrames.data6;
import static io.virtdataplane.bridge.GroupFrames.leave4;
import static io.virtdataplane.bridge.GroupFrames.query4;
import static io.virtdataplane.bridge.GroupFrames.query6;
import static io.virtdataplane.bridge.GroupFrames.report4;
import static io.virtdataplane.bridge.GroupFrames.report6;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As bridge_igmp and bridge_mld of the Linux kernel's own tests (net/forwarding), and RFC 4541. */
class SnoopingTest {
    private static final long H3 = 0x5254_0000_0003L;
    private static final PortPolicy PORT = PortPolicy.DEFAULT;

    /** Four ports; where {@code querier}, one of both families behind the last, heard for long. */
    static SwitchBench bench(boolean querier) {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT);
        for (int i = 0; i < 4; i++) {
            bench.port(PORT);
        }
        if (querier) {
            ask(bench);
            bench.pass(11);
        }
        return bench;
    }

    static BridgePolicy bridge(GroupPolicy groups) {
        return new BridgePolicy(true, BridgePolicy.DEFAULT_AGEING_NS, 0, groups);
    }

    static void ask(SwitchBench bench) {
        bench.send(3, query4(H3, 0, 100, ROUTER, false));
        bench.send(3, query6(H3, LINK_LOCAL, 0, 0, 10_000));
    }

    @Test
    void withoutAQuerierGroupsAreFlooded() {
        SwitchBench bench = bench(false);
        bench.send(1, report4(H1, GROUP));
        bench.send(1, report6(H1, FF15, 5));
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactly(1, 2, 3);
        assertThat(bench.send(0, data6(H0, FF15, 5))).containsExactly(1, 2, 3);
    }

    @Test
    void withAQuerierTheyGoToMembersAndRoutersOnceItsTimeToAnswerIsOver() {
        SwitchBench bench = bench(false);
        ask(bench);
        bench.send(1, report4(H1, GROUP));
        bench.pass(9);
        assertThat(bench.send(0, data4(H0, OTHER))).as("too early").containsExactly(1, 2, 3);
        bench.pass(2);
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactlyInAnyOrder(1, 3);
        assertThat(bench.count(0, Verdict.MULTICAST)).isOne();
        assertThat(bench.send(0, data4(H0, OTHER))).as("nobody's").containsExactly(3);
        assertThat(bench.send(3, data4(H3, OTHER))).as("nobody's").isEmpty();
        assertThat(bench.count(3, Verdict.DROP_NO_MEMBER)).isOne();
    }

    @Test
    void mldReportsOfBothVersionsJoin() {
        SwitchBench bench = bench(true);
        bench.send(1, report6(H1, FF15, 5));
        bench.send(2, report6(H1, 4, FF15, 6)); // to EXCLUDE {}
        assertThat(bench.send(0, data6(H0, FF15, 5))).containsExactlyInAnyOrder(1, 3);
        assertThat(bench.send(0, data6(H0, FF15, 6))).containsExactlyInAnyOrder(2, 3);
        bench.send(2, report6(H1, 3, FF15, 7)); // to INCLUDE {}: a done
        assertThat(bench.send(0, data6(H0, FF15, 7))).containsExactly(3);
    }

    @Test
    void igmp3ReportsJoinWhoeverMaySend() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, 4, 0, GROUP, OTHER)); // to EXCLUDE {}
        bench.send(2, report4(H1, 1, 2, GROUP)); // is INCLUDE {two}
        bench.send(0, report4(H1, 3, 0, GROUP)); // to INCLUDE {}
        assertThat(bench.send(3, data4(H3, GROUP))).containsExactlyInAnyOrder(1, 2);
        assertThat(bench.send(3, data4(H3, OTHER))).containsExactly(1);
    }

    @Test
    void whatEverybodyNeedsIsFlooded() {
        SwitchBench bench = bench(true);
        assertThat(bench.send(0, data4(H0, 0xe000_00fb))).as("mDNS").containsExactly(1, 2, 3);
        assertThat(bench.send(0, data6(H0, FF02, 1))).as("all nodes").containsExactly(1, 2, 3);
        assertThat(bench.send(0, SwitchBench.frame(0x0100_5e00_0001L, H0)))
                .as("no IP")
                .containsExactly(1, 2, 3);
        long solicited = 0x1_ff00_0042L;
        assertThat(bench.send(0, data6(H0, FF02, solicited)))
                .as("Neighbor Discovery without MLD")
                .containsExactly(1, 2, 3);
        bench.send(1, report6(H1, FF02, solicited));
        assertThat(bench.send(0, data6(H0, FF02, solicited))).containsExactlyInAnyOrder(1, 3);
    }

    @Test
    void reportsGoToRoutersOnly() {
        SwitchBench bench = bench(true);
        assertThat(bench.send(1, report4(H1, GROUP))).containsExactly(3);
        assertThat(bench.send(1, report6(H1, FF15, 5))).containsExactly(3);
        assertThat(bench.send(1, leave4(H1, GROUP))).as("leave").containsExactly(0, 2, 3);
    }

    @Test
    void aMemberThatDoesNotReportAgainIsNoneAfter260Seconds() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, GROUP));
        for (int i = 0; i < 2; i++) {
            bench.pass(125);
            ask(bench);
        }
        assertThat(bench.send(0, data4(H0, GROUP))).as("250 s").containsExactlyInAnyOrder(1, 3);
        bench.pass(11);
        assertThat(bench.send(0, data4(H0, GROUP))).as("261 s").containsExactly(3);
        assertThat(bench.pass(400).bridge.age(bench.on.nowNs()))
                .as("anything left to age")
                .isFalse();
    }

    /** The complaint: groups died some minutes after the querier, or where it came late. */
    @Test
    void whenTheQuerierFallsSilentGroupsAreFloodedAgain() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, GROUP));
        for (int i = 0; i < 30; i++) {
            bench.pass(10);
            assertThat(bench.send(0, data4(H0, GROUP))).contains(1, 3);
        }
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(1, 2, 3);
    }

    @Test
    void afterALeaveTheQuerierAsksAndWhoDoesNotAnswerIsNoMember() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, GROUP));
        bench.send(2, report4(H1, GROUP));
        bench.send(1, leave4(H1, GROUP));
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactlyInAnyOrder(1, 2, 3);
        bench.send(3, query4(H3, GROUP, 10, ROUTER, false));
        bench.send(2, report4(H1, GROUP));
        bench.pass(3);
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactlyInAnyOrder(2, 3);
        bench.send(1, report6(H1, FF15, 5));
        bench.send(3, query6(H3, LINK_LOCAL, FF15, 5, 1000));
        bench.pass(3);
        assertThat(bench.send(0, data6(H0, FF15, 5))).containsExactly(3);
    }

    @Test
    void aQuerierOfOneVlanSaysNothingOfAnother() {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT);
        bench.port(PORT.with(PortVlans.access(100))).port(PORT.with(PortVlans.access(100)));
        bench.port(PORT.with(PortVlans.access(200))).port(PORT.with(PortVlans.access(200)));
        bench.port(PORT.with(PortVlans.access(200)));
        bench.send(0, query4(H0, 0, 1, ROUTER, false));
        bench.pass(1);
        assertThat(bench.send(0, data4(H0, GROUP))).as("VLAN 100").isEmpty();
        assertThat(bench.send(2, data4(H0, GROUP))).as("VLAN 200").containsExactly(3, 4);
    }

    @Test
    void aSwitchThatAsksInARoutersPlaceIsOneButNotOneWithoutALinkLocalAddress() {
        SwitchBench bench = bench(false);
        bench.send(3, query4(H3, 0, 1, 0, false));
        bench.send(3, query6(H3, 0x2001_0db8L << 32, 0, 0, 1));
        assertThat(bench.count(3, Verdict.DROP_MALFORMED)).as("no link-local sender").isOne();
        bench.pass(1);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(3);
        assertThat(bench.send(0, data6(H0, FF15, 5))).containsExactly(1, 2, 3);
    }

    @Test
    void aGuestUnderTheStrictGuardIsNoRouter() {
        SwitchBench bench = bench(false).port(PORT, GuardPolicy.strict(H1));
        bench.send(4, query4(H1, 0, 1, ROUTER, false));
        bench.pass(1);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(1, 2, 3, 4);
        ask(bench);
        bench.pass(11);
        bench.send(1, report4(H0, GROUP));
        bench.send(4, query4(H1, GROUP, 1, ROUTER, false));
        bench.pass(2);
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactlyInAnyOrder(1, 3);
    }

    @Test
    void pimAndRouterAdvertisementsMakeARouter() {
        SwitchBench bench = bench(true);
        byte[] hello = {0x20, 0, 0, 0, 0, 0, 0, 0};
        bench.send(2, GroupFrames.ipv4(H1, 0xe000_000d, Protocols.PIM, ROUTER, hello));
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactlyInAnyOrder(2, 3);
        byte[] advertisement = {0x30, 20, (byte) 0xcf, (byte) 0xeb, 0, 0, 0, 0};
        bench.send(1, GroupFrames.ipv4(H1, 0xe000_006a, Protocols.IGMP, ROUTER, advertisement));
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void whoJoinsGetsItWhateverTheFloodFlagSays() {
        SwitchBench bench = bench(true);
        bench.policy(1, PORT.with(PortFlag.MULTICAST_FLOOD, false));
        bench.send(1, report4(H1, GROUP));
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactlyInAnyOrder(1, 3);
        assertThat(bench.send(0, data4(H0, 0xe000_00fb))).containsExactly(2, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 127, 128, 255})
    void theTimeToAnswerIsReadAsWritten(int code) {
        // RFC 3376 4.1.1: tenths of a second, from 128 on with an exponent; 0 is 10 s
        double seconds =
                new double[] {10, 12.7, 12.8, 3174.4}[List.of(0, 127, 128, 255).indexOf(code)];
        SwitchBench bench = bench(false);
        bench.send(3, query4(H3, 0, code, ROUTER, true));
        for (long passed = 0; passed + 1 < seconds; passed++) {
            if (passed % 100 == 99) {
                bench.send(3, query4(H3, 0, code, ROUTER, true));
            }
            bench.pass(1);
        }
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(1, 2, 3);
        bench.pass(2);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(3);
    }

    @Test
    void aPortThatIsGoneIsNoMember() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, GROUP));
        bench.bridge.remove(bench.at(1));
        assertThat(members(bench)).hasSize(2);
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactly(3);
        bench.port(PORT); // it has the number of the one that has gone
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactly(3);
    }

    @Test
    void whereTheRoutersPortHasGoneGroupsAreFloodedUntilItIsHeard() {
        SwitchBench bench = bench(true);
        bench.bridge.remove(bench.at(3));
        bench.port(PORT);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(1, 2, 4);
        bench.send(4, query4(H3, 0, 10, ROUTER, false));
        bench.pass(2);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(4);
    }

    @Test
    void snoopingCanBeOffAndStartsAnewWithoutLoss() {
        SwitchBench bench = bench(true);
        bench.bridge.change(bridge(new GroupPolicy(false, 0)));
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(1, 2, 3);
        assertThat(members(bench)).isEmpty();
        bench.bridge.change(BridgePolicy.DEFAULT);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(1, 2, 3);
        ask(bench);
        bench.pass(11);
        assertThat(bench.send(0, data4(H0, OTHER))).containsExactly(3);
    }

    @Test
    void theDatabaseCanBeRead() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, GROUP));
        bench.pass(10);
        bench.send(1, report6(H1, FF15, 5));
        assertThat(members(bench))
                .containsExactlyInAnyOrder(
                        "1 0:" + Long.toHexString(Ip.mapped(GROUP)) + " 1 250",
                        "1 ff15000000000000:5 1 260",
                        "1 router 3 234",
                        "1 router 3 234");
    }

    static List<String> members(SwitchBench bench) {
        List<String> members = new ArrayList<>();
        bench.bridge.forEachMember(
                bench.on.nowNs(),
                (vlan, high, low, router, port, expiresInNs) ->
                        members.add(
                                vlan
                                        + " "
                                        + (router
                                                ? "router"
                                                : Long.toHexString(high)
                                                        + ":"
                                                        + Long.toHexString(low))
                                        + " "
                                        + port
                                        + " "
                                        + expiresInNs / WorkerBench.SECOND));
        return members;
    }
}
