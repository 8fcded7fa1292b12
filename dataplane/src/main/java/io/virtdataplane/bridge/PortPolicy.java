package io.virtdataplane.bridge;

/**
 * What a bridge port does, as bridge(8) names it. A value that a command replaces.
 *
 * @param vlans used where the bridge filters VLANs
 * @param learning source addresses are learned
 * @param flood frames to unknown stations leave here
 * @param multicastFlood frames to groups leave here
 * @param broadcastFlood broadcasts leave here
 * @param isolated exchanges nothing with other isolated ports
 * @param hairpin frames may leave by the port they came from
 * @param locked only stations with an entry of this port may send
 * @param learnLimit stations learned here at most
 * @param mtu longest payload of a frame that leaves, but for GSO frames
 */
public record PortPolicy(
        PortVlans vlans,
        boolean learning,
        boolean flood,
        boolean multicastFlood,
        boolean broadcastFlood,
        boolean isolated,
        boolean hairpin,
        boolean locked,
        int learnLimit,
        int mtu) {
    public static final PortPolicy DEFAULT =
            new PortPolicy(
                    PortVlans.NEW_PORT,
                    true,
                    true,
                    true,
                    true,
                    false,
                    false,
                    false,
                    Integer.MAX_VALUE,
                    1500);

    public PortPolicy with(PortVlans changed) {
        return new PortPolicy(
                changed,
                learning,
                flood,
                multicastFlood,
                broadcastFlood,
                isolated,
                hairpin,
                locked,
                learnLimit,
                mtu);
    }
}
