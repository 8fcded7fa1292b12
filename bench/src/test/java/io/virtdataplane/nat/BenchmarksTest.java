package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Each benchmark's body once, so that none of them measures something that fails. */
class BenchmarksTest {
    @Test
    void walkForwardsEveryFrame() {
        WalkBenchmark walk = new WalkBenchmark();
        walk.sessions = 512;
        walk.prepare();
        for (int i = 1; i <= 20; i++) {
            assertThat(walk.walk()).isEqualTo((long) i * WalkBenchmark.BURST);
        }
        assertThat(walk.baseline()).isEqualTo(WalkBenchmark.BURST);
    }

    @Test
    void framesToServicesAreForwardedAndOpenASessionEachTime() {
        ServiceBenchmark walk = new ServiceBenchmark();
        walk.sessions = 50_000;
        walk.services = 1000;
        walk.frame = "service";
        walk.prepare();
        for (int i = 1; i <= 8000; i++) { // sent again after 3125
            assertThat(walk.walk()).isEqualTo((long) i * WalkBenchmark.BURST);
        }
        assertThat(walk.nat.sessionCount()).as("the others have aged").isLessThan(25_000);
    }

    @Test
    void lookupFindsASessionEveryTime() {
        SessionTableBenchmark table = new SessionTableBenchmark();
        table.sessions = 1000;
        table.fill();
        assertThat(table.figures()).startsWith("sessions=1000 fill=0.49 ");
        for (int i = 0; i < 10_000; i++) {
            assertThat(table.lookup()).isNotEqualTo(SessionTable.NONE);
            assertThat(table.miss()).isEqualTo(SessionTable.NONE);
        }
    }
}
