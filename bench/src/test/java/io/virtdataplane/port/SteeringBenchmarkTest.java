package io.virtdataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtdataplane.port.SteeringBenchmark.Kind;
import io.virtdataplane.sys.Errno;
import io.virtdataplane.sys.SystemCallException;
import io.virtdataplane.sys.Unsupported;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind of packet ends as its name says, so that nothing else is measured. */
class SteeringBenchmarkTest {
    @ParameterizedTest
    @EnumSource
    void packetGoesWhereItsKindDoes(Kind kind) {
        SteeringBenchmark bench = loaded(kind);
        int action =
                switch (kind) {
                    case NOTHING, IN_FOR_ANOTHER, IN_UNSTEERED, IN_OF_PODS_FLOW, OUT_OF_POD ->
                            SteeringBenchmark.PASS;
                    case IN_GUESTS_UDP, IN_GUESTS_TCP, IN_GUESTS_UDP_OVER_IPV6, OUT_OF_GUEST ->
                            SteeringBenchmark.REDIRECTED;
                };
        assertThat(bench.packet()).isEqualTo(action);
    }

    private static SteeringBenchmark loaded(Kind kind) {
        try {
            SteeringBenchmark bench = new SteeringBenchmark();
            bench.kind = kind;
            bench.load();
            return bench;
        } catch (Unsupported e) {
            assumeTrue(false, e.getMessage());
            throw e;
        } catch (SystemCallException e) {
            assumeTrue(e.errno() != Errno.EPERM, e.getMessage());
            throw e;
        }
    }
}
