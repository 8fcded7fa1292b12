package io.virtdataplane.manifest;

import io.virtdataplane.dhcp.CustomOptions;
import java.util.List;

/**
 * What a VirtualMachine manifest asks of its NIC on the pod network.
 *
 * @param ports open inbound; empty: all
 */
public record MasqueradeInterface(
        Guest guest, List<ListedPort> ports, Networks networks, CustomOptions dhcpOptions) {
    /**
     * Whose it is.
     *
     * @param machine metadata.name, or empty
     * @param interfaceName name of the interface and its network
     * @param hostname what the guest is to call itself
     * @param mac the guest's, or 0 where the manifest leaves it open
     */
    public record Guest(String machine, String interfaceName, String hostname, long mac) {}

    /** The networks between guest and gateway. */
    public record Networks(Cidr ipv4, Ipv6Cidr ipv6) {}

    public String machine() {
        return guest.machine();
    }

    public String interfaceName() {
        return guest.interfaceName();
    }

    public String hostname() {
        return guest.hostname();
    }

    public long mac() {
        return guest.mac();
    }

    public Cidr cidr() {
        return networks.ipv4();
    }

    public Ipv6Cidr ipv6Cidr() {
        return networks.ipv6();
    }

    /** The same where the manifest does not name its machine. */
    public MasqueradeInterface ofMachine(String name) {
        Guest named = new Guest(name, guest.interfaceName(), guest.hostname(), guest.mac());
        return new MasqueradeInterface(named, ports, networks, dhcpOptions);
    }
}
