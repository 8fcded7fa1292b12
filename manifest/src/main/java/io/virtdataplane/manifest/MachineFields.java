package io.virtdataplane.manifest;

/**
 * The fields of a machine's interfaces and networks, as KubeVirt's API has them, and what becomes
 * of each. The rest of a machine is its hypervisor's and is not looked at.
 */
final class MachineFields {
    /** Those behind state describe the guest's device, which its hypervisor makes. */
    static final FieldTable INTERFACE =
            FieldTable.of(
                            "name",
                            "binding",
                            "bridge",
                            "macvtap",
                            "masquerade",
                            "passt",
                            "passtBinding",
                            "slirp",
                            "sriov",
                            "dhcpOptions",
                            "macAddress",
                            "ports",
                            "state",
                            "acpiIndex",
                            "bootOrder",
                            "model",
                            "pciAddress",
                            "tag")
                    .refusing(
                            "list the ports one by one, or give them with attach --ports",
                            "portRanges");

    /** Of masquerade, bridge and sriov: they have none. */
    static final FieldTable BINDING = FieldTable.of();

    static final FieldTable PORT = FieldTable.of("name", "protocol", "port");

    static final FieldTable DHCP_OPTIONS =
            FieldTable.of("bootFileName", "tftpServerName", "ntpServers", "privateOptions");

    static final FieldTable PRIVATE_OPTION = FieldTable.of("option", "value");

    static final FieldTable NETWORK = FieldTable.of("name", "pod", "multus", "resourceClaim");

    static final FieldTable POD = FieldTable.of("vmNetworkCIDR", "vmIPv6NetworkCIDR");

    static final FieldTable MULTUS = FieldTable.of("networkName", "default");

    private MachineFields() {}
}
