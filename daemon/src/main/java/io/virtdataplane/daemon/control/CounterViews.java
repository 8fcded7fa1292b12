package io.virtdataplane.daemon.control;

import io.virtdataplane.api.Counters;
import io.virtdataplane.api.VerdictCount;
import io.virtdataplane.dataplane.Verdict;

/** Counters as the API has them. */
final class CounterViews {
    private CounterViews() {}

    static Counters counters(io.virtdataplane.dataplane.Counters from) {
        Counters.Builder to =
                Counters.newBuilder()
                        .setGuestFrames(from.guestFrames)
                        .setGuestBytes(from.guestBytes)
                        .setUplinkFrames(from.uplinkFrames)
                        .setUplinkBytes(from.uplinkBytes)
                        .setToGuestFrames(from.toGuestFrames)
                        .setToGuestBytes(from.toGuestBytes)
                        .setToUplinkFrames(from.toUplinkFrames)
                        .setToUplinkBytes(from.toUplinkBytes)
                        .setGsoFrames(from.gsoFrames)
                        .setCarriedFrames(from.carriedFrames)
                        .setOriginated(from.originated)
                        .setLost(from.lost);
        for (Verdict verdict : Verdict.values()) {
            long frames = from.frames(verdict);
            if (frames > 0) {
                to.addVerdicts(
                        VerdictCount.newBuilder()
                                .setVerdict(verdict.label())
                                .setFrames(frames)
                                .setMeaning(verdict.words())
                                .setDrop(verdict.isDrop()));
            }
        }
        return to.build();
    }
}
