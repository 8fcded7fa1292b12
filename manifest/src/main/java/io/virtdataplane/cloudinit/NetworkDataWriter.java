package io.virtdataplane.cloudinit;

import io.virtdataplane.manifest.Ipv6Cidr;
import io.virtdataplane.manifest.MachineNic;
import io.virtdataplane.manifest.MachineNics;
import io.virtdataplane.manifest.NicNetwork;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes network data version 2 for a machine's NICs, as the tree that YAML or JSON is printed of.
 * Its fields are those that the documentation uses, because every cloud-init of the last years
 * reads them.
 */
public final class NetworkDataWriter {
    private final MachineNics machine;
    private final StaticSettings settings;
    private final Map<MachineNic, List<Prefix>> prefixesByNic = new LinkedHashMap<>();
    private final Map<MachineNic, Map<String, String>> gatewaysByNic = new LinkedHashMap<>();

    private NetworkDataWriter(MachineNics machine, StaticSettings settings) {
        this.machine = machine;
        this.settings = settings;
    }

    public static Map<String, Object> write(MachineNics machine, StaticSettings settings) {
        if (machine.nics().isEmpty()) {
            throw new IllegalArgumentException(
                    "spec.domain.devices.interfaces must have an interface: count=0");
        }
        return new NetworkDataWriter(machine, settings).write();
    }

    private Map<String, Object> write() {
        machine.nics().forEach(nic -> prefixesByNic.put(nic, new ArrayList<>()));
        machine.nics().forEach(nic -> gatewaysByNic.put(nic, new LinkedHashMap<>()));
        settings.interfaceByPrefix()
                .forEach((prefix, name) -> prefixesByNic.get(nic(name)).add(prefix));
        settings.gateways().forEach(this::place);
        if (settings.staticIpv6() && machine.nics().stream().noneMatch(MachineNic::isMasquerade)) {
            throw new IllegalArgumentException(
                    "static-ipv6 must have a NIC with the masquerade binding: machine="
                            + machine.machine());
        }
        if (!settings.nameservers().isEmpty() && settings.addresses().isEmpty()) {
            throw new IllegalArgumentException(
                    "nameserver must be given together with an address (by DHCP the guest gets its name servers): nameserver="
                            + String.join(",", settings.nameservers()));
        }
        Map<String, Object> ethernets = new LinkedHashMap<>();
        for (MachineNic nic : machine.nics()) {
            String name = "eth" + ethernets.size();
            ethernets.put(name, ethernet(name, nic));
        }
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("version", 2);
        data.put("ethernets", ethernets);
        return data;
    }

    private MachineNic nic(String name) {
        return machine.find(name)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "address must be for an interface of the machine: interface="
                                                + name));
    }

    /** A gateway belongs to the NIC that has it in a network of its own. */
    private void place(String text) {
        Prefix gateway =
                Prefix.address(text)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "gateway must be an IPv4 or IPv6 address: gateway="
                                                        + text));
        for (Map.Entry<MachineNic, List<Prefix>> nic : prefixesByNic.entrySet()) {
            if (nic.getValue().stream().anyMatch(prefix -> prefix.contains(gateway))) {
                String field = gateway.isIpv4() ? "gateway4" : "gateway6";
                if (gatewaysByNic.get(nic.getKey()).put(field, gateway.address()) != null) {
                    throw new IllegalArgumentException(
                            "gateway must be given once for each family and interface: gateway="
                                    + text);
                }
                return;
            }
        }
        throw new IllegalArgumentException(
                "gateway must be in the network of a given address: gateway=" + text);
    }

    private Map<String, Object> ethernet(String name, MachineNic nic) {
        Map<String, Object> ethernet = new LinkedHashMap<>();
        if (nic.mac() != 0) {
            ethernet.put("match", Map.of("macaddress", AddressText.mac(nic.mac())));
            ethernet.put("set-name", name);
        }
        List<String> addresses =
                new ArrayList<>(prefixesByNic.get(nic).stream().map(Prefix::toString).toList());
        boolean isStatic = !addresses.isEmpty();
        if (!isStatic) {
            ethernet.put("dhcp4", true);
        }
        Map<String, String> gateways = gatewaysByNic.get(nic);
        if (nic.isMasquerade() && nic.network() instanceof NicNetwork.Pod pod) {
            if (settings.staticIpv6()) {
                Ipv6Cidr network = pod.ipv6Cidr();
                addresses.add(ip(network.guest()) + "/" + network.prefixLength());
                gateways.put("gateway6", ip(network.gateway()));
            } else if (!isStatic) {
                ethernet.put("dhcp6", true);
                ethernet.put("accept-ra", true);
            }
        }
        if (!addresses.isEmpty()) {
            ethernet.put("addresses", addresses);
        }
        ethernet.putAll(gateways);
        if (isStatic && !settings.nameservers().isEmpty()) {
            ethernet.put("nameservers", Map.of("addresses", settings.nameservers()));
        }
        return ethernet;
    }

    private static String ip(long[] address) {
        return AddressText.ip(address[0], address[1]);
    }
}
