package io.virtdataplane.port;

/**
 * Decides whether it is worth looking for frames a little longer before sleeping: a sleep costs the
 * next frame a wake-up of 30 µs or more. Worth it only while looking has paid lately, so an idle
 * port costs nothing.
 */
final class Spin {
    private static final int BEST = 8;
    private static final int RETRY_SLEEPS = 64;
    private int score;
    private int sleeps;

    /** Asked before a sleep. */
    boolean isWorthwhile() {
        if (score > 0) {
            return true;
        }
        return ++sleeps % RETRY_SLEEPS == 0;
    }

    void outcome(boolean foundFrames) {
        score = foundFrames ? Math.min(BEST, score + 2) : Math.max(0, score - 1);
    }
}
