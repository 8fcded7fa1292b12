package io.virtdataplane.daemon.cni;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Has a DEL wait for what was asked before it for its container. A runtime that kills the ADD's
 * process asks for the DEL at once, while the ADD may still be on its way here: done after the DEL
 * it would leave what nobody takes away.
 */
final class CniCallOrder {
    private static final long READ_SECONDS = 5; // of a caller that does not say what it wants
    private final AtomicLong last = new AtomicLong();
    private final ConcurrentSkipListMap<Long, Place> placeByNumber = new ConcurrentSkipListMap<>();

    /** Of a call that has come and has not ended. */
    final class Place implements AutoCloseable {
        private final long number = last.incrementAndGet();
        private final CompletableFuture<String> container = new CompletableFuture<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        /** What it is about is known; a DEL returns when it is its turn. */
        void take(CniCall call) throws InterruptedException {
            container.complete(call.containerId());
            if (call.command().equals("DEL")) {
                for (Place earlier : placeByNumber.headMap(number).values()) {
                    earlier.awaitEnd(call.containerId());
                }
            }
        }

        private void awaitEnd(String id) throws InterruptedException {
            try {
                if (container.get(READ_SECONDS, TimeUnit.SECONDS).equals(id)) {
                    ended.get();
                }
            } catch (TimeoutException | ExecutionException e) {
                // It has said nothing, so it is not one that was cut off.
            }
        }

        @Override
        public void close() {
            placeByNumber.remove(number);
            container.complete("");
            ended.complete(null);
        }
    }

    /** In the order in which calls come: by one thread. */
    Place next() {
        Place place = new Place();
        placeByNumber.put(place.number, place);
        return place;
    }
}
