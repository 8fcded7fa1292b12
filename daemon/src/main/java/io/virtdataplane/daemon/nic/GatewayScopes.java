package io.virtdataplane.daemon.nic;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dhcp.ClientOptions;
import io.virtdataplane.dhcp.Gateway;
import io.virtdataplane.dhcp.Ipv6Scope;
import io.virtdataplane.dhcp.Link;
import io.virtdataplane.dhcp.Resolver;
import io.virtdataplane.dhcp.Scope;
import io.virtdataplane.manifest.Cidr;

/**
 * What a guest behind a pod's address is told of its network, in each family.
 *
 * @param mtu the guest's
 */
record GatewayScopes(MasqueradeSpec spec, ResolvConf resolvConf, int mtu) {
    Scope ipv4() {
        Cidr cidr = spec.nic().cidr();
        return new Scope(
                new Gateway(MasqueradeNic.GATEWAY_MAC, cidr.gateway()),
                cidr.guest(),
                new Link(cidr.prefixLength(), mtu),
                spec.guest().leaseSeconds(),
                new ClientOptions(
                        cidr.gateway(),
                        new Resolver<>(resolvConf.nameServers(), resolvConf.searchDomains()),
                        spec.hostname(),
                        spec.nic().dhcpOptions()));
    }

    Ipv6Scope ipv6(Addresses addresses) {
        return addresses.isOn()
                ? new Ipv6Scope(
                        addresses,
                        new Link(spec.nic().ipv6Cidr().prefixLength(), mtu),
                        new Resolver<>(resolvConf.ipv6NameServers(), resolvConf.searchDomains()),
                        spec.guest().leaseSeconds(),
                        spec.guest().advertises())
                : Ipv6Scope.NONE;
    }
}
