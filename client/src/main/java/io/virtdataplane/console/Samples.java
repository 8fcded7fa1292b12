package io.virtdataplane.console;

import io.virtdataplane.api.Counters;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.VerdictCount;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the daemon says of its NICs, with rates: the last two minutes of each NIC while a page is
 * open. The daemon is asked when a page asks, and not more often than once a second.
 */
final class Samples {
    private static final int KEPT = 60;
    private static final long SHORTEST_NS = 1_000_000_000;

    /** Per second, between two samples. */
    record Rate(double bitsOut, double bitsIn, double framesOut, double framesIn, double drops) {
        static final Rate NONE = new Rate(0, 0, 0, 0, 0);
    }

    /**
     * @param ratesByNic oldest first
     */
    record Snapshot(ListResponse nics, Map<String, List<Rate>> ratesByNic) {
        Rate rate(String nic) {
            List<Rate> rates = ratesByNic.getOrDefault(nic, List.of());
            return rates.isEmpty() ? Rate.NONE : rates.getLast();
        }
    }

    private final Supplier<ListResponse> daemon;
    private final LongSupplier clock;
    private final Map<String, Deque<Rate>> kept = new HashMap<>();
    private Map<String, Nic> before = Map.of();
    private ListResponse last;
    private long lastNs;

    Samples(Supplier<ListResponse> daemon, LongSupplier clock) {
        this.daemon = daemon;
        this.clock = clock;
    }

    synchronized Snapshot read() {
        long nowNs = clock.getAsLong();
        if (last == null || nowNs - lastNs >= SHORTEST_NS) {
            take(daemon.get(), nowNs);
        }
        Map<String, List<Rate>> rates = new HashMap<>();
        kept.forEach((name, some) -> rates.put(name, List.copyOf(some)));
        return new Snapshot(last, rates);
    }

    private void take(ListResponse now, long nowNs) {
        double seconds = (nowNs - lastNs) / 1e9;
        Map<String, Nic> current = new HashMap<>();
        for (Nic nic : now.getNicsList()) {
            current.put(nic.getName(), nic);
            Nic earlier = before.get(nic.getName());
            // Counters of a NIC that was attached anew begin at zero.
            if (earlier != null && earlier.getAttachedUnixMs() == nic.getAttachedUnixMs()) {
                Deque<Rate> rates = kept.computeIfAbsent(nic.getName(), name -> new ArrayDeque<>());
                rates.add(rate(earlier.getCounters(), nic.getCounters(), seconds));
                if (rates.size() > KEPT) {
                    rates.remove();
                }
            }
        }
        kept.keySet().retainAll(current.keySet());
        before = current;
        last = now;
        lastNs = nowNs;
    }

    private static Rate rate(Counters before, Counters now, double seconds) {
        return new Rate(
                (now.getToUplinkBytes() - before.getToUplinkBytes()) * Byte.SIZE / seconds,
                (now.getToGuestBytes() - before.getToGuestBytes()) * Byte.SIZE / seconds,
                (now.getToUplinkFrames() - before.getToUplinkFrames()) / seconds,
                (now.getToGuestFrames() - before.getToGuestFrames()) / seconds,
                (drops(now) - drops(before)) / seconds);
    }

    static long drops(Counters counters) {
        return counters.getVerdictsList().stream()
                .filter(VerdictCount::getDrop)
                .mapToLong(VerdictCount::getFrames)
                .sum();
    }
}
