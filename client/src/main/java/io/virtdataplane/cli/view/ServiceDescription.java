package io.virtdataplane.cli.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Status;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.Service;
import io.virtdataplane.api.ServiceEndpoint;
import io.virtdataplane.api.ServiceMissing;
import java.io.PrintStream;
import java.util.List;

/**
 * One Service as {@code kubectl describe service} prints it, and which machines do not serve it.
 */
final class ServiceDescription implements Description<Service> {
    @Override
    public List<String> names() {
        return List.of("service", "services", "svc");
    }

    @Override
    public Service fetch(Client client, String name) {
        List<Service> named =
                new ServiceListing().fetch(client, Query.named(name)).getServicesList();
        if (named.size() > 1) {
            List<String> all =
                    named.stream().map(one -> one.getNamespace() + "/" + one.getName()).toList();
            throw Status.INVALID_ARGUMENT
                    .withDescription(
                            "name must be of one Service, choose one of "
                                    + String.join(", ", all)
                                    + ": name="
                                    + name)
                    .asRuntimeException();
        }
        return named.getFirst();
    }

    /** Its object stands there as it is, not as text. */
    @Override
    public boolean printData(Service service, Output output, PrintStream to) {
        ObjectNode all = Output.tree(service);
        all.set("object", ServiceFields.object(service));
        return output.print(all, to);
    }

    @Override
    public void describe(Service service, boolean isWide, PrintStream out) {
        JsonNode object = ServiceFields.object(service);
        JsonNode metadata = object.path("metadata");
        JsonNode spec = object.path("spec");
        always(out, "Name", service.getName());
        always(out, "Namespace", service.getNamespace());
        always(out, "Labels", ServiceFields.pairs(metadata, "labels"));
        always(out, "Annotations", ServiceFields.pairs(metadata, "annotations"));
        always(out, "Selector", ServiceFields.pairs(spec, "selector"));
        always(out, "Type", spec.path("type").asText());
        line(out, "IP Family Policy", spec.path("ipFamilyPolicy").asText());
        line(out, "IP Families", joined(spec, "ipFamilies"));
        line(out, "IP", spec.path("clusterIP").asText());
        line(out, "IPs", joined(spec, "clusterIPs"));
        line(out, "External IPs", joined(spec, "externalIPs"));
        line(out, "External Name", spec.path("externalName").asText());
        line(out, "LoadBalancer Class", spec.path("loadBalancerClass").asText());
        line(out, "LoadBalancer Ingress", String.join(", ", ServiceFields.ingress(object)));
        spec.path("ports").forEach(port -> port(out, port, service));
        always(out, "Session Affinity", spec.path("sessionAffinity").asText());
        line(out, "External Traffic Policy", spec.path("externalTrafficPolicy").asText());
        line(out, "Internal Traffic Policy", spec.path("internalTrafficPolicy").asText());
        line(out, "Traffic Distribution", spec.path("trafficDistribution").asText());
        line(out, "HealthCheck NodePort", spec.path("healthCheckNodePort").asText());
        line(out, "LoadBalancer Source Ranges", joined(spec, "loadBalancerSourceRanges"));
        for (ServiceMissing missing : service.getMissingList()) {
            line(out, "Not an endpoint", missing.getMachine() + ": " + missing.getReason());
        }
    }

    private static void port(PrintStream out, JsonNode port, Service service) {
        String name = port.path("name").asText();
        String shown = name.isEmpty() ? "<unset>" : name;
        String protocol = port.path("protocol").asText();
        int number = port.path("port").asInt();
        always(out, "Port", shown + "  " + number + "/" + protocol);
        always(out, "TargetPort", port.path("targetPort").asText() + "/" + protocol);
        if (port.has("nodePort")) {
            always(out, "NodePort", shown + "  " + port.path("nodePort").asText() + "/" + protocol);
        }
        List<String> endpoints =
                service.getEndpointsList().stream()
                        .filter(each -> each.getServicePort() == number)
                        .filter(each -> each.getProtocol().equals(protocol))
                        .map(ServiceDescription::text)
                        .toList();
        always(out, "Endpoints", String.join(",", endpoints));
    }

    private static String text(ServiceEndpoint endpoint) {
        String address = endpoint.getAddress();
        String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
        return host + ":" + endpoint.getPort();
    }

    private static String joined(JsonNode spec, String field) {
        return String.join(",", ServiceFields.texts(spec, field));
    }

    private static void always(PrintStream out, String head, String words) {
        line(out, head, words.isEmpty() ? "<none>" : words);
    }

    /** Nothing where there is nothing to say. */
    private static void line(PrintStream out, String head, String words) {
        if (!words.isEmpty()) {
            out.printf("%-28s%s%n", head + ":", words);
        }
    }
}
