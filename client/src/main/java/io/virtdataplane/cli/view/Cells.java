package io.virtdataplane.cli.view;

import io.virtdataplane.api.Counters;
import io.virtdataplane.api.VerdictCount;

/** Values as the columns of all lists show them. */
public final class Cells {
    private Cells() {}

    /** As kubectl: 42s, 7m, 3h, 2d. */
    public static String age(long seconds) {
        if (seconds < 120) {
            return seconds + "s";
        }
        if (seconds < 7200) {
            return seconds / 60 + "m";
        }
        return seconds < 172_800 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }

    static String ageSince(long unixMs) {
        return age((System.currentTimeMillis() - unixMs) / 1000);
    }

    public static long drops(Counters counters) {
        return counters.getVerdictsList().stream()
                .filter(VerdictCount::getDrop)
                .mapToLong(VerdictCount::getFrames)
                .sum();
    }

    /** Empty where there is none, which is below 0. */
    static String number(int value) {
        return value < 0 ? "" : Integer.toString(value);
    }

    /** Empty where it is 0. */
    static String positive(int value) {
        return value == 0 ? "" : Integer.toString(value);
    }
}
