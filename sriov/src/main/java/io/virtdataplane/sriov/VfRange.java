package io.virtdataplane.sriov;

/** VF numbers from first to last, both inside. */
public record VfRange(int first, int last) {
    static VfRange ofCount(int count) {
        return new VfRange(0, count - 1);
    }

    boolean contains(int index) {
        return index >= first && index <= last;
    }

    boolean overlaps(VfRange other) {
        return first <= other.last && other.first <= last;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
