package io.virtdataplane.daemon.network;

/**
 * A condition of a policy or of its enactment, as in Kubernetes.
 *
 * @param status "True", "False" or "Unknown"
 * @param sinceMs Unix time of the last change of its status
 */
public record Condition(String type, String status, String reason, String message, long sinceMs) {}
