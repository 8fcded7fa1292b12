package io.virtdataplane.daemon.object;

/**
 * What a request adds to the objects of its file.
 *
 * @param sharesUplinks the node's kernel keeps the uplinks of a policy's bridges
 * @param hostPort the node has a port on each bridge of a policy
 * @param probeSeconds until the node's default gateways must answer again
 * @param fromCluster the objects come from the Kubernetes API, and are changed only there
 */
public record ApplyOptions(
        boolean sharesUplinks, boolean hostPort, int probeSeconds, boolean fromCluster) {
    private static final int DEFAULT_PROBE_SECONDS = 120;
    private static final int LONGEST_PROBE_SECONDS = 480;
    public static final ApplyOptions DEFAULT =
            new ApplyOptions(false, false, DEFAULT_PROBE_SECONDS, false);

    /**
     * As a request has them.
     *
     * @param uplinks "take", "share", or empty: take
     * @param probeSeconds 0: the default
     */
    public static ApplyOptions of(String uplinks, boolean hostPort, int probeSeconds) {
        int seconds = probeSeconds == 0 ? DEFAULT_PROBE_SECONDS : probeSeconds;
        if (seconds < 1 || seconds > LONGEST_PROBE_SECONDS) {
            throw new IllegalArgumentException(
                    "probe_seconds must be 1-"
                            + LONGEST_PROBE_SECONDS
                            + ": probe_seconds="
                            + seconds);
        }
        if (!uplinks.isEmpty() && !uplinks.equals("take") && !uplinks.equals("share")) {
            throw new IllegalArgumentException("uplinks must be take or share: uplinks=" + uplinks);
        }
        return new ApplyOptions(uplinks.equals("share"), hostPort, seconds, false);
    }

    public ApplyOptions ofCluster() {
        return new ApplyOptions(sharesUplinks, hostPort, probeSeconds, true);
    }
}
