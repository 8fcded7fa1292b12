package io.virtdataplane.daemon.controller;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The controller's settings.
 *
 * @param kubeconfig null: the service account of its pod
 * @param namespace of its own objects: leases and the Secret
 * @param identity of this replica, as no other has it
 * @param isSriovs it keeps the definitions of SriovNetworks
 */
record ControllerConfig(
        Path kubeconfig,
        String namespace,
        String identity,
        Macs macs,
        Webhook webhook,
        int statusPort,
        boolean isSriovs,
        String resourcePrefix) {
    /**
     * The MAC pool.
     *
     * @param start and end: MAC addresses, or both empty for a range of the cluster's own
     * @param patience until an address is given back whose machine never came
     */
    record Macs(String start, String end, Namespaces.Mode mode, Duration patience) {
        /** Longer than the API server works on a request, by its default setting. */
        static final Duration LEAST_SAFE_WAIT = Duration.ofSeconds(70);

        Macs {
            if (patience.isNegative() || patience.isZero()) {
                throw new IllegalArgumentException(
                        "mac-wait must be at least 1 second: mac-wait=" + patience.toSeconds());
            }
        }
    }

    /**
     * How the API server reaches us.
     *
     * @param port to listen on; 0: any
     * @param names that it calls us by: DNS names and IPv4 addresses
     * @param configuration name of both webhook configurations
     */
    record Webhook(int port, List<String> names, String configuration) {
        Webhook {
            names = List.copyOf(names);
        }
    }
}
