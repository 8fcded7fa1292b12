package io.virtdataplane.sriov;

import java.util.Optional;

/** An entry of pfNames: a PF's name, and after # the numbers of the VFs that are meant. */
record PfName(String name, Optional<VfRange> range) {
    /** The words are those of the SR-IOV operator's admission. */
    static PfName parse(String text, int numVfs) {
        String[] parts = text.split("#", -1);
        if (parts.length == 1) {
            return new PfName(text, Optional.empty());
        }
        if (parts.length != 2) {
            throw new IllegalArgumentException(
                    "failed to parse "
                            + text
                            + " PF name in nicSelector, probably incorrect separator character usage");
        }
        String[] ends = parts[1].split("-", -1);
        check(ends.length == 2, text, "probably incorrect range character usage");
        int first = number(ends[0], text, "start range is incorrect");
        int last = number(ends[1], text, "end range is incorrect");
        check(last >= first, text, "end range shall not be smaller than start range");
        check(last < numVfs, text, "end range exceeds the maximum VF index ");
        return new PfName(parts[0], Optional.of(new VfRange(first, last)));
    }

    private static int number(String digits, String text, String rule) {
        check(digits.matches("\\d{1,9}"), text, rule);
        return Integer.parseInt(digits);
    }

    private static void check(boolean holds, String text, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "failed to parse " + text + " PF name nicSelector, " + rule);
        }
    }
}
