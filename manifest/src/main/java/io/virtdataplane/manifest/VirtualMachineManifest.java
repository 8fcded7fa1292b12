package io.virtdataplane.manifest;

import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the part of a kubevirt.io VirtualMachine or VirtualMachineInstance that describes the NIC
 * on the pod network. The rest of the manifest is not ours and is not looked at; within interfaces
 * and networks every field is checked. Rules and words follow KubeVirt's admission.
 */
public final class VirtualMachineManifest {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern NAME =
            Pattern.compile("(?=.{1,253}$)" + LABEL + "(\\." + LABEL + ")*");

    private VirtualMachineManifest() {}

    public static MasqueradeInterface parse(String manifest) {
        return MachineManifest.parse(manifest).podNic();
    }

    static MasqueradeInterface nic(MachineSpec machine) {
        Fields spec = machine.spec();
        List<Fields> interfaces = machine.interfaces();
        if (interfaces.isEmpty()) {
            throw machine.noNic();
        }
        List<Fields> networks = machine.networks();
        Fields pod =
                MachineNetworks.pod(networks)
                        .orElseThrow(
                                () ->
                                        new InvalidManifestException(
                                                spec.path()
                                                        + ".networks must have a pod network: count=0"));
        String name = pod.text("name", "");
        MachineInterfaces.checkNames(interfaces, networks);
        for (Fields candidate : interfaces) {
            MachineInterfaces.check(candidate);
            if (candidate.text("name", "").equals(name)) {
                if (!candidate.has("masquerade")) {
                    throw new InvalidManifestException(
                            candidate.path()
                                    + " must have the masquerade binding: it is on the pod network");
                }
                NicNetwork.Pod network = MachineNetworks.podNetwork(pod);
                List<ListedPort> ports = ports(candidate);
                warnOfTaken(candidate, machine.mesh(), ports);
                return new MasqueradeInterface(
                        new MasqueradeInterface.Guest(
                                machine.machine(),
                                name,
                                dns(spec, "hostname", LABEL, "must be a DNS label in lower case"),
                                dns(spec, "subdomain", NAME, "must be a DNS name in lower case"),
                                MachineInterfaces.mac(candidate)),
                        ports,
                        new MasqueradeInterface.Networks(network.cidr(), network.ipv6Cidr()),
                        DhcpOptionsManifest.read(candidate),
                        machine.mesh());
            }
        }
        throw new InvalidManifestException(
                pod.path() + " must have an interface of its name: name=" + name);
    }

    private static void warnOfTaken(Fields candidate, MachineMesh mesh, List<ListedPort> ports) {
        String taken = MachineMesh.taken(mesh.kind(), ports);
        if (!taken.isEmpty()) {
            candidate.warn(
                    "ports",
                    "are the mesh's proxy's, and never the guest's (%s): %s"
                            .formatted(mesh.because(), taken));
        }
    }

    /** The field, where it is there. */
    private static String dns(Fields spec, String field, Pattern pattern, String rule) {
        String value = spec.text(field, "");
        if (!value.isEmpty() && !pattern.matcher(value).matches()) {
            throw spec.error(field, rule, value);
        }
        return value;
    }

    private static List<ListedPort> ports(Fields candidate) {
        List<ListedPort> ports = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields entry : candidate.list("ports")) {
            entry.check(MachineFields.PORT);
            long port = entry.number("port", 0);
            if (port < 1 || port > 65535) {
                throw entry.error("port", "must be 1-65535", port);
            }
            String protocol = entry.text("protocol", "TCP");
            if (!protocol.equals("TCP") && !protocol.equals("UDP")) {
                throw entry.error("protocol", "must be TCP or UDP", protocol);
            }
            String name = entry.text("name", "");
            if (!name.isEmpty() && !names.add(name)) {
                throw entry.error("name", "must be unique among ports", name);
            }
            ports.add(
                    new ListedPort(
                            name,
                            protocol.equals("TCP") ? Protocols.TCP : Protocols.UDP,
                            (int) port));
        }
        return ports;
    }
}
