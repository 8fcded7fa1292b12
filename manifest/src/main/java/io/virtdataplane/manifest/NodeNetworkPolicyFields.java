package io.virtdataplane.manifest;

import java.util.Set;

/**
 * The fields of a NodeNetworkConfigurationPolicy, as kubernetes-nmstate's API and nmstate's
 * NetworkState have them, and what becomes of each. Whatever configures the node's own devices is
 * left to the network manager that does so; what would seem to protect somebody, and would not, is
 * refused.
 */
final class NodeNetworkPolicyFields {
    private static final String MANAGER = "the node's own network manager configures it";
    private static final String NO_DEVICE =
            "a bridge has no device on the node (apply --host-port gives it one, which the node's own network manager configures)";
    private static final String OTHER_TYPE =
            "a linux-bridge has no such field; interfaces of other types are configured by the node's own network manager, and the bridge's port may name one";
    private static final String TIMERS = "the kernel's default is used";

    /** Types of interfaces that nmstate has beside linux-bridge. */
    static final Set<String> OTHER_TYPES =
            Set.of(
                    "bond",
                    "dummy",
                    "ethernet",
                    "hsr",
                    "infiniband",
                    "ipsec",
                    "ipvlan",
                    "loopback",
                    "mac-vlan",
                    "mac-vtap",
                    "macsec",
                    "ovs-bridge",
                    "ovs-interface",
                    "ovs-port",
                    "team",
                    "tun",
                    "unknown",
                    "veth",
                    "vlan",
                    "vrf",
                    "vxlan",
                    "xfrm");

    /**
     * Of those, the ones that keep others out: a node without them would be open and not say so.
     */
    static final Set<String> PROTECTING_TYPES = Set.of("ipsec", "macsec", "xfrm");

    static final FieldTable SPEC =
            FieldTable.of("nodeSelector", "desiredState", "maxUnavailable")
                    .refusing(
                            "it asks nmstate about the node (write the interfaces themselves into desiredState, or leave the policy to Kubernetes NMState)",
                            "capture");

    static final FieldTable DESIRED_STATE =
            FieldTable.of("interfaces", "description")
                    .leaving(
                            MANAGER,
                            "dns-resolver",
                            "hostname",
                            "ovn",
                            "ovs-db",
                            "route-rules",
                            "routes");

    /** Those behind mtu are what NodeNetworkState reports, and not asked for. */
    static final FieldTable BRIDGE_INTERFACE =
            FieldTable.of(
                            "name",
                            "description",
                            "type",
                            "state",
                            "bridge",
                            "ipv4",
                            "ipv6",
                            "mtu",
                            "driver",
                            "max-mtu",
                            "min-mtu",
                            "permanent-mac-address")
                    .leaving(
                            NO_DEVICE,
                            "accept-all-mac-addresses",
                            "alt-names",
                            "controller",
                            "copy-mac-from",
                            "ethtool",
                            "lldp",
                            "mac-address",
                            "mptcp",
                            "ovs-db",
                            "wait-ip")
                    .leaving("the bridge goes by its name", "identifier", "profile-name")
                    .refusing(
                            "the bridge does not authenticate anybody (let the node's own network manager do it on the port's device)",
                            "802.1x")
                    .refusing("scripts are not run", "dispatch")
                    .refusing(
                            OTHER_TYPE,
                            "dpdk",
                            "ethernet",
                            "hsr",
                            "infiniband",
                            "ipvlan",
                            "libreswan",
                            "link-aggregation",
                            "mac-vlan",
                            "mac-vtap",
                            "macsec",
                            "patch",
                            "veth",
                            "vlan",
                            "vrf",
                            "vxlan",
                            "xfrm");

    /** Of ipv4 and of ipv6. */
    static final FieldTable IP =
            FieldTable.of(
                    "addr-gen-mode",
                    "address",
                    "allow-extra-address",
                    "auto-dns",
                    "auto-gateway",
                    "auto-route-metric",
                    "auto-route-table-id",
                    "auto-routes",
                    "autoconf",
                    "dhcp",
                    "dhcp-client-id",
                    "dhcp-custom-hostname",
                    "dhcp-duid",
                    "dhcp-send-hostname",
                    "enabled",
                    "forwarding",
                    "token");

    static final FieldTable BRIDGE = FieldTable.of("options", "port", "ports");

    /** The two timers are what NodeNetworkState reports. */
    static final FieldTable OPTIONS =
            FieldTable.of(
                            "gc-timer",
                            "group-addr",
                            "group-forward-mask",
                            "group-fwd-mask",
                            "hash-max",
                            "hello-timer",
                            "mac-ageing-time",
                            "multicast-snooping",
                            "stp",
                            "vlan-default-pvid",
                            "vlan-protocol")
                    .leaving(
                            TIMERS,
                            "multicast-last-member-count",
                            "multicast-last-member-interval",
                            "multicast-membership-interval",
                            "multicast-querier-interval",
                            "multicast-query-interval",
                            "multicast-query-response-interval",
                            "multicast-startup-query-count",
                            "multicast-startup-query-interval")
                    .leaving(NO_DEVICE, "multicast-router")
                    .leaving("the bridge sends no queries", "multicast-query-use-ifaddr")
                    .refusing(
                            "the bridge sends no queries, and without a querier in the network its groups would end (have one there, or set multicast-snooping to false)",
                            "multicast-querier");

    static final FieldTable STP =
            FieldTable.of("enabled", "forward-delay", "hello-time", "max-age", "priority");

    /** Cost and priority do nothing without STP. */
    static final FieldTable PORT =
            FieldTable.of("name", "stp-hairpin-mode", "stp-path-cost", "stp-priority", "vlan");

    static final FieldTable VLAN = FieldTable.of("mode", "tag", "enable-native", "trunk-tags");

    private NodeNetworkPolicyFields() {}
}
