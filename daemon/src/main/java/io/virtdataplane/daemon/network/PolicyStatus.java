package io.virtdataplane.daemon.network;

import java.util.List;

/**
 * What became of a policy on this node.
 *
 * @param enactment its name, NODE.POLICY; empty: the policy does not select this node
 */
public record PolicyStatus(
        String name, List<Condition> conditions, String enactment, List<Condition> enacted) {}
