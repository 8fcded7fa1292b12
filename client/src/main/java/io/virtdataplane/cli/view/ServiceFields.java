package io.virtdataplane.cli.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.Service;
import java.util.ArrayList;
import java.util.List;

/** Fields of a Service's object, which the daemon sends as the Kubernetes API would. */
final class ServiceFields {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ServiceFields() {}

    static ObjectNode object(Service service) {
        try {
            return (ObjectNode) JSON.readTree(service.getObject());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("object of a Service must be JSON", e);
        }
    }

    static List<String> texts(JsonNode node, String field) {
        List<String> all = new ArrayList<>();
        node.path(field).forEach(text -> all.add(text.asText()));
        return all;
    }

    /** "app=web,tier=front"; empty where there are none. */
    static String pairs(JsonNode node, String field) {
        return String.join(
                ",",
                node.path(field).properties().stream()
                        .map(pair -> pair.getKey() + "=" + pair.getValue().asText())
                        .toList());
    }

    /** Addresses of load balancers. */
    static List<String> ingress(JsonNode object) {
        List<String> all = new ArrayList<>();
        object.path("status")
                .path("loadBalancer")
                .path("ingress")
                .forEach(each -> all.add(each.path("ip").asText()));
        return all;
    }
}
