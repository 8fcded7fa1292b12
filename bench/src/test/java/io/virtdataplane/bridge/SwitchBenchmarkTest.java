package io.virtdataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The benchmarks' bodies, so that none of them measures something that fails. */
class SwitchBenchmarkTest {
    @Test
    void everyFrameIsForwarded() {
        SwitchBenchmark bench = new SwitchBenchmark();
        bench.size = "1000/10000";
        bench.prepare();
        for (int i = 0; i < 20_000; i++) {
            assertThat(bench.frame()).isEqualTo(Verdict.FORWARDED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 16_384, 24_573})
    void everyStationIsKnownInItsVlanOnly(int stations) {
        FdbBenchmark bench = new FdbBenchmark();
        bench.stations = stations;
        bench.fill();
        assertThat(bench.figures()).startsWith("stations=" + stations + " ");
        for (int i = 0; i < 20_000; i++) {
            assertThat(bench.lookup()).isNotEqualTo(Fdb.UNKNOWN);
            assertThat(bench.miss()).isEqualTo(Fdb.UNKNOWN);
            assertThat(bench.learn()).isEqualTo(Fdb.Learned.KNOWN);
        }
    }
}
