package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.sys.NetDevice;

/**
 * The pod that a masquerade NIC is behind.
 *
 * @param netns of the pod: a name or a path
 * @param uplink its device to the network
 * @param resolvConf file of its name servers; empty: the pod's own
 */
record PodSide(String netns, String uplink, String resolvConf) {
    private static final String DEFAULT_UPLINK = "eth0";

    static PodSide of(AttachRequest request) {
        return new PodSide(
                checkedNetns(request.getNetns()),
                NetDevice.checkName(
                        request.getUplink().isEmpty() ? DEFAULT_UPLINK : request.getUplink()),
                request.getResolvConf());
    }

    private static String checkedNetns(String netns) {
        if (netns.isBlank()) {
            throw new IllegalArgumentException("netns must be a name or a path: netns=" + netns);
        }
        return netns;
    }
}
