package io.virtdataplane.daemon.guest;

import java.util.List;

/**
 * What the agent of a guest said last.
 *
 * @param saidMs UNIX time; 0: it has said nothing, or too long ago
 */
public record AgentReport(List<AgentInterface> interfaces, long saidMs) {
    public static final AgentReport NONE = new AgentReport(List.of(), 0);
}
