package io.virtdataplane.manifest;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rules for {@code spec.domain.devices.interfaces} that hold whatever the network; rules and
 * words follow KubeVirt's admission.
 */
final class MachineInterfaces {
    private static final long GATEWAY_MAC = 0x0200_0000_0000L;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}");
    private static final Set<String> MODELS =
            Set.of("e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", "virtio");
    private static final Set<String> BINDINGS =
            Set.of(
                    "bridge",
                    "masquerade",
                    "sriov",
                    "slirp",
                    "macvtap",
                    "passt",
                    "passtBinding",
                    "binding");

    private MachineInterfaces() {}

    /** Interfaces and networks go by the same names, each once. */
    static void checkNames(List<Fields> interfaces, List<Fields> networks) {
        Set<String> networkNames = new HashSet<>();
        for (Fields network : networks) {
            if (!networkNames.add(network.text("name", ""))) {
                throw network.error(
                        "name", "must be unique among networks", network.text("name", ""));
            }
        }
        Set<String> names = new HashSet<>();
        for (Fields candidate : interfaces) {
            String name = candidate.text("name", "");
            if (!NAME.matcher(name).matches()) {
                throw candidate.error(
                        "name", "must be letters, digits, hyphens and underscores", name);
            }
            if (!names.add(name)) {
                throw candidate.error("name", "must be unique among interfaces", name);
            }
            if (!networkNames.contains(name)) {
                throw candidate.error("name", "must be the name of a network", name);
            }
        }
    }

    static void check(Fields candidate) {
        candidate.check(MachineFields.INTERFACE);
        long bindings = BINDINGS.stream().filter(candidate::has).count();
        if (bindings != 1) {
            throw new InvalidManifestException(
                    candidate.path() + " must have exactly one binding: count=" + bindings);
        }
        if (!candidate.has("masquerade")) {
            for (String name : List.of("dhcpOptions", "ports")) {
                if (candidate.isGiven(name)) {
                    candidate.warn(name, "is ignored: only the masquerade binding has it");
                }
            }
        }
        String model = model(candidate);
        if (!MODELS.contains(model)) {
            throw candidate.error(
                    "model",
                    "must be one of " + String.join(", ", MODELS.stream().sorted().toList()),
                    model);
        }
        for (String plain : List.of("masquerade", "bridge", "sriov")) {
            candidate.object(plain).check(MachineFields.BINDING);
        }
    }

    static String model(Fields candidate) {
        return candidate.text("model", "virtio");
    }

    /** Of an interface that was checked. */
    static String binding(Fields candidate) {
        return BINDINGS.stream().filter(candidate::has).findFirst().orElseThrow();
    }

    /** 0 where the manifest leaves it open. */
    static long mac(Fields candidate) {
        OptionalLong given = candidate.mac("macAddress");
        if (given.isEmpty()) {
            return 0;
        }
        long mac = given.getAsLong();
        boolean isGateways = mac == GATEWAY_MAC && candidate.has("masquerade");
        if (isGateways || mac == 0 || (mac & 0x0100_0000_0000L) != 0) {
            throw candidate.error(
                    "macAddress",
                    candidate.has("masquerade")
                            ? "must be a unicast MAC address and not the gateway's 02:00:00:00:00:00"
                            : "must be a unicast MAC address",
                    candidate.text("macAddress", ""));
        }
        return mac;
    }
}
