package io.virtdataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import org.junit.jupiter.api.Test;

/** The benchmark's bodies, so that none of them measures something that fails. */
class SwitchBenchmarkTest {
    @Test
    void everyFrameIsForwardedAndEveryStationKnown() {
        SwitchBenchmark bench = new SwitchBenchmark();
        bench.size = "1000/10000";
        bench.prepare();
        for (int i = 0; i < 20_000; i++) {
            assertThat(bench.frame()).isEqualTo(Verdict.FORWARDED);
            assertThat(bench.lookup()).isNotEqualTo(Fdb.UNKNOWN);
            assertThat(bench.learn()).isEqualTo(Fdb.Learned.KNOWN);
        }
    }
}
