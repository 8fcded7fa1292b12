package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.RateLimits;

/** A network's configuration, as the runtime writes it to a plugin's standard input. */
record CniConfig(ObjectNode json) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String OLDEST = "0.1.0"; // what a missing version means

    static CniConfig parse(String text) {
        try {
            JsonNode read = MAPPER.readTree(text);
            if (read instanceof ObjectNode object) {
                return new CniConfig(object);
            }
            throw new CniException(
                    CniException.DECODING_FAILURE,
                    "failed to load netconf: it must be a JSON object");
        } catch (JsonProcessingException e) {
            throw new CniException(
                    CniException.DECODING_FAILURE,
                    "failed to load netconf: it must be JSON",
                    e.getOriginalMessage());
        }
    }

    String version() {
        String version = text("cniVersion");
        return version.isEmpty() ? OLDEST : version;
    }

    String name() {
        return text("name");
    }

    String type() {
        return text("type");
    }

    boolean hasPrevResult() {
        return json.path("prevResult").isObject();
    }

    /** Where Multus puts cni-args, and the specification the capabilities' arguments. */
    String argument(String key) {
        return json.path("args").path("cni").path(key).asText("");
    }

    String runtimeMac() {
        return json.path("runtimeConfig").path("mac").asText("");
    }

    /** Capability "bandwidth", of the pod's annotations; in bit/s. Bursts are our own. */
    RateLimits runtimeLimits() {
        JsonNode bandwidth = json.path("runtimeConfig").path("bandwidth");
        RateLimits.Builder limits = RateLimits.newBuilder();
        if (bandwidth.path("egressRate").asLong() != 0) {
            limits.setEgressBandwidth(bandwidth.path("egressRate").asText());
        }
        if (bandwidth.path("ingressRate").asLong() != 0) {
            limits.setIngressBandwidth(bandwidth.path("ingressRate").asText());
        }
        return limits.build();
    }

    String text(String key) {
        return json.path(key).asText("");
    }
}
