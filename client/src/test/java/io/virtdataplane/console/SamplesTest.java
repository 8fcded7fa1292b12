package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.List;
import java.util.Map;
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

    @Test
    void dropsOfAllNicsAreAddedUpByReason() {
        now = drops(10, 0);
        samples.read();
        after(2, drops(14, 6));
        assertThat(after(2, drops(14, 6)).dropsByReason())
                .containsExactly(Map.entry("drop_a", List.of(5.0, 0.0)));
    }

    private static ListResponse drops(long ofOne, long ofOther) {
        ListResponse.Builder list = ListResponse.newBuilder();
        for (long frames : new long[] {ofOne, ofOther}) {
            Nic.Builder nic = list.addNicsBuilder().setName("vm/" + list.getNicsCount());
            nic.getCountersBuilder().addVerdictsBuilder().setVerdict("drop_a").setDrop(true);
            nic.getCountersBuilder().getVerdictsBuilder(0).setFrames(frames);
        }
        return list.build();
    }

    @Test
    void theLoadOfAWorkerIsItsPartOfTheTime() {
        now = worker(7_000_000_000L);
        samples.read();
        assertThat(after(2, worker(7_500_000_000L)).loadByWorker().get(3)).containsExactly(0.25);
        assertThat(after(2, worker(100)).loadByWorker().get(3))
                .as("of a daemon that was started anew")
                .containsExactly(0.25, 0.0);
        ObjectNode node = NodeView.of(samples.read());
        assertThat(node.at("/workers/0/load").toString()).isEqualTo("[0.25,0.0]");
        assertThat(node.at("/workers/0/isUp").asBoolean()).isTrue();
    }

    private static ListResponse worker(long cpuNs) {
        ListResponse.Builder list = ListResponse.newBuilder();
        list.addWorkersBuilder().setNumber(3).setCpuNs(cpuNs);
        return list.build();
    }

    @Test
    void theNodeHasItsBusiestNicsFirstAndItsRatesTogether() {
        now = busy(0);
        samples.read();
        ObjectNode node = NodeView.of(after(1, busy(1)));
        assertThat(node.at("/busiest")).hasSize(10);
        assertThat(node.at("/busiest/0/name").asText()).isEqualTo("vm/19");
        assertThat(node.at("/rates/0/bitsOut").asLong()).isEqualTo(190 * 1000 * 8);
        assertThat(node.at("/nics").asInt()).isEqualTo(20);
    }

    private static ListResponse busy(int second) {
        ListResponse.Builder list = ListResponse.newBuilder();
        for (int i = 0; i < 20; i++) {
            Nic.Builder nic = list.addNicsBuilder().setName("vm/" + i);
            nic.getCountersBuilder().setToUplinkBytes(1000L * i * second);
        }
        return list.build();
    }
}
