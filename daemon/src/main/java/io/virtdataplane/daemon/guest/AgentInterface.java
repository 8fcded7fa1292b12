package io.virtdataplane.daemon.guest;

import java.util.List;

/**
 * An interface as the agent in a guest names it, checked and bounded.
 *
 * @param name printable
 * @param mac empty where it has none
 * @param addresses as {@link KnownAddress} has them
 */
record AgentInterface(String name, String mac, List<KnownAddress> addresses) {}
