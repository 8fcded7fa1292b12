package io.virtdataplane.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.port.PairPort;
import org.junit.jupiter.api.Test;

class OpeningWatchTest {
    private static final long MILLISECOND = 1_000_000;
    private final WorkerBench on = new WorkerBench();
    private int opened;
    private int looked;
    private final Stage stage =
            new Stage() {
                @Override
                public Verdict process(Frame frame, long nowNs) {
                    return Verdict.FORWARDED;
                }

                @Override
                public boolean begin(long nowNs) {
                    looked++;
                    boolean isAny = opened > 0;
                    opened = 0;
                    return isAny;
                }
            };

    @Test
    void whileTheKernelOpensSessionsTheyAreLookedAtEachMillisecond() {
        attach();
        looked = 0;
        opened = 1;
        on.worker.call(worker -> 0); // any call looks
        on.breathe();
        assertThat(looked).isEqualTo(1);
        on.breathe();
        assertThat(looked).as("too early").isEqualTo(1);
        opened = 5;
        on.later(MILLISECOND);
        on.breathe();
        assertThat(looked).isEqualTo(2);
        on.later(MILLISECOND);
        on.breathe();
        assertThat(looked).isEqualTo(3);
        on.later(MILLISECOND);
        on.breathe();
        assertThat(looked).as("no more were opened").isEqualTo(3);
    }

    private void attach() {
        PairPort guest = new PairPort(0, "guest");
        PairPort uplink = new PairPort(1, "uplink");
        on.attach(
                new NicPlan(
                        0,
                        "vm/default",
                        new NicPorts(guest, uplink),
                        new NicAddresses(
                                Nic.UNKNOWN_MAC, 1, new DualStack(Addresses.NONE, Addresses.NONE)),
                        new NicStages(
                                (frame, now) -> Verdict.CONTINUE,
                                stage,
                                (frame, now) -> Verdict.FORWARDED)));
    }
}
