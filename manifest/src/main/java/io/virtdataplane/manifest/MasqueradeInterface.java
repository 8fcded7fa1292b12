package io.virtdataplane.manifest;

import io.virtdataplane.dhcp.CustomOptions;
import java.util.List;

/**
 * What a VirtualMachine manifest asks of its NIC on the pod network.
 *
 * @param ports open inbound; empty: all
 * @param mesh what its machine says of one
 */
public record MasqueradeInterface(
        Guest guest,
        List<ListedPort> ports,
        Networks networks,
        CustomOptions dhcpOptions,
        MachineMesh mesh) {
    private static final int LONGEST_LABEL = 63; // RFC 1035 2.3.4

    /**
     * Whose it is.
     *
     * @param machine metadata.name, or empty
     * @param interfaceName name of the interface and its network
     * @param hostname spec.hostname, or empty
     * @param subdomain spec.subdomain, or empty
     * @param mac the guest's, or 0 where the manifest leaves it open
     */
    public record Guest(
            String machine, String interfaceName, String hostname, String subdomain, long mac) {}

    /** The networks between guest and gateway. */
    public record Networks(Cidr ipv4, Ipv6Cidr ipv6) {}

    public String machine() {
        return guest.machine();
    }

    public String interfaceName() {
        return guest.interfaceName();
    }

    /** What the guest is to call itself: as KubeVirt has it, a label of its machine's name. */
    public String hostname() {
        if (!guest.hostname().isEmpty()) {
            return guest.hostname();
        }
        String first = machine().split("\\.", -1)[0];
        String label = first.substring(0, Math.min(first.length(), LONGEST_LABEL));
        return label.replaceFirst("-+$", "");
    }

    public String subdomain() {
        return guest.subdomain();
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
        Guest named =
                new Guest(
                        name,
                        guest.interfaceName(),
                        guest.hostname(),
                        guest.subdomain(),
                        guest.mac());
        return new MasqueradeInterface(named, ports, networks, dhcpOptions, mesh);
    }
}
