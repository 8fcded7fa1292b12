package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SamplesTest {
    private ListResponse now = nics(0, 1);
    private long nowNs = TimeUnit.SECONDS.toNanos(5);
    private int asked;
    private final Samples samples =
            new Samples(
                    () -> {
                        asked++;
                        return now;
                    },
                    () -> nowNs);

    private static ListResponse nics(long bytesOut, long attached) {
        Nic.Builder nic = Nic.newBuilder().setName("vm/a").setAttachedUnixMs(attached);
        nic.getCountersBuilder().setToUplinkBytes(bytesOut).addVerdictsBuilder().setDrop(true);
        nic.getCountersBuilder().getVerdictsBuilder(0).setFrames(bytesOut / 100);
        return ListResponse.newBuilder().addNics(nic).build();
    }

    private Samples.Snapshot after(long seconds, ListResponse then) {
        nowNs += TimeUnit.SECONDS.toNanos(seconds);
        now = then;
        return samples.read();
    }

    @Test
    void ratesAreThoseBetweenTwoSamples() {
        assertThat(samples.read().rate("vm/a")).isEqualTo(Samples.Rate.NONE);
        Samples.Rate rate = after(2, nics(1000, 1)).rate("vm/a");
        assertThat(rate.bitsOut()).isEqualTo(4000);
        assertThat(rate.drops()).isEqualTo(5);
    }

    @Test
    void theDaemonIsAskedOnceASecondHoweverManyPagesAsk() {
        samples.read();
        samples.read();
        samples.read();
        assertThat(asked).isEqualTo(1);
        after(1, nics(1, 1));
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void aNicThatWasAttachedAnewHasNoNegativeRate() {
        samples.read();
        after(1, nics(1_000_000, 1));
        assertThat(after(1, nics(10, 2)).ratesByNic().get("vm/a"))
                .allSatisfy(rate -> assertThat(rate.bitsOut()).isPositive());
    }

    @Test
    void keepsTwoMinutesAndForgetsNicsThatAreGone() {
        samples.read();
        for (int i = 1; i <= 70; i++) {
            after(2, nics(i * 100L, 1));
        }
        assertThat(samples.read().ratesByNic().get("vm/a")).hasSize(60);
        assertThat(after(2, ListResponse.getDefaultInstance()).ratesByNic()).isEmpty();
    }
}
