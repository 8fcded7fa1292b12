package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkQueueTest {
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();

    private String next() throws InterruptedException {
        return done.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void aKeyStandsInTheQueueOnce() throws InterruptedException {
        CountDownLatch first = new CountDownLatch(1);
        try (WorkQueue<String> queue =
                new WorkQueue<>(
                        "test",
                        key -> {
                            await(first);
                            done.add(key);
                            return WorkQueue.DONE;
                        })) {
            queue.add("a"); // is being worked on
            for (int i = 0; i < 100; i++) {
                queue.add("b");
            }
            queue.add("c");
            first.countDown();
            assertThat(List.of(next(), next(), next())).containsExactly("a", "b", "c");
            queue.add("d");
            assertThat(next()).isEqualTo("d");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aKeyThatFailedComesAgainAndOthersDoNotWaitForIt() throws InterruptedException {
        AtomicInteger tries = new AtomicInteger();
        try (WorkQueue<String> queue =
                new WorkQueue<>(
                        "test",
                        key -> {
                            if (key.equals("bad") && tries.incrementAndGet() < 2) {
                                throw new IllegalStateException("not yet");
                            }
                            done.add(key);
                            return WorkQueue.DONE;
                        })) {
            queue.add("bad");
            queue.add("good");
            assertThat(next()).isEqualTo("good");
            assertThat(next()).isEqualTo("bad");
            assertThat(tries).hasValue(2);
        }
    }

    @Test
    void theEarlierOfTwoTimesCounts() throws InterruptedException {
        try (WorkQueue<String> queue =
                new WorkQueue<>(
                        "test",
                        key -> {
                            done.add(key);
                            return WorkQueue.DONE;
                        })) {
            queue.add("a", 3_600_000);
            queue.add("a");
            assertThat(next()).isEqualTo("a");
            assertThat(done).isEmpty();
        }
    }
}
