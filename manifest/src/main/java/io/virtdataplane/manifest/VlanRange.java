package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** VLANs from one to another, both included. 0 and 4095 are no VLANs (802.1Q 9.6). */
public record VlanRange(int min, int max) {
    static final int LEAST = 1;
    static final int MOST = 4094;

    static int read(Fields fields, String name) {
        return (int)
                fields.whole(name, LEAST, MOST)
                        .orElseThrow(() -> fields.error(name, "must be 1-4094", ""));
    }

    /** As few as hold them all, in order. */
    static List<VlanRange> of(BitSet ids) {
        List<VlanRange> ranges = new ArrayList<>();
        for (int min = ids.nextSetBit(0); min >= 0; ) {
            int after = ids.nextClearBit(min);
            ranges.add(new VlanRange(min, after - 1));
            min = ids.nextSetBit(after);
        }
        return List.copyOf(ranges);
    }

    boolean overlaps(VlanRange other) {
        return min <= other.max && other.min <= max;
    }

    @Override
    public String toString() {
        return min == max ? String.valueOf(min) : min + "-" + max;
    }
}
