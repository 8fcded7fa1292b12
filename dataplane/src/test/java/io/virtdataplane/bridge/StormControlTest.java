package io.virtdataplane.bridge;

import static io.virtdataplane.bridge.SwitchBench.frame;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.StormRates;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import org.junit.jupiter.api.Test;

/** What of a guest's frames goes to all, and what it costs the others at most. */
class StormControlTest {
    private static final PortPolicy PORT = PortPolicy.DEFAULT;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long GROUP = 0x0100_5e01_0203L;
    private static final long GUEST = 0x5254_0000_0001L;
    private static final long NOBODY = 0x5254_0000_00ffL;

    private static int allowed(StormControl storm, StormControl.Kind kind, long fromNs, int most) {
        int count = 0;
        while (count < most && storm.allows(kind, fromNs)) {
            storm.take(kind);
            count++;
        }
        return count;
    }

    @Test
    void aTenthOfASecondMayComeAtOnceAndNoMoreThanTheRateInTheLongRun() {
        StormControl storm = new StormControl(new StormRates(1000, 0, 0, 10));
        StormControl.Kind kind = StormControl.Kind.BROADCAST;
        assertThat(allowed(storm, kind, 0, 5000)).isEqualTo(100);
        assertThat(allowed(storm, kind, SECOND_NS / 100, 5000)).isEqualTo(10);
        int total = 0;
        for (int i = 1; i <= 1000; i++) {
            total += allowed(storm, kind, SECOND_NS + i * SECOND_NS / 100, 5000);
        }
        assertThat(total).as("in ten seconds").isBetween(10_000, 10_101);
        assertThat(allowed(storm, kind, 1000 * SECOND_NS, 5000)).as("after a pause").isEqualTo(100);
    }

    @Test
    void aLowRateLetsALittleAtOnceAndNoLimitLetsAll() {
        StormControl storm = new StormControl(new StormRates(0, 0, 0, 10));
        assertThat(allowed(storm, StormControl.Kind.STATIONS, 5, 5000)).isEqualTo(64);
        assertThat(allowed(storm, StormControl.Kind.BROADCAST, 5, 5000)).isEqualTo(5000);
    }

    @Test
    void eachKindHasItsOwnRateAndItsOwnName() {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT);
        bench.port(PORT, GuardPolicy.off(GUEST));
        bench.port(PORT, GuardPolicy.off(GUEST + 1));
        bench.worker.limit(bench.at(0), new StormRates(1, 2, 3, 0)); // 64 of each at once
        for (int i = 0; i < 100; i++) {
            bench.send(0, frame(Ethernet.BROADCAST, GUEST));
            bench.send(0, frame(GROUP, GUEST));
            bench.send(0, frame(NOBODY, GUEST));
        }
        assertThat(bench.count(0, Verdict.FLOODED)).isEqualTo(3 * 64);
        assertThat(bench.count(0, Verdict.DROP_STORM_BROADCAST)).isEqualTo(36);
        assertThat(bench.count(0, Verdict.DROP_STORM_MULTICAST)).isEqualTo(36);
        assertThat(bench.count(0, Verdict.DROP_STORM_UNKNOWN_UNICAST)).isEqualTo(36);
        assertThat(bench.send(1, frame(Ethernet.BROADCAST, GUEST + 1)))
                .as("another port's are its own")
                .containsExactly(0);
        assertThat(bench.send(0, frame(GUEST + 1, GUEST)))
                .as("what goes to one is not limited")
                .containsExactly(1);
    }

    @Test
    void stationsThatComeOrMoveTooFastAreNeitherLearnedNorCarried() {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT);
        bench.port(PORT, GuardPolicy.off(GUEST));
        bench.port(PORT, GuardPolicy.off(GUEST + 1));
        bench.worker.limit(bench.at(0), new StormRates(0, 0, 0, 1));
        bench.send(0, frame(GUEST + 1, GUEST));
        bench.send(1, frame(GUEST, GUEST + 1));
        for (int i = 0; i < 100; i++) {
            bench.send(0, frame(GUEST + 1, 0x0200_0000_0000L + i));
        }
        assertThat(bench.count(0, Verdict.DROP_STORM_STATIONS)).isEqualTo(37);
        bench.send(0, frame(Ethernet.BROADCAST, GUEST + 1));
        assertThat(bench.send(1, frame(GUEST + 1, NOBODY)))
                .as("the other guest's station has not moved")
                .isEmpty();
        assertThat(bench.send(0, frame(GUEST + 1, GUEST)))
                .as("a known station's frames go on")
                .containsExactly(1);
    }

    @Test
    void anUplinkHasNoLimit() {
        SwitchBench bench = new SwitchBench(BridgePolicy.DEFAULT);
        bench.port(PORT);
        bench.port(PORT);
        for (int i = 0; i < 3000; i++) {
            bench.send(0, frame(Ethernet.BROADCAST, GUEST + i));
        }
        assertThat(bench.count(0, Verdict.FLOODED)).isEqualTo(3000);
    }
}
