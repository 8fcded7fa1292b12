package io.virtdataplane.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.port.SteeringBenchmark.Kind;
import io.virtdataplane.sys.BpfRun;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind of packet ends as its name says, so that nothing else is measured. */
class SteeringBenchmarkTest {
    @ParameterizedTest
    @EnumSource
    void packetGoesWhereItsKindDoes(Kind kind) {
        SteeringBenchmark bench = new SteeringBenchmark();
        bench.kind = kind;
        BpfRun.loaded(
                () -> {
                    bench.load();
                    return bench;
                });
        int action =
                switch (kind) {
                    case NOTHING -> BpfRun.DROP;
                    case IN_FOR_ANOTHER, IN_UNSTEERED, IN_OF_PODS_FLOW, OUT_OF_POD -> BpfRun.NEXT;
                    case IN_GUESTS_UDP, IN_GUESTS_TCP, IN_GUESTS_UDP_OVER_IPV6, OUT_OF_GUEST ->
                            BpfRun.REDIRECT;
                };
        assertThat(bench.packet()).isEqualTo(action);
    }
}
