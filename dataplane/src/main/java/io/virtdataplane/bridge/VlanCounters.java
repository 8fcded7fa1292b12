package io.virtdataplane.bridge;

/** Frames and bytes that came in by VLAN; 0 where the bridge filters none. One writer. */
public final class VlanCounters {
    private final long[] frames = new long[VlanSet.LAST + 1];
    private final long[] bytes = new long[VlanSet.LAST + 1];

    void count(int vlan, int length) {
        frames[vlan]++;
        bytes[vlan] += length;
    }

    void count(int vlan, long more, long moreBytes) {
        frames[vlan] += more;
        bytes[vlan] += moreBytes;
    }

    public long frames(int vlan) {
        return frames[vlan];
    }

    public long bytes(int vlan) {
        return bytes[vlan];
    }
}
