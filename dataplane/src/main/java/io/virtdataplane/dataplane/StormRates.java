package io.virtdataplane.dataplane;

/**
 * How many frames a second of each kind a guest's port of a bridge may bring that cost every other
 * port, as storm control of hardware switches has it. 0: no limit. A GSO frame counts once, and a
 * frame to the members of a group that is snooped is not limited.
 *
 * @param broadcast to all
 * @param multicast to a group that nobody is known to have joined, so to all
 * @param unknownUnicast to a station that is not known, so to all
 * @param stations from a station that is new at the port, or has moved there
 */
public record StormRates(long broadcast, long multicast, long unknownUnicast, long stations) {
    public static final StormRates NONE = new StormRates(0, 0, 0, 0);

    /**
     * Of guests. A busy one resolves, announces and leases with some hundred broadcasts a second;
     * the other two carry data, too: ten times as many are 100 Mbit/s of whole frames.
     */
    public static final StormRates DEFAULT = new StormRates(1_000, 10_000, 10_000, 1_000);

    public StormRates {
        if (broadcast < 0 || multicast < 0 || unknownUnicast < 0 || stations < 0) {
            throw new IllegalArgumentException(
                    "storm rates must not be negative: broadcast=%d multicast=%d unknown_unicast=%d stations=%d"
                            .formatted(broadcast, multicast, unknownUnicast, stations));
        }
    }
}
