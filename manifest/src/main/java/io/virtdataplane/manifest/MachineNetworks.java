package io.virtdataplane.manifest;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The rules for {@code spec.networks}; rules and words follow KubeVirt's admission. */
final class MachineNetworks {
    private static final String DEFAULT_CIDR = "10.0.2.0/24";
    private static final String DEFAULT_IPV6_CIDR = "fd10:0:2::2/120";
    private static final Pattern MULTUS =
            Pattern.compile(
                    "(?:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)/)?"
                            + "([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)");

    private MachineNetworks() {}

    /** Checks the type of each, and finds the pod network if there is one. */
    static Optional<Fields> pod(List<Fields> networks) {
        Fields found = null;
        for (Fields network : networks) {
            network.check(MachineFields.NETWORK);
            int types =
                    (network.has("pod") ? 1 : 0)
                            + (network.has("multus") ? 1 : 0)
                            + (network.has("resourceClaim") ? 1 : 0);
            if (types != 1) {
                throw new InvalidManifestException(
                        network.path()
                                + " must have exactly one of pod, multus, resourceClaim: count="
                                + types);
            }
            if (network.has("pod")) {
                if (found != null) {
                    throw new InvalidManifestException(
                            network.path()
                                    + " must be the only pod network: other="
                                    + found.path());
                }
                found = network;
            }
        }
        return Optional.ofNullable(found);
    }

    static NicNetwork.Pod podNetwork(Fields network) {
        Fields pod = network.object("pod");
        pod.check(MachineFields.POD);
        return new NicNetwork.Pod(
                Cidr.parse(pod.text("vmNetworkCIDR", DEFAULT_CIDR), pod.path() + ".vmNetworkCIDR"),
                Ipv6Cidr.parse(
                        pod.text("vmIPv6NetworkCIDR", DEFAULT_IPV6_CIDR),
                        pod.path() + ".vmIPv6NetworkCIDR"));
    }

    /**
     * The definition must be of the machine's own namespace, where that is known, or of default.
     */
    static NicNetwork.Multus multus(Fields network, String namespace) {
        Fields multus = network.object("multus");
        multus.check(MachineFields.MULTUS);
        String text = multus.text("networkName", "");
        var name = MULTUS.matcher(text);
        if (!name.matches()) {
            throw multus.error(
                    "networkName",
                    "must be the name of a NetworkAttachmentDefinition, [NAMESPACE/]NAME",
                    text);
        }
        String of = name.group(1) == null ? "" : name.group(1);
        if (!of.isEmpty()
                && !namespace.isEmpty()
                && !of.equals(namespace)
                && !of.equals("default")) {
            throw multus.error(
                    "networkName",
                    "must be in the machine's own namespace " + namespace + " or in default",
                    text);
        }
        return new NicNetwork.Multus(of, name.group(2));
    }
}
