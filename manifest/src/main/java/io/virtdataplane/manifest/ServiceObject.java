package io.virtdataplane.manifest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.manifest.ServiceSpec.Port;
import io.virtdataplane.manifest.ServiceSpec.Traffic;
import io.virtdataplane.manifest.ServiceSpec.Type;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** A Service as kubectl prints it: its manifest, with what it was given and its status. */
public final class ServiceObject {
    private final ServiceSpec service;
    private final ServiceAssignment has;

    private ServiceObject(ServiceSpec service, ServiceAssignment has) {
        this.service = service;
        this.has = has;
    }

    /** In JSON. */
    public static String json(ServiceSpec service, ServiceAssignment has) {
        return new ServiceObject(service, has).tree().toString();
    }

    private ObjectNode tree() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("apiVersion", "v1").put("kind", ServiceManifest.KIND);
        ObjectNode metadata = root.putObject("metadata");
        putTexts(metadata, "annotations", service.notes().annotations());
        Instant created = Instant.ofEpochMilli(has.createdMs()).truncatedTo(ChronoUnit.SECONDS);
        metadata.put("creationTimestamp", created.toString());
        putTexts(metadata, "labels", service.notes().labels());
        metadata.put("name", service.ownName()).put("namespace", service.namespace());
        putSpec(root.putObject("spec"));
        ObjectNode loadBalancer = root.putObject("status").putObject("loadBalancer");
        if (!has.loadBalancer().isEmpty()) {
            ArrayNode ingress = loadBalancer.putArray("ingress");
            has.loadBalancer()
                    .forEach(ip -> ingress.addObject().put("ip", ip).put("ipMode", "VIP"));
        }
        return root;
    }

    private void putSpec(ObjectNode spec) {
        if (service.type() == Type.LoadBalancer) {
            spec.put("allocateLoadBalancerNodePorts", service.loadBalancer().allocatesNodePorts());
        }
        if (!has.clusterIps().isEmpty()) {
            spec.put("clusterIP", has.clusterIps().getFirst());
        }
        putTexts(spec, "clusterIPs", has.clusterIps());
        putTexts(spec, "externalIPs", service.addresses().externalIps());
        putText(spec, "externalName", service.externalName());
        Traffic traffic = service.traffic();
        traffic.external().ifPresent(policy -> spec.put("externalTrafficPolicy", policy.name()));
        if (has.healthCheckNodePort() != 0) {
            spec.put("healthCheckNodePort", has.healthCheckNodePort());
        }
        if (service.type() != Type.ExternalName) {
            spec.put("internalTrafficPolicy", traffic.internal().name());
        }
        putTexts(spec, "ipFamilies", has.families().stream().map(Enum::name).toList());
        has.policy().ifPresent(policy -> spec.put("ipFamilyPolicy", policy.name()));
        putText(spec, "loadBalancerClass", service.loadBalancer().className());
        putTexts(spec, "loadBalancerSourceRanges", service.loadBalancer().sourceRanges());
        if (!service.ports().isEmpty()) {
            ArrayNode ports = spec.putArray("ports");
            service.ports().forEach(port -> putPort(ports.addObject(), port, has.nodePort(port)));
        }
        if (traffic.publishesNotReady()) {
            spec.put("publishNotReadyAddresses", true);
        }
        putTexts(spec, "selector", service.selector());
        boolean isSticky = traffic.affinitySeconds() > 0;
        spec.put("sessionAffinity", isSticky ? "ClientIP" : "None");
        if (isSticky) {
            spec.putObject("sessionAffinityConfig")
                    .putObject("clientIP")
                    .put("timeoutSeconds", traffic.affinitySeconds());
        }
        putText(spec, "trafficDistribution", traffic.distribution());
        spec.put("type", service.type().name());
    }

    private static void putPort(ObjectNode node, Port port, int nodePort) {
        putText(node, "appProtocol", port.appProtocol());
        putText(node, "name", port.name());
        if (nodePort != 0) {
            node.put("nodePort", nodePort);
        }
        node.put("port", port.port()).put("protocol", port.protocolName());
        if (port.hasTargetNumber()) {
            node.put("targetPort", port.targetNumber());
        } else {
            node.put("targetPort", port.targetPort());
        }
    }

    private static void putText(ObjectNode node, String field, String text) {
        if (!text.isEmpty()) {
            node.put(field, text);
        }
    }

    private static void putTexts(ObjectNode node, String field, List<String> texts) {
        if (!texts.isEmpty()) {
            ArrayNode array = node.putArray(field);
            texts.forEach(array::add);
        }
    }

    private static void putTexts(ObjectNode node, String field, Map<String, String> texts) {
        if (!texts.isEmpty()) {
            ObjectNode mapping = node.putObject(field);
            texts.forEach(mapping::put);
        }
    }
}
