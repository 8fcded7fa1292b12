package io.virtdataplane.console;

import io.virtdataplane.api.Counters;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.VerdictCount;
import io.virtdataplane.api.Worker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the daemon says of its NICs, with rates: the last two minutes of each NIC, of each reason of
 * drops and of each packet thread, while a page is open. The daemon is asked when a page asks, and
 * not more often than once a second.
 */
final class Samples {
    private static final int KEPT = 60;
    private static final long SHORTEST_NS = 1_000_000_000;

    /** Per second, between two samples. */
    record Rate(double bitsOut, double bitsIn, double framesOut, double framesIn, double drops) {
        static final Rate NONE = new Rate(0, 0, 0, 0, 0);
    }

    /**
     * Histories, oldest first.
     *
     * @param dropsByReason frames per second of all NICs
     * @param loadByWorker the part of the time that it has used the processor: 0-1
     */
    record Snapshot(
            ListResponse nics,
            Map<String, List<Rate>> ratesByNic,
            Map<String, List<Double>> dropsByReason,
            Map<Integer, List<Double>> loadByWorker) {
        Rate rate(String nic) {
            List<Rate> rates = ratesByNic.getOrDefault(nic, List.of());
            return rates.isEmpty() ? Rate.NONE : rates.getLast();
        }
    }

    private final Supplier<ListResponse> daemon;
    private final LongSupplier clock;
    private final History<String, Rate> rates = new History<>(KEPT);
    private final History<String, Double> drops = new History<>(KEPT);
    private final History<Integer, Double> loads = new History<>(KEPT);
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
        return new Snapshot(last, rates.copy(), drops.copy(), loads.copy());
    }

    private void take(ListResponse now, long nowNs) {
        if (last != null) {
            double seconds = (nowNs - lastNs) / 1e9;
            addNics(last, now, seconds);
            addLoads(last, now, seconds);
        }
        last = now;
        lastNs = nowNs;
    }

    private void addNics(ListResponse before, ListResponse now, double seconds) {
        Map<String, Nic> earlier = new HashMap<>();
        before.getNicsList().forEach(nic -> earlier.put(nic.getName(), nic));
        Map<String, Double> dropped = new HashMap<>();
        for (Nic nic : now.getNicsList()) {
            Nic old = earlier.get(nic.getName());
            // Counters of a NIC that was attached anew begin at zero.
            boolean isSame = old != null && old.getAttachedUnixMs() == nic.getAttachedUnixMs();
            if (isSame) {
                rates.add(nic.getName(), rate(old.getCounters(), nic.getCounters(), seconds));
            }
            Counters zero = isSame ? old.getCounters() : Counters.getDefaultInstance();
            addDrops(zero, nic.getCounters(), seconds, dropped);
        }
        dropped.forEach(drops::add);
        rates.retain(now.getNicsList().stream().map(Nic::getName).collect(Collectors.toSet()));
        drops.retain(dropped.keySet());
    }

    /** Adds up over all NICs: none of a reason is a rate too. */
    private static void addDrops(
            Counters before, Counters now, double seconds, Map<String, Double> sums) {
        Map<String, Long> earlier = new HashMap<>();
        before.getVerdictsList().forEach(one -> earlier.put(one.getVerdict(), one.getFrames()));
        for (VerdictCount one : now.getVerdictsList()) {
            if (one.getDrop()) {
                long more = one.getFrames() - earlier.getOrDefault(one.getVerdict(), 0L);
                sums.merge(one.getVerdict(), more / seconds, Double::sum);
            }
        }
    }

    private void addLoads(ListResponse before, ListResponse now, double seconds) {
        Map<Integer, Long> earlier = new HashMap<>();
        before.getWorkersList().forEach(one -> earlier.put(one.getNumber(), one.getCpuNs()));
        for (Worker one : now.getWorkersList()) {
            long usedNs = one.getCpuNs() - earlier.getOrDefault(one.getNumber(), one.getCpuNs());
            // The daemon may have been started anew meanwhile.
            loads.add(one.getNumber(), Math.clamp(usedNs / 1e9 / seconds, 0.0, 1.0));
        }
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
