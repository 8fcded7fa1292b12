package io.virtdataplane.manifest;

import io.virtdataplane.dhcp.CustomOptions;
import java.util.List;

/**
 * What a VirtualMachine manifest asks of its NIC on the pod network.
 *
 * @param machine metadata.name, or empty
 * @param interfaceName name of the interface and its network
 * @param hostname what the guest is to call itself
 * @param mac the guest's, or 0 where the manifest leaves it open
 * @param ports open inbound; empty: all
 */
public record MasqueradeInterface(
        String machine,
        String interfaceName,
        String hostname,
        long mac,
        List<ListedPort> ports,
        Cidr cidr,
        Ipv6Cidr ipv6Cidr,
        CustomOptions dhcpOptions) {}
