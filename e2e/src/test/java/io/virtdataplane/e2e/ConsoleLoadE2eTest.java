package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** How long a page of the console takes until its first answers are on the screen. */
@RootTest
@Isolated // what it measures is the machine's, too
@Timeout(300)
class ConsoleLoadE2eTest {
    private static final int LOADS = 9;
    private static final int TRIES = 3;
    private static final int ROUNDS = 5;
    private static final int BUSY = 5;
    private static final String ECHO =
            """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((sys.argv[1], 7))
            while True:
                data, peer = s.recvfrom(100)
                s.sendto(data, peer)
            """;
    private static final String ASK =
            """
            import socket, statistics, sys, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(5)
            s.connect((sys.argv[1], 7))
            took = []
            end = time.monotonic() + 2
            while time.monotonic() < end:
                sent = time.perf_counter_ns()
                s.send(b"x")
                s.recv(100)
                took.append(time.perf_counter_ns() - sent)
                time.sleep(0.001)
            print(statistics.median(took) / 1000)
            """;
    private final ConsoleLab lab = new ConsoleLab(new Lab().asInstalled());

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void pagesAreThereAtOnceWithAHundredNicsAndWithAThousand() {
        lab.attach(0, 100);
        Browser browser = lab.browser();
        assertIsThere(browser, 100, 300);
        lab.attach(100, 1000);
        assertIsThere(browser, 1000, 1000);
    }

    /**
     * The median of several loads with nothing in the browser's cache. Where others have the
     * processors meanwhile it is measured again.
     */
    private static void assertIsThere(Browser browser, int nics, long limitMs) {
        browser.open("machines").await("of " + (nics + 1));
        long best = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && best > limitMs; i++) {
            long[] cold = loads(browser, true);
            long[] warm = loads(browser, false);
            best = Math.min(best, median(cold));
            System.out.printf(
                    "console with %d NICs: %d ms (aim %d) %s, cached %d ms %s%n",
                    nics,
                    median(cold),
                    limitMs,
                    Arrays.toString(cold),
                    median(warm),
                    Arrays.toString(warm));
        }
        // The aim is said above; a machine that is busy with others is not to fail it.
        assertThat(best).isLessThanOrEqualTo(BUSY * limitMs);
    }

    /** A page that is pushed to every two seconds costs the guests' frames nothing to speak of. */
    @Test
    void aGuestsRoundTripsTakeNoLongerWhileAPageIsOpen() throws IOException {
        lab.attach(0, 100);
        Lab node = lab.lab;
        node.startIn(node.out, "python3", script("echo.py", ECHO), Lab.OUTSIDE);
        node.awaitSocket(node.out, "udp src " + Lab.OUTSIDE + ":7");
        String asks = script("ask.py", ASK);
        Browser browser = lab.browser();
        double[] shut = new double[ROUNDS];
        double[] open = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            browser.leave();
            shut[i] = microseconds(asks);
            browser.open("node");
            open[i] = microseconds(asks);
        }
        System.out.printf(
                "UDP round trip with 100 NICs: page shut %.0f us %s, open %.0f us %s%n",
                median(shut), Arrays.toString(shut), median(open), Arrays.toString(open));
        assertThat(median(open)).isLessThan(median(shut) * 1.5 + 50);
    }

    /** Median of the round trips of two seconds. */
    private double microseconds(String script) {
        return Double.parseDouble(
                lab.lab.mustIn(lab.lab.guest, "python3 " + script + " " + Lab.OUTSIDE).strip());
    }

    private String script(String name, String text) throws IOException {
        return Files.writeString(lab.lab.shell.directory().resolve(name), text).toString();
    }

    private static double median(double[] some) {
        return Arrays.stream(some).sorted().toArray()[some.length / 2];
    }

    private static long[] loads(Browser browser, boolean isCold) {
        long[] took = new long[LOADS];
        for (int i = 0; i < LOADS; i++) {
            took[i] = browser.load(isCold);
        }
        return took;
    }

    private static long median(long[] some) {
        return Arrays.stream(some).sorted().toArray()[some.length / 2];
    }
}
