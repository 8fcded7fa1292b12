package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** TCP ports as meshes write them: "22,8000-8080", "all", "none". */
public final class MeshPorts {
    private static final int LAST = 65_535;
    private static final String ALL = "all";
    private static final String NONE = "none";

    private MeshPorts() {}

    public static BitSet all() {
        BitSet ports = new BitSet();
        ports.set(1, LAST + 1);
        return ports;
    }

    /**
     * Empty: none.
     *
     * @throws IllegalArgumentException names the field
     */
    public static BitSet parse(String field, String text) {
        BitSet ports = new BitSet();
        if (text.isEmpty() || text.equals(NONE)) {
            return ports;
        }
        if (text.equals(ALL)) {
            return all();
        }
        for (String entry : text.split(",", -1)) {
            String[] ends = entry.strip().split("-", 2);
            int first = port(ends[0]);
            int last = port(ends[ends.length - 1]);
            if (first < 1 || last < first || last > LAST) {
                throw new IllegalArgumentException(
                        field
                                + " must be TCP ports or ranges of 1-65535, separated by commas: "
                                + field
                                + "="
                                + text);
            }
            ports.set(first, last + 1);
        }
        return ports;
    }

    private static int port(String text) {
        return text.strip().matches("[0-9]{1,5}") ? Integer.parseInt(text.strip()) : -1;
    }

    /** As {@link #parse} reads it. */
    public static String text(BitSet ports) {
        if (ports.isEmpty()) {
            return NONE;
        }
        if (ports.equals(all())) {
            return ALL;
        }
        List<String> ranges = new ArrayList<>();
        for (int first = ports.nextSetBit(0); first >= 0; ) {
            int last = ports.nextClearBit(first) - 1;
            ranges.add(first == last ? Integer.toString(first) : first + "-" + last);
            first = ports.nextSetBit(last + 1);
        }
        return String.join(",", ranges);
    }
}
