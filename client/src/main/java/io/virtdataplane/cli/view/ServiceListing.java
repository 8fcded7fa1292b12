package io.virtdataplane.cli.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListServicesRequest;
import io.virtdataplane.api.ListServicesResponse;
import io.virtdataplane.api.Service;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Services, in the columns of {@code kubectl get services}. */
final class ServiceListing implements Listing<ListServicesResponse, Service> {
    @Override
    public List<String> names() {
        return List.of("services", "service", "svc");
    }

    @Override
    public boolean hasNamespaces() {
        return true;
    }

    @Override
    public ListServicesResponse fetch(Client client, Query query) {
        List<Service> all =
                client
                        .networks()
                        .listServices(ListServicesRequest.getDefaultInstance())
                        .getServicesList()
                        .stream()
                        .filter(service -> query.isIn(service.getNamespace()))
                        .toList();
        return ListServicesResponse.newBuilder()
                .addAllServices(
                        Names.chosen(
                                all,
                                query.name(),
                                "Service",
                                one -> one.getNamespace() + "/" + one.getName()))
                .build();
    }

    /** As kubectl: the object, or a List of them. */
    @Override
    public boolean printData(
            ListServicesResponse answer, Query query, Output output, PrintStream to) {
        List<ObjectNode> objects =
                answer.getServicesList().stream().map(ServiceFields::object).toList();
        if (!query.name().isEmpty() && objects.size() == 1) {
            return output.print(objects.getFirst(), to);
        }
        ObjectNode list = JsonNodeFactory.instance.objectNode();
        list.put("apiVersion", "v1").putArray("items").addAll(objects);
        list.put("kind", "List").putObject("metadata");
        return output.print(list, to);
    }

    @Override
    public List<Service> rows(ListServicesResponse answer) {
        return answer.getServicesList();
    }

    @Override
    public List<Column<Service>> columns() {
        return List.of(
                Column.of("NAMESPACE", Service::getNamespace),
                Column.of("NAME", Service::getName),
                Column.of("TYPE", service -> spec(service).path("type").asText()),
                Column.of("CLUSTER-IP", service -> spec(service).path("clusterIP").asText()),
                Column.of("EXTERNAL-IP", ServiceListing::externalIp),
                Column.of("PORT(S)", ServiceListing::ports),
                Column.of("AGE", ServiceListing::age),
                Column.wide("SELECTOR", service -> ServiceFields.pairs(spec(service), "selector")));
    }

    private static JsonNode spec(Service service) {
        return ServiceFields.object(service).path("spec");
    }

    private static String externalIp(Service service) {
        JsonNode object = ServiceFields.object(service);
        JsonNode spec = object.path("spec");
        String type = spec.path("type").asText();
        if (type.equals("ExternalName")) {
            return spec.path("externalName").asText();
        }
        Set<String> all = new LinkedHashSet<>(ServiceFields.ingress(object));
        all.addAll(ServiceFields.texts(spec, "externalIPs"));
        return all.isEmpty() && type.equals("LoadBalancer") ? "<pending>" : String.join(",", all);
    }

    private static String ports(Service service) {
        List<String> all = new ArrayList<>();
        for (JsonNode port : spec(service).path("ports")) {
            String node = port.has("nodePort") ? ":" + port.get("nodePort").asText() : "";
            all.add(port.path("port").asText() + node + "/" + port.path("protocol").asText());
        }
        return String.join(",", all);
    }

    private static String age(Service service) {
        String created =
                ServiceFields.object(service).path("metadata").path("creationTimestamp").asText();
        return Cells.ageSince(Instant.parse(created).toEpochMilli());
    }
}
