package io.virtdataplane.hook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;

/** The VirtualMachineInstance that virt-launcher prepares, with its interface on our binding. */
record Instance(JsonNode json, String binding) {
    private static final int MOST_QUEUES = 256; // MAX_TAP_QUEUES of the kernel
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * @param binding name of the network binding plugin in KubeVirt's configuration
     */
    static Instance parse(byte[] vmi, String binding) {
        try {
            return new Instance(MAPPER.readTree(vmi), binding);
        } catch (IOException e) {
            throw new IllegalArgumentException("vmi must be JSON: " + e.getMessage(), e);
        }
    }

    /** The first one: a pod has one network of its own. */
    Optional<JsonNode> ownInterface() {
        for (JsonNode each : interfaces(json)) {
            if (isOwn(each)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private boolean isOwn(JsonNode candidate) {
        return candidate.path("binding").path("name").asText("").equals(binding);
    }

    private static JsonNode interfaces(JsonNode vmi) {
        return vmi.path("spec").path("domain").path("devices").path("interfaces");
    }

    /** The model of libvirt that the interface is to have. */
    String model() {
        JsonNode devices = json.path("spec").path("domain").path("devices");
        String wanted = ownInterface().orElseThrow().path("model").asText("virtio");
        boolean isOld = devices.path("useVirtioTransitional").asBoolean(false);
        return wanted.equals("virtio")
                ? isOld ? "virtio-transitional" : "virtio-non-transitional"
                : wanted;
    }

    /** How many queues each NIC is to have. */
    int queues() {
        JsonNode domain = json.path("spec").path("domain");
        if (!domain.path("devices").path("networkInterfaceMultiqueue").asBoolean(false)) {
            return 1;
        }
        JsonNode cpu = domain.path("cpu");
        int count = 1;
        for (String factor : new String[] {"sockets", "cores", "threads"}) {
            count *= Math.max(1, cpu.path(factor).asInt(1));
        }
        return Math.min(count, MOST_QUEUES);
    }

    /** Its manifest as if the interface had the masquerade binding: to us it is one. */
    String asMasquerade() {
        JsonNode copy = json.deepCopy();
        for (JsonNode each : interfaces(copy)) {
            if (isOwn(each)) {
                ((ObjectNode) each).remove("binding");
                ((ObjectNode) each).putObject("masquerade");
            }
        }
        return copy.toString();
    }
}
