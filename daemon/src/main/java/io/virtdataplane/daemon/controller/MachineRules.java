package io.virtdataplane.daemon.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.ListedPort;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.MachineNic;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.manifest.MeshKind;
import io.virtdataplane.manifest.UnknownFieldException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Which interfaces and networks a VirtualMachine may have: what the manifests' reader accepts. What
 * a mesh's proxy listens on is a warning, as nobody upstream refuses it.
 */
final class MachineRules {
    private static final BitSet MESH_PORTS = MeshKind.ISTIO.reserved();
    private static final String INJECT = "sidecar.istio.io/inject";
    private static final ManifestDefaults DEFAULTS =
            new ManifestDefaults(ManifestDefaults.OPERATOR_NAMESPACES, false);

    private MachineRules() {}

    /**
     * Checks the machine whole. A field that we do not know is KubeVirt's to refuse, which may be
     * newer than we are.
     *
     * @param labels of its namespace
     * @return warnings
     * @throws InvalidManifestException with the object, the field's path, its value and the rule
     */
    static List<String> check(JsonNode object, Map<String, String> labels) {
        try {
            return checked(object, labels);
        } catch (UnknownFieldException e) {
            return List.of("not checked by virt-dataplane: " + e.getMessage());
        }
    }

    private static List<String> checked(JsonNode object, Map<String, String> labels) {
        MachineManifest manifest =
                MachineManifest.parse(networking(object).toString(), "", DEFAULTS);
        List<MachineNic> nics = manifest.nics().nics();
        List<String> warnings = new ArrayList<>();
        if (nics.stream().anyMatch(MachineNic::isMasquerade)) {
            List<ListedPort> ports = manifest.podNic().ports();
            if (isInMesh(object, labels)) {
                ports.stream()
                        .filter(port -> MESH_PORTS.get(port.port()))
                        .map(port -> meshPort(port.port()))
                        .forEach(warnings::add);
            }
        }
        warnings.addAll(manifest.warnings());
        return warnings;
    }

    private static String meshPort(int port) {
        return "spec.template.spec.domain.devices.interfaces: port "
                + port
                + " is the mesh's proxy's, nothing that is sent to it reaches the guest";
    }

    private static boolean isInMesh(JsonNode object, Map<String, String> labels) {
        JsonNode metadata = object.path("spec").path("template").path("metadata");
        String inject =
                metadata.path("annotations")
                        .path(INJECT)
                        .asText(metadata.path("labels").path(INJECT).asText(""));
        return inject.equalsIgnoreCase("true")
                || !inject.equalsIgnoreCase("false")
                        && labels.getOrDefault("istio-injection", "").equals("enabled");
    }

    /** The change has nothing to do with networks, so what was let in before stays in. */
    static boolean isSameNetworking(JsonNode object, JsonNode old) {
        return networking(object).path("spec").equals(networking(old).path("spec"));
    }

    /** The same where what differs may be what {@link MachineAdmission#mutate} has made of it. */
    static boolean isSameButForUs(JsonNode object, JsonNode old) {
        return withoutOurs(object).equals(withoutOurs(old));
    }

    private static JsonNode withoutOurs(JsonNode object) {
        JsonNode spec = networking(object).path("spec").deepCopy();
        for (JsonNode each : spec.at("/template/spec/domain/devices/interfaces")) {
            if (each instanceof ObjectNode nic) {
                nic.remove(List.of("macAddress", "masquerade", "binding"));
            }
        }
        return spec;
    }

    /** The part that is checked; the rest may be large, and is not ours. */
    private static ObjectNode networking(JsonNode object) {
        ObjectNode part = Admission.JSON.createObjectNode();
        copy(object, part, "apiVersion", "kind");
        copy(object.path("metadata"), part.putObject("metadata"), "name", "namespace");
        JsonNode from = object.path("spec").path("template").path("spec");
        ObjectNode spec = part.putObject("spec").putObject("template").putObject("spec");
        copy(from, spec, "networks", "hostname", "subdomain");
        copy(
                from.path("domain").path("devices"),
                spec.putObject("domain").putObject("devices"),
                "interfaces",
                "autoattachPodInterface");
        return part;
    }

    private static void copy(JsonNode from, ObjectNode to, String... names) {
        for (String name : names) {
            if (from.has(name)) {
                to.set(name, from.get(name));
            }
        }
    }
}
