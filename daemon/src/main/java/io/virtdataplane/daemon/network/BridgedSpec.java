package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortFlag;
import io.virtdataplane.bridge.PortFlags;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.daemon.network.PortDevice.Holding;
import io.virtdataplane.manifest.CniBridge;
import io.virtdataplane.manifest.MachineName;
import io.virtdataplane.manifest.MachineNic;
import io.virtdataplane.manifest.MachineNics;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NicNetwork;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.wire.AddressText;
import java.util.List;
import java.util.Optional;

/**
 * An attach request for a secondary NIC on a bridge, checked.
 *
 * @param namespace of the machine, or empty
 * @param definition NAMESPACE/NAME of its NetworkAttachmentDefinition
 */
record BridgedSpec(
        String machine,
        String namespace,
        MachineNic nic,
        String definition,
        AttachRequest request) {
    /**
     * The NIC that the request names, or the only one of a machine without a masquerade NIC; none
     * where it is not a NIC on a bridge.
     */
    static Optional<BridgedSpec> of(AttachRequest request, MachineNics machine) {
        MachineNic nic = chosen(machine, request.getInterface());
        if (nic == null || nic.isMasquerade()) {
            return Optional.empty();
        }
        if (!nic.binding().equals("bridge") || !(nic.network() instanceof NicNetwork.Multus net)) {
            throw new IllegalArgumentException(
                    "interface must be masquerade on the pod network, or bridge on a multus network: interface="
                            + nic.name());
        }
        String name = MachineName.of(machine.machine(), request.getName());
        if (request.getNetns().isBlank()) {
            throw new IllegalArgumentException(
                    "netns must be a name or a path: netns=" + request.getNetns());
        }
        String namespace = net.namespace().isEmpty() ? machine.namespace() : net.namespace();
        String definition =
                ObjectKind.NETWORK_DEFINITION.fullName(
                        namespace.isEmpty() ? net.name() : namespace + "/" + net.name());
        return Optional.of(new BridgedSpec(name, machine.namespace(), nic, definition, request));
    }

    private static MachineNic chosen(MachineNics machine, String name) {
        List<MachineNic> nics = machine.nics();
        if (!name.isEmpty()) {
            return machine.find(name)
                    .orElseThrow(
                            () ->
                                    new IllegalArgumentException(
                                            "interface must be in the manifest: interface="
                                                    + name));
        }
        if (nics.stream().anyMatch(MachineNic::isMasquerade)) {
            return null;
        }
        List<MachineNic> bridged =
                nics.stream().filter(nic -> nic.binding().equals("bridge")).toList();
        return bridged.size() == 1 ? bridged.getFirst() : null;
    }

    String name() {
        return machine + "/" + nic.name();
    }

    /** By whom an address is held. */
    MacHolder holder() {
        return new MacHolder(namespace.isEmpty() ? machine : namespace + "/" + machine, nic.name());
    }

    /** The machine's manifest goes before the network's; 0 where neither has one. */
    long askedMac(NetworkDefinition network) {
        return nic.mac() != 0 ? nic.mac() : network.bridge().mac();
    }

    /** That it was given in an earlier run, or 0. */
    long givenMac() {
        return request.getGivenMac().isEmpty() ? 0 : AddressText.mac(request.getGivenMac());
    }

    /**
     * @param mac of the guest
     */
    PortSpec port(NetworkDefinition network, long mac) {
        CniBridge config = network.bridge();
        GuestDevice guest = GuestDevice.parse(request.getGuest());
        Holding holding = guest.isTap() ? Holding.MADE : Holding.TAKEN;
        PortFlags flags =
                PortFlags.NEW_PORT
                        .with(PortFlag.ISOLATED, config.portIsolation())
                        .with(PortFlag.HAIRPIN, config.hairpinMode());
        return new PortSpec(
                name(),
                new PortDevice(request.getNetns(), guest.name(), holding),
                new PortRules(PortVlanRules.guest(config), flags, guard(config, mac)),
                definition,
                config.mtu());
    }

    private GuardPolicy guard(CniBridge config, long mac) {
        String wanted =
                request.getSpoofGuard().isEmpty()
                        ? config.macspoofchk() ? "mac" : "off"
                        : request.getSpoofGuard();
        return switch (wanted) {
            case "off" -> GuardPolicy.off(mac);
            case "mac" -> GuardPolicy.sourceMac(mac);
            case "strict" -> GuardPolicy.strict(mac);
            default ->
                    throw new IllegalArgumentException(
                            "spoof_guard must be off, mac or strict: spoof_guard=" + wanted);
        };
    }
}
