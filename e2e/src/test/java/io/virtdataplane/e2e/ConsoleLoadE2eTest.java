package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long a page of the console takes until its first answers are on the screen. */
@RootTest
@Timeout(300)
class ConsoleLoadE2eTest {
    private static final int LOADS = 9;
    private final ConsoleLab lab = new ConsoleLab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void pagesAreThereAtOnceWithAHundredNicsAndWithAThousand() {
        lab.attach(0, 100);
        Browser browser = lab.browser();
        long ofHundred = report(browser, 100);
        lab.attach(100, 1000);
        long ofThousand = report(browser, 1000);
        assertThat(ofHundred).isLessThanOrEqualTo(300);
        assertThat(ofThousand).isLessThanOrEqualTo(1000);
    }

    /** Milliseconds, the median of several loads without anything in the browser's cache. */
    private static long report(Browser browser, int nics) {
        browser.open("machines").await("of " + (nics + 1));
        long[] cold = loads(browser, true);
        long[] warm = loads(browser, false);
        System.out.printf(
                "console with %d NICs: %d ms (%s), cached %d ms (%s)%n",
                nics, median(cold), Arrays.toString(cold), median(warm), Arrays.toString(warm));
        return median(cold);
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
