package io.virtdataplane.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Pattern;

/**
 * The form of a network: checks its fields and makes the object that is applied. A network of type
 * SR-IOV is a SriovNetwork, of which the NetworkAttachmentDefinition is made.
 *
 * @param bridge of a Linux bridge
 * @param resource of SR-IOV
 * @param vlan empty: none
 */
record NetworkForm(
        String name,
        String namespace,
        String description,
        String type,
        String bridge,
        String resource,
        String vlan,
        boolean macSpoofCheck,
        boolean preserveDefaultVlan) {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final String BRIDGE = "bridge";
    static final String SRIOV = "sriov";
    private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9_.-]{1,15}");
    private static final Pattern RESOURCE = Pattern.compile("[A-Za-z0-9_]{1,63}");
    private static final int LONGEST_DESCRIPTION = 1024;
    private static final int LAST_VLAN = 4094;

    static NetworkForm of(JsonNode body) {
        return new NetworkForm(
                Rules.text(body, "name"),
                Rules.text(body, "namespace"),
                Rules.text(body, "description"),
                Rules.text(body, "type"),
                Rules.text(body, "bridge"),
                Rules.text(body, "resource"),
                Rules.text(body, "vlan"),
                body.path("macSpoofCheck").asBoolean(),
                body.path("preserveDefaultVlan").asBoolean());
    }

    /** The YAML that is applied; the first wrong field is refused. */
    String manifest() {
        Rules.label("name", "Name", name);
        Rules.label("namespace", "Namespace", namespace);
        Rules.check(
                description.length() <= LONGEST_DESCRIPTION,
                "description",
                "Description must have at most " + LONGEST_DESCRIPTION + " characters.");
        boolean isSriov = type.equals(SRIOV);
        Rules.check(
                isSriov || type.equals(BRIDGE),
                "type",
                "Network type must be Linux bridge or SR-IOV network.");
        if (isSriov) {
            Rules.check(
                    RESOURCE.matcher(resource).matches(),
                    "resource",
                    "Resource name must have 1-63 letters, digits and _ (resourceName of the SriovNetworkNodePolicy).");
        } else {
            Rules.check(
                    DEVICE.matcher(bridge).matches() && !bridge.matches("\\.{1,2}"),
                    "bridge",
                    "Bridge name must have 1-15 letters, digits, -, _ and dots.");
        }
        Rules.check(
                vlan.isEmpty()
                        || vlan.matches("[1-9]\\d{0,3}") && Integer.parseInt(vlan) <= LAST_VLAN,
                "vlan",
                "VLAN tag number must be 1-" + LAST_VLAN + ", or empty for none.");
        try {
            return Rules.yaml(isSriov ? sriovNetwork() : definition());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("print", e);
        }
    }

    private ObjectNode definition() throws JsonProcessingException {
        ObjectNode config =
                Json.object()
                        .put("cniVersion", "0.3.1")
                        .put("name", name)
                        .put("type", "cnv-bridge")
                        .put("bridge", bridge);
        config.putObject("ipam");
        config.put("macspoofchk", macSpoofCheck).put("preserveDefaultVlan", preserveDefaultVlan);
        if (!vlan.isEmpty()) {
            config.put("vlan", Integer.parseInt(vlan));
        }
        ObjectNode object = object("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", namespace);
        annotations(object)
                .put("k8s.v1.cni.cncf.io/resourceName", "bridge.network.kubevirt.io/" + bridge);
        object.putObject("spec")
                .put("config", JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config));
        return object;
    }

    private ObjectNode sriovNetwork() {
        ObjectNode object =
                object(
                        "sriovnetwork.openshift.io/v1",
                        "SriovNetwork",
                        "openshift-sriov-network-operator");
        if (!description.isEmpty()) {
            annotations(object);
        }
        ObjectNode spec =
                object.putObject("spec")
                        .put("resourceName", resource)
                        .put("networkNamespace", namespace)
                        .put("spoofChk", macSpoofCheck ? "on" : "off");
        if (!vlan.isEmpty()) {
            spec.put("vlan", Integer.parseInt(vlan));
        }
        return object;
    }

    private ObjectNode object(String version, String kind, String in) {
        ObjectNode object = Json.object().put("apiVersion", version).put("kind", kind);
        object.putObject("metadata").put("name", name).put("namespace", in);
        return object;
    }

    private ObjectNode annotations(ObjectNode object) {
        ObjectNode annotations = ((ObjectNode) object.get("metadata")).putObject("annotations");
        if (!description.isEmpty()) {
            annotations.put("description", description);
        }
        return annotations;
    }

    /** The form's field for a field of the manifest; empty where it has none. */
    static String field(String ofManifest) {
        String last = ofManifest.substring(ofManifest.lastIndexOf('.') + 1);
        return switch (last) {
            case "name", "namespace", "bridge", "vlan", "description" -> last;
            case "resourceName" -> "resource";
            case "networkNamespace" -> "namespace";
            default -> "";
        };
    }
}
