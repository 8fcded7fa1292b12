package io.virtdataplane.bridge;

import java.util.Arrays;
import java.util.List;

/** Which flags a bridge port has, as an immutable value; one bit test for the packet path. */
public final class PortFlags {
    /** Those of a new port of a Linux bridge. */
    public static final PortFlags NEW_PORT =
            of(
                    PortFlag.LEARNING,
                    PortFlag.FLOOD,
                    PortFlag.MULTICAST_FLOOD,
                    PortFlag.BROADCAST_FLOOD);

    private final int bits;

    private PortFlags(int bits) {
        this.bits = bits;
    }

    public static PortFlags of(PortFlag... flags) {
        int bits = 0;
        for (PortFlag flag : flags) {
            bits |= bit(flag);
        }
        return new PortFlags(bits);
    }

    public PortFlags with(PortFlag flag, boolean isOn) {
        return new PortFlags(isOn ? bits | bit(flag) : bits & ~bit(flag));
    }

    public boolean has(PortFlag flag) {
        return (bits & bit(flag)) != 0;
    }

    private static int bit(PortFlag flag) {
        return 1 << flag.ordinal();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PortFlags flags && flags.bits == bits;
    }

    @Override
    public int hashCode() {
        return bits;
    }

    @Override
    public String toString() {
        List<PortFlag> flags = Arrays.stream(PortFlag.values()).filter(this::has).toList();
        return flags.toString();
    }
}
