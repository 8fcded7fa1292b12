package io.virtdataplane.bridge;

/** VLAN IDs 1 to 4094, as an immutable value. */
public final class VlanSet {
    public static final int FIRST = 1;
    public static final int LAST = 4094;
    public static final VlanSet NONE = new VlanSet(new long[64]);
    public static final VlanSet ALL = NONE.with(FIRST, LAST);
    private final long[] bits;

    private VlanSet(long[] bits) {
        this.bits = bits;
    }

    public static VlanSet of(int vlan) {
        return NONE.with(vlan, vlan);
    }

    /** These and all from {@code first} to {@code last}. */
    public VlanSet with(int first, int last) {
        check(first);
        check(last);
        long[] more = bits.clone();
        for (int vlan = first; vlan <= last; vlan++) {
            more[vlan >> 6] |= 1L << vlan;
        }
        return new VlanSet(more);
    }

    public VlanSet without(int vlan) {
        long[] fewer = bits.clone();
        fewer[vlan >> 6] &= ~(1L << vlan);
        return new VlanSet(fewer);
    }

    public boolean has(int vlan) {
        return (bits[vlan >> 6] >>> vlan & 1) != 0;
    }

    /** As ranges: {@code 1,100-200}. */
    public String describe() {
        StringBuilder words = new StringBuilder();
        for (int vlan = FIRST; vlan <= LAST; vlan++) {
            if (has(vlan)) {
                int first = vlan;
                while (vlan < LAST && has(vlan + 1)) {
                    vlan++;
                }
                words.append(words.isEmpty() ? "" : ",").append(first);
                words.append(vlan == first ? "" : "-" + vlan);
            }
        }
        return words.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VlanSet set && java.util.Arrays.equals(bits, set.bits);
    }

    @Override
    public int hashCode() {
        return java.util.Arrays.hashCode(bits);
    }

    @Override
    public String toString() {
        return describe();
    }

    private static void check(int vlan) {
        if (vlan < FIRST || vlan > LAST) {
            throw new IllegalArgumentException("vlan must be 1-4094: vlan=" + vlan);
        }
    }
}
