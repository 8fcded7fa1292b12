package io.virtdataplane.bridge;

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
import static io.virtdataplane.bridge.SwitchBench.frame;
import static io.virtdataplane.bridge.SwitchBench.tagged;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.StateSnapshot;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A frame that is only explained leaves a bridge as it was, whatever frame it is. */
class DryRunTest {
    private static final long H3 = 0x5254_0000_0003L;
    private static final long UNSEEN = 0x5254_0000_0042L;

    /** Filled anew for each frame; the lists of {@link Floods} are made when first asked for. */
    private static final Set<String> SCRATCH =
            Set.of(
                    "Floods",
                    "Recipients.chosen",
                    "Recipients.members",
                    "Recipients.count",
                    "Recipients.refusal",
                    "GroupSnooping.frame",
                    "GroupSnooping.ingress",
                    "GroupSnooping.vlan",
                    "GroupSnooping.nowNs",
                    "GroupSnooping.into");

    private static final Map<String, byte[]> FRAMES =
            Map.ofEntries(
                    Map.entry("from a station that is not known", frame(H1, UNSEEN)),
                    Map.entry("from a station that has moved", frame(H1, H3)),
                    Map.entry("to a known station", frame(H1, H0)),
                    Map.entry("to an unknown station", frame(UNSEEN, H0)),
                    Map.entry("to all", frame(Ethernet.BROADCAST, H0)),
                    Map.entry("to a reserved group", frame(0x0180_c200_0000L, H0)),
                    Map.entry("in another VLAN", tagged(frame(H1, H0), Ethernet.DOT1Q, 7)),
                    Map.entry("too long for a port", frame(Ethernet.BROADCAST, H0, 0x88b5, 1600)),
                    Map.entry("to a group that has members", data4(H0, GROUP)),
                    Map.entry("to a group that has none", data4(H0, OTHER)),
                    Map.entry("to a group of IPv6", data6(H0, FF15, 5)),
                    Map.entry("IGMPv2 report", report4(H0, OTHER)),
                    Map.entry("IGMPv3 report", report4(H0, 4, 0, GROUP, OTHER)),
                    Map.entry("IGMP leave", leave4(H0, GROUP)),
                    Map.entry("IGMP query", query4(H0, 0, 100, ROUTER, false)),
                    Map.entry("IGMP query of a group", query4(H0, GROUP, 10, ROUTER, false)),
                    Map.entry("MLDv1 report", report6(H0, FF15, 9)),
                    Map.entry("MLDv2 report", report6(H0, 4, FF15, 8)),
                    Map.entry("MLD query", query6(H0, LINK_LOCAL, 0, 0, 10_000)),
                    Map.entry("MLD query of a group", query6(H0, LINK_LOCAL, FF15, 5, 1000)));

    /** A querier that is believed, members, stations, and a port that floods do not leave by. */
    private static SwitchBench bench() {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT);
        for (int i = 0; i < 4; i++) {
            bench.port(PortPolicy.DEFAULT);
        }
        bench.port(withoutFloods());
        bench.send(3, query4(H3, 0, 100, ROUTER, false));
        bench.send(3, query6(H3, LINK_LOCAL, 0, 0, 10_000));
        bench.pass(11);
        bench.send(0, frame(H1, H0));
        bench.send(1, report4(H1, GROUP));
        bench.send(1, report6(H1, FF15, 5));
        return bench;
    }

    private static PortPolicy withoutFloods() {
        return PortPolicy.DEFAULT
                .with(PortFlag.FLOOD, false)
                .with(PortFlag.MULTICAST_FLOOD, false)
                .with(PortFlag.BROADCAST_FLOOD, false);
    }

    @Test
    void noFrameChangesAnything() {
        SwitchBench bench = bench();
        FRAMES.forEach(
                (name, bytes) -> {
                    StateSnapshot before = new StateSnapshot(bench.worker, SCRATCH);
                    bench.worker.explain(bench.at(0), true, bytes);
                    assertThat(new StateSnapshot(bench.worker, SCRATCH).changesSince(before))
                            .as(name)
                            .isEmpty();
                });
    }

    /** What the test above is worth: the same frames, sent, do change what it looks at. */
    @Test
    void eachFrameThatIsSentChangesSomething() {
        FRAMES.forEach(
                (name, bytes) -> {
                    SwitchBench bench = bench();
                    StateSnapshot before = new StateSnapshot(bench.worker, SCRATCH);
                    bench.send(0, bytes);
                    assertThat(new StateSnapshot(bench.worker, SCRATCH).changesSince(before))
                            .as(name)
                            .isNotEmpty();
                });
    }

    @Test
    void dryRunAndFrameEndAlike() {
        FRAMES.forEach(
                (name, bytes) -> {
                    SwitchBench bench = bench();
                    Verdict foretold = bench.worker.explain(bench.at(0), true, bytes).verdict();
                    long before = bench.count(0, foretold);
                    bench.send(0, bytes);
                    assertThat(bench.count(0, foretold))
                            .as("%s: %s", name, foretold)
                            .isEqualTo(before + 1);
                });
    }
}
