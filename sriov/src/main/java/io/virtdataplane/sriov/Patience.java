package io.virtdataplane.sriov;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * How long the kernel and its drivers get for what they do after a write has returned.
 *
 * @param vfs until all VFs are there
 * @param netdev until a VF has its network device, and until a VF shows its new MAC address
 * @param step between two looks
 */
public record Patience(Duration vfs, Duration netdev, Duration step) {
    public static final Patience DEFAULT =
            new Patience(Duration.ofSeconds(120), Duration.ofSeconds(10), Duration.ofMillis(100));

    /** Whether it came true in time. */
    boolean until(Duration longest, BooleanSupplier holds) {
        long deadlineNs = System.nanoTime() + longest.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs >= 0) {
                return false;
            }
            pause();
        }
        return true;
    }

    void pause() {
        try {
            Thread.sleep(step);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SriovException("interrupted", e);
        }
    }
}
