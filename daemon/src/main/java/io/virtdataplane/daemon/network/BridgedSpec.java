package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortFlag;
import io.virtdataplane.bridge.PortFlags;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.daemon.network.PortDevice.Holding;
import io.virtdataplane.manifest.CniBridge;
import io.virtdataplane.manifest.MachineName;
import io.virtdataplane.manifest.MachineNic;
import io.virtdataplane.manifest.MachineNics;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NicNetwork;
import io.virtdataplane.manifest.ObjectKind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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

    PortSpec port(NetworkDefinition network) {
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
                new PortRules(PortVlanRules.guest(config), flags, guard(config)),
                definition,
                config.mtu());
    }

    private GuardPolicy guard(CniBridge config) {
        long mac = mac(config);
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

    /** The machine's manifest goes before the network's; without either it is the NIC's name's. */
    private long mac(CniBridge config) {
        if (nic.mac() != 0) {
            return nic.mac();
        }
        return config.mac() != 0 ? config.mac() : automatic(name());
    }

    /** Locally administered, and the same after each restart. */
    private static long automatic(String name) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(name.getBytes(StandardCharsets.UTF_8));
            long mac = 0x02;
            for (int i = 0; i < 5; i++) {
                mac = mac << 8 | digest[i] & 0xff;
            }
            return mac;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
