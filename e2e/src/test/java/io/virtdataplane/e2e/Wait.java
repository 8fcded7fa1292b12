package io.virtdataplane.e2e;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Waiting for a condition, which is looked at again and again: a test goes on as soon as it holds,
 * however slow or fast the machine is. Time alone is waited for where it is what is tested.
 */
final class Wait {
    private static final int POLL_MILLISECONDS = 50;

    private Wait() {}

    /** Where the condition does not come in time the test fails with what was seen. */
    static <T> T until(String what, int seconds, Supplier<T> look, Predicate<T> holds) {
        AtomicReference<T> seen = new AtomicReference<>();
        BooleanSupplier condition =
                () -> {
                    seen.set(look.get());
                    return holds.test(seen.get());
                };
        if (!comes(seconds, condition)) {
            throw new AssertionError(what + " did not come in " + seconds + " s: " + seen.get());
        }
        return seen.get();
    }

    /** All that is in a file once the text is. */
    static String untilIn(Path file, String text, int seconds) {
        return untilIn(file, text, 1, seconds);
    }

    /** All that is in a file once the text is, so many times. */
    static String untilIn(Path file, String text, int times, int seconds) {
        return until(
                "'" + text + "'" + (times == 1 ? "" : " " + times + " times"),
                seconds,
                () -> Shell.text(file),
                said -> count(said, text) >= times);
    }

    /** How many times it contains the text. */
    static int count(String said, String text) {
        return said.split(Pattern.quote(text), -1).length - 1;
    }

    /** Whether the condition comes in time: for what may fail to come. */
    static boolean comes(int seconds, BooleanSupplier condition) {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        while (true) {
            long begun = System.nanoTime();
            if (condition.getAsBoolean()) {
                return true;
            }
            long now = System.nanoTime();
            if (now > deadline) {
                return false;
            }
            // Looking is not to be what the machine is busy with: a client's command takes a while.
            letTimePass(Math.max(POLL_MILLISECONDS, 2 * (now - begun) / 1_000_000));
        }
    }

    /**
     * For what a test measures over a time. What is to happen is not waited for by this, but by
     * {@link #until}.
     */
    static void letTimePass(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
