package io.virtdataplane.daemon.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.Event;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class EventQueryTest {
    private static final int FEW = 1000;
    private static final int MANY = 200_000;
    private static final int AT_ONCE = 1000;
    @TempDir private Path directory;
    private EventJournal journal;
    private int recorded;

    @BeforeEach
    void open() {
        journal = new EventJournal(directory, 1L << 30);
    }

    @AfterEach
    void close() {
        journal.close();
    }

    /** The journal's queue has room for some thousands. */
    private void record(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            journal.record("Test", "vm", "event " + recorded++);
            if (i % AT_ONCE == AT_ONCE - 1 || i == count - 1) {
                while (journal.counts().written() < recorded) {
                    Thread.sleep(1);
                }
            }
        }
    }

    private List<Event> read(int tail, long sinceMs, long after) throws InterruptedException {
        List<Event> events = new ArrayList<>();
        journal.read(new EventQuery(false, tail, sinceMs, after), events::add);
        return events;
    }

    private List<String> messages(int tail, long sinceMs, long after) throws InterruptedException {
        return read(tail, sinceMs, after).stream().map(Event::getMessage).toList();
    }

    private static String[] numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "event " + i).toArray(String[]::new);
    }

    @Test
    void tailIsTheLastOnesOldestFirst() throws InterruptedException {
        assertThat(messages(5, 0, 0)).as("of an empty journal").isEmpty();
        record(10);
        assertThat(messages(3, 0, 0)).containsExactly(numbers(7, 10));
        assertThat(messages(0, 0, 0)).isEmpty();
        assertThat(messages(11, 0, 0)).containsExactly(numbers(0, 10));
        assertThat(messages(EventQuery.ALL, 0, 0)).containsExactly(numbers(0, 10));
    }

    @Test
    void afterIsWhatIsNewAndAllOfAJournalBegunAnew() throws InterruptedException {
        record(10);
        List<Event> all = read(EventQuery.ALL, 0, 0);
        assertThat(all).extracting(Event::getSequence).isSorted().doesNotHaveDuplicates();
        long seventh = all.get(6).getSequence();
        long last = all.getLast().getSequence();
        assertThat(messages(EventQuery.ALL, 0, seventh)).containsExactly(numbers(7, 10));
        assertThat(messages(2, 0, seventh)).containsExactly(numbers(8, 10));
        assertThat(messages(EventQuery.ALL, 0, last)).isEmpty();
        record(2);
        assertThat(messages(EventQuery.ALL, 0, last)).containsExactly(numbers(10, 12));
        assertThat(messages(EventQuery.ALL, 0, last + 100)).containsExactly(numbers(0, 12));
        assertThat(messages(1, 0, last + 100)).containsExactly(numbers(11, 12));
    }

    @Test
    void sinceIsByTime() throws InterruptedException {
        record(5);
        long ms = read(1, 0, 0).getFirst().getUnixMs() + 1;
        while (System.currentTimeMillis() < ms) {
            Thread.onSpinWait();
        }
        record(3);
        assertThat(messages(EventQuery.ALL, ms, 0)).containsExactly(numbers(5, 8));
        assertThat(messages(2, ms, 0)).containsExactly(numbers(6, 8));
        assertThat(messages(EventQuery.ALL, ms + 3_600_000, 0)).isEmpty();
    }

    @Test
    void followGoesOnBehindTheTailWithoutAGap() throws InterruptedException {
        record(10);
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        Thread reader = follow(2, seen);
        record(500); // while it looks for its place
        String first = seen.poll(20, TimeUnit.SECONDS);
        int number = Integer.parseInt(first.substring("event ".length()));
        assertThat(number).isGreaterThanOrEqualTo(8);
        while (++number < recorded) {
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("event " + number);
        }
        reader.interrupt();
        reader.join();
    }

    @Test
    void followWithoutATailIsOnlyWhatIsNew() throws InterruptedException {
        record(10);
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        Thread reader = follow(0, seen);
        while (seen.isEmpty()) {
            record(1);
        }
        assertThat(seen).doesNotContain(numbers(0, 10));
        reader.interrupt();
        reader.join();
    }

    private Thread follow(int tail, BlockingQueue<String> seen) {
        return Thread.startVirtualThread(
                () -> {
                    try {
                        journal.read(
                                new EventQuery(true, tail, 0, 0),
                                event -> seen.add(event.getMessage()));
                    } catch (InterruptedException e) {
                        // The test ends.
                    }
                });
    }

    /** Every two seconds a page asks: that must not become slower as the journal grows. */
    @Test
    void theCostIsThatOfWhatIsGivenAndNotOfTheJournal() throws InterruptedException {
        record(FEW);
        read(AT_ONCE, 0, 0); // compiles
        long ofFewNs = median(100, 0);
        record(MANY - FEW);
        long ofManyNs = median(100, 0);
        long last = read(1, 0, 0).getFirst().getSequence();
        long newNs = median(100, last);
        assertThat(messages(2, 0, 0)).containsExactly(numbers(MANY - 2, MANY));
        System.out.printf(
                "last 100 of %d events: %d us, of %d: %d us; nothing new of %d: %d us%n",
                FEW, ofFewNs / 1000, MANY, ofManyNs / 1000, MANY, newNs / 1000);
        // Reading all of it costs 200 times as much.
        assertThat(ofManyNs).isLessThan(ofFewNs * 20 + 20_000_000);
        assertThat(newNs).isLessThan(ofFewNs * 20 + 20_000_000);
    }

    private long median(int tail, long after) throws InterruptedException {
        long[] took = new long[15];
        for (int i = 0; i < took.length; i++) {
            long fromNs = System.nanoTime();
            assertThat(read(tail, 0, after)).hasSize(after == 0 ? tail : 0);
            took[i] = System.nanoTime() - fromNs;
        }
        Arrays.sort(took);
        return took[took.length / 2];
    }

    @Test
    void negativeNumbersAreRefused() {
        assertThatThrownBy(() -> new EventQuery(false, -2, 0, 0))
                .hasMessage("tail must not be negative: tail=-2");
        assertThatThrownBy(() -> new EventQuery(false, 1, -1, 0))
                .hasMessageStartingWith("since_unix_ms must not be negative");
        assertThatThrownBy(() -> new EventQuery(false, 1, 0, -1))
                .hasMessageStartingWith("after_sequence must not be negative");
    }
}
