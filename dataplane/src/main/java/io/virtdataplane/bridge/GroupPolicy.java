package io.virtdataplane.bridge;

/**
 * What a bridge does with frames to groups.
 *
 * @param snooping they go to the ports that have joined them, where a querier is; off: to all
 * @param most groups that are noted at most
 */
public record GroupPolicy(boolean snooping, int most) {
    public static final GroupPolicy DEFAULT =
            new GroupPolicy(true, 4096); // BR_MULTICAST_DEFAULT_HASH_MAX
}
