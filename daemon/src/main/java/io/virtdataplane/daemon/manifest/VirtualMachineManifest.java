package io.virtdataplane.daemon.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.virtdataplane.wire.AddressText;
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
    private static final int MAX_BYTES = 1 << 20;
    private static final long GATEWAY_MAC = 0x0200_0000_0000L;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}");
    private static final Pattern MACHINE = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final String DEFAULT_CIDR = "10.0.2.0/24";
    private static final String DEFAULT_IPV6_CIDR = "fd10:0:2::2/120";
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
    private static final Set<String> INTERFACE_FIELDS =
            union(
                    BINDINGS,
                    Set.of(
                            "name",
                            "model",
                            "macAddress",
                            "ports",
                            "bootOrder",
                            "pciAddress",
                            "dhcpOptions",
                            "tag",
                            "acpiIndex",
                            "state"));
    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory())
                    .enable(
                            com.fasterxml.jackson.core.JsonParser.Feature
                                    .STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private VirtualMachineManifest() {}

    public static MasqueradeNic parse(String manifest) {
        Fields root = new Fields(tree(manifest), "");
        String kind = root.text("kind", "");
        if (!kind.equals("VirtualMachine") && !kind.equals("VirtualMachineInstance")) {
            throw root.error("kind", "must be VirtualMachine or VirtualMachineInstance", kind);
        }
        String version = root.text("apiVersion", "kubevirt.io/v1");
        if (!version.startsWith("kubevirt.io/")) {
            throw root.error("apiVersion", "must be of kubevirt.io", version);
        }
        String machine = root.object("metadata").text("name", "");
        if (!machine.isEmpty() && !MACHINE.matcher(machine).matches()) {
            throw root.object("metadata")
                    .error("name", "must be a DNS name in lower case", machine);
        }
        Fields spec = root.object("spec");
        if (spec.has("template")) {
            spec =
                    spec.object("template")
                            .object("spec"); // the documentation prints VirtualMachines with and
            // without it
        }
        return nic(machine, spec);
    }

    private static JsonNode tree(String manifest) {
        if (manifest.length() > MAX_BYTES) {
            throw new InvalidManifestException(
                    "manifest must be at most 1 MiB: length=" + manifest.length());
        }
        try {
            JsonNode tree = YAML.readTree(manifest);
            if (tree == null || !tree.isObject()) {
                throw new InvalidManifestException(
                        "manifest must be one YAML mapping: found="
                                + (tree == null ? "nothing" : tree.getNodeType()));
            }
            return tree;
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new InvalidManifestException(
                    "manifest must be valid YAML"
                            + where
                            + ": "
                            + e.getOriginalMessage().lines().findFirst().orElse(""));
        }
    }

    private static MasqueradeNic nic(String machine, Fields spec) {
        List<Fields> interfaces = spec.object("domain").object("devices").list("interfaces");
        List<Fields> networks = spec.list("networks");
        String devices = spec.path() + ".domain.devices.interfaces";
        if (interfaces.isEmpty()) {
            throw new InvalidManifestException(devices + " must have an interface: count=0");
        }
        Fields pod = podNetwork(networks, spec.path());
        String name = pod.text("name", "");
        checkNames(interfaces, networks);
        for (Fields candidate : interfaces) {
            checkInterface(candidate);
            if (candidate.text("name", "").equals(name)) {
                if (!candidate.has("masquerade")) {
                    throw new InvalidManifestException(
                            candidate.path()
                                    + " must have the masquerade binding: it is on the pod network");
                }
                String hostname = spec.text("hostname", machine);
                return new MasqueradeNic(
                        machine,
                        name,
                        hostname,
                        mac(candidate),
                        ports(candidate),
                        cidr(pod),
                        ipv6Cidr(pod),
                        DhcpOptionsManifest.read(candidate));
            }
        }
        throw new InvalidManifestException(
                pod.path() + " must have an interface of its name: name=" + name);
    }

    private static Fields podNetwork(List<Fields> networks, String spec) {
        Fields found = null;
        for (Fields network : networks) {
            network.allowOnly(Set.of("name", "pod", "multus", "resourceClaim"));
            int types =
                    (network.has("pod") ? 1 : 0)
                            + (network.has("multus") ? 1 : 0)
                            + (network.has("resourceClaim") ? 1 : 0);
            if (types != 1) {
                throw new InvalidManifestException(
                        network.path()
                                + " must have exactly one of pod, multus, resourceClaim: count="
                                + types);
            }
            if (network.has("pod")) {
                if (found != null) {
                    throw new InvalidManifestException(
                            network.path()
                                    + " must be the only pod network: other="
                                    + found.path());
                }
                found = network;
            }
        }
        if (found == null) {
            throw new InvalidManifestException(spec + ".networks must have a pod network: count=0");
        }
        return found;
    }

    private static void checkNames(List<Fields> interfaces, List<Fields> networks) {
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

    private static void checkInterface(Fields candidate) {
        candidate.allowOnly(INTERFACE_FIELDS);
        long bindings = BINDINGS.stream().filter(candidate::has).count();
        if (bindings != 1) {
            throw new InvalidManifestException(
                    candidate.path() + " must have exactly one binding: count=" + bindings);
        }
        String model = candidate.text("model", "virtio");
        if (!MODELS.contains(model)) {
            throw candidate.error(
                    "model",
                    "must be one of " + String.join(", ", MODELS.stream().sorted().toList()),
                    model);
        }
        if (candidate.has("masquerade")) {
            candidate.object("masquerade").allowOnly(Set.of());
        }
    }

    private static long mac(Fields candidate) {
        String text = candidate.text("macAddress", "");
        if (text.isEmpty()) {
            return 0;
        }
        long mac;
        try {
            mac = AddressText.mac(text);
        } catch (IllegalArgumentException e) {
            throw candidate.error(
                    "macAddress", "must be six bytes such as 02:00:00:00:00:01", text);
        }
        if (mac == GATEWAY_MAC || mac == 0 || (mac & 0x0100_0000_0000L) != 0) {
            throw candidate.error(
                    "macAddress",
                    "must be a station's address and not the gateway's 02:00:00:00:00:00",
                    text);
        }
        return mac;
    }

    private static List<PortSpec> ports(Fields candidate) {
        List<PortSpec> ports = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields entry : candidate.list("ports")) {
            entry.allowOnly(Set.of("name", "protocol", "port"));
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
                    new PortSpec(protocol.equals("TCP") ? PortSpec.TCP : PortSpec.UDP, (int) port));
        }
        return ports;
    }

    private static Cidr cidr(Fields network) {
        Fields pod = network.object("pod");
        pod.allowOnly(Set.of("vmNetworkCIDR", "vmIPv6NetworkCIDR"));
        return Cidr.parse(pod.text("vmNetworkCIDR", DEFAULT_CIDR), pod.path() + ".vmNetworkCIDR");
    }

    private static Ipv6Cidr ipv6Cidr(Fields network) {
        Fields pod = network.object("pod");
        return Ipv6Cidr.parse(
                pod.text("vmIPv6NetworkCIDR", DEFAULT_IPV6_CIDR),
                pod.path() + ".vmIPv6NetworkCIDR");
    }

    private static Set<String> union(Set<String> first, Set<String> second) {
        Set<String> all = new HashSet<>(first);
        all.addAll(second);
        return Set.copyOf(all);
    }
}
