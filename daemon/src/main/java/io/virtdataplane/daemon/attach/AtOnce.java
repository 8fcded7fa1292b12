package io.virtdataplane.daemon.attach;

import java.util.Collection;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Work on many NICs at a time. Most of what it takes to open or close one is waiting: for the
 * packet thread, the disk, and the kernel's grace periods.
 */
final class AtOnce {
    private static final int THREADS = 16;

    private AtOnce() {}

    /** Returns when all is done. The work throws nothing. */
    static <T> void each(Collection<T> all, Consumer<T> work) {
        if (all.isEmpty()) {
            return;
        }
        try (ExecutorService threads =
                Executors.newFixedThreadPool(
                        Math.min(THREADS, all.size()),
                        Thread.ofPlatform().name("nics-", 0).factory())) {
            all.forEach(each -> threads.execute(() -> work.accept(each)));
        }
    }
}
