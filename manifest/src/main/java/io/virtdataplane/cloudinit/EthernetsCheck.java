package io.virtdataplane.cloudinit;

import io.virtdataplane.cloudinit.EthernetSettings.Address;
import io.virtdataplane.cloudinit.EthernetSettings.Hop;
import io.virtdataplane.manifest.MachineNic;
import io.virtdataplane.manifest.MachineNics;
import io.virtdataplane.manifest.NicNetwork;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks the ethernets against each other and against the machine's NICs. A manifest that lists no
 * NICs, as the documentation prints some, is not held against them.
 */
final class EthernetsCheck {
    private final List<EthernetSettings> ethernets;
    private final MachineNics machine;

    EthernetsCheck(List<EthernetSettings> ethernets, MachineNics machine) {
        this.ethernets = ethernets;
        this.machine = machine;
    }

    void check(Located section) {
        checkAddressesAreUnique();
        checkNamesAreUnique();
        checkMacsAreUnique();
        if (machine.isDefault() || machine.nics().isEmpty()) {
            return;
        }
        if (ethernets.size() > machine.nics().size()) {
            section.wrong(
                    "must not have more entries than the machine has interfaces",
                    "count=" + ethernets.size() + " interfaces=" + machine.nics().size());
        }
        for (EthernetSettings ethernet : ethernets) {
            Optional<MachineNic> nic = nic(ethernet);
            if (nic.isPresent()
                    && nic.get().isMasquerade()
                    && nic.get().network() instanceof NicNetwork.Pod pod) {
                checkPod(ethernet, pod);
            }
        }
    }

    private void checkAddressesAreUnique() {
        Map<String, Located> firsts = new HashMap<>();
        for (EthernetSettings ethernet : ethernets) {
            for (Address address : ethernet.addresses()) {
                Located first = firsts.putIfAbsent(address.prefix().address(), address.at());
                if (first != null) {
                    address.at().wrong("must be unique, " + first.path() + " has the same address");
                }
            }
        }
    }

    private void checkNamesAreUnique() {
        Map<String, EthernetSettings> firsts = new HashMap<>();
        for (EthernetSettings ethernet : ethernets) {
            Optional<String> name = ethernet.deviceName();
            EthernetSettings first =
                    name.map(given -> firsts.putIfAbsent(given, ethernet)).orElse(null);
            if (first != null) {
                ethernet.setName()
                        .or(first::setName)
                        .orElse(ethernet.at())
                        .wrong("must be unique among devices", "other=" + first.at().path());
            }
        }
    }

    private void checkMacsAreUnique() {
        Map<Long, EthernetSettings> firsts = new HashMap<>();
        for (EthernetSettings ethernet : ethernets) {
            EthernetSettings first =
                    ethernet.mac() == 0 ? null : firsts.putIfAbsent(ethernet.mac(), ethernet);
            if (first != null) {
                ethernet.macAt()
                        .orElse(ethernet.at())
                        .wrong("must match one device only, " + first.at().path() + " matches it");
            }
        }
    }

    /** The NIC that an ethernet is about; empty where the guest alone knows. */
    private Optional<MachineNic> nic(EthernetSettings ethernet) {
        if (ethernet.mac() != 0) {
            Optional<MachineNic> found = withMac(ethernet.mac());
            List<MachineNic> open = machine.nics().stream().filter(nic -> nic.mac() == 0).toList();
            if (found.isEmpty() && open.isEmpty()) {
                ethernet.macAt()
                        .orElseThrow()
                        .wrong("must be a macAddress of the machine, one of " + macs());
            }
            return found.or(() -> open.size() == 1 ? open.stream().findFirst() : Optional.empty());
        }
        if (ethernet.match().isEmpty() && ethernet.key().matches("eth[0-9]{1,4}")) {
            int place = Integer.parseInt(ethernet.key().substring("eth".length()));
            if (place < machine.nics().size()) {
                return Optional.of(machine.nics().get(place));
            }
            ethernet.at()
                    .wrong(
                            "must be one of the machine's interfaces, eth0 to eth"
                                    + (machine.nics().size() - 1),
                            "interfaces=" + machine.nics().size());
            return Optional.empty();
        }
        boolean isOnlyOne = machine.nics().size() == 1 && ethernets.size() == 1;
        return isOnlyOne ? Optional.of(machine.nics().getFirst()) : Optional.empty();
    }

    private Optional<MachineNic> withMac(long mac) {
        return machine.nics().stream().filter(nic -> nic.mac() == mac).findFirst();
    }

    private String macs() {
        return String.join(
                ", ", machine.nics().stream().map(nic -> AddressText.mac(nic.mac())).toList());
    }

    /** Behind masquerade one address of each family is translated, and one gateway answers. */
    private static void checkPod(EthernetSettings ethernet, NicNetwork.Pod pod) {
        long[] guest6 = pod.ipv6Cidr().guest();
        long[] gateway6 = pod.ipv6Cidr().gateway();
        for (Address address : ethernet.addresses()) {
            if (address.prefix().isIpv4()) {
                checkIs(
                        address.at(),
                        address.prefix(),
                        ipv4(pod.cidr().guest()),
                        "the guest's address in vmNetworkCIDR");
            } else if (!address.prefix().isLinkLocal()) {
                checkIs(
                        address.at(),
                        address.prefix(),
                        new Prefix(guest6[0], guest6[1], 128),
                        "the guest's address in vmIPv6NetworkCIDR");
            }
        }
        for (Hop hop : ethernet.hops()) {
            if (hop.via().isIpv4()) {
                checkIs(
                        hop.at(),
                        hop.via(),
                        ipv4(pod.cidr().gateway()),
                        "the gateway of vmNetworkCIDR");
            } else if (!hop.via().isLinkLocal()) {
                checkIs(
                        hop.at(),
                        hop.via(),
                        new Prefix(gateway6[0], gateway6[1], 128),
                        "the gateway of vmIPv6NetworkCIDR");
            }
        }
    }

    private static void checkIs(Located at, Prefix given, Prefix right, String what) {
        if (!given.isSameAddress(right)) {
            at.wrong("must be " + right.address() + ", " + what);
        }
    }

    private static Prefix ipv4(int address) {
        return new Prefix(0, Ip.mapped(address), 128);
    }
}
