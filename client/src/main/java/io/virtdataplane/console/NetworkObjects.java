package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.ApplyResponse;
import io.virtdataplane.api.AttachmentDefinition;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListAttachmentDefinitionsRequest;
import io.virtdataplane.api.ListSriovNetworksRequest;
import io.virtdataplane.api.SriovNetworkSettings;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** NetworkAttachmentDefinitions: their list, and the form that makes one. */
final class NetworkObjects {
    private final Client client;

    NetworkObjects(Client client) {
        this.client = client;
    }

    /** Networks on a bridge, and those of type SR-IOV; by namespace and name. */
    ObjectNode list(Map<String, String> query) {
        Page page = Page.of(query);
        List<ObjectNode> rows =
                Stream.concat(
                                definitions().stream().map(NetworkObjects::row),
                                sriov().stream().map(NetworkObjects::row))
                        .filter(one -> page.matches(name(one), text(one, "bridge", "resource")))
                        .sorted(Comparator.comparing(NetworkObjects::name))
                        .toList();
        ObjectNode answer = Json.object().put("total", rows.size());
        answer.putArray("items").addAll(page.of(rows));
        return answer;
    }

    private static ObjectNode row(AttachmentDefinition one) {
        return Json.of(one).put("type", NetworkForm.BRIDGE).put("resource", "");
    }

    private static ObjectNode row(SriovNetworkSettings one) {
        String[] name = one.getName().split("/", 2);
        return Json.object()
                .put("type", NetworkForm.SRIOV)
                .put("namespace", name[0])
                .put("name", name[1])
                .put("bridge", "")
                .put("resource", one.getResourceName())
                .put("vlan", one.getVlan())
                .put("spoofChk", one.getSpoofChk());
    }

    private static String name(ObjectNode row) {
        return row.path("namespace").asText() + "/" + row.path("name").asText();
    }

    private static String text(ObjectNode row, String field, String other) {
        return row.path(field).asText() + " " + row.path(other).asText();
    }

    /**
     * True where the network is of type SR-IOV.
     *
     * @param name NAMESPACE/NAME
     */
    boolean isSriov(String name) {
        return sriov().stream().anyMatch(one -> one.getName().equals(name));
    }

    private List<AttachmentDefinition> definitions() {
        return client.networks()
                .listAttachmentDefinitions(ListAttachmentDefinitionsRequest.getDefaultInstance())
                .getDefinitionsList();
    }

    private List<SriovNetworkSettings> sriov() {
        return client.sriov()
                .listNetworks(ListSriovNetworksRequest.getDefaultInstance())
                .getNetworksList();
    }

    /** What would be applied. */
    static ObjectNode preview(JsonNode body) {
        return Json.object().put("yaml", NetworkForm.of(body).manifest());
    }

    ObjectNode create(JsonNode body) {
        NetworkForm form = NetworkForm.of(body);
        String manifest = form.manifest();
        boolean isThere =
                definitions().stream()
                        .anyMatch(
                                one ->
                                        one.getNamespace().equals(form.namespace())
                                                && one.getName().equals(form.name()));
        if (isThere || isSriov(form.namespace() + "/" + form.name())) {
            throw new Refusal(
                    Refusal.CONFLICT,
                    "name",
                    "Namespace " + form.namespace() + " has a network of this name.");
        }
        ApplyResponse applied;
        try {
            applied =
                    client.networks()
                            .apply(ApplyRequest.newBuilder().setManifest(manifest).build());
        } catch (StatusRuntimeException e) {
            Refusal refusal = Refusal.of(e);
            throw new Refusal(
                    refusal.code(), NetworkForm.field(refusal.field()), refusal.getMessage());
        }
        for (AppliedObject object : applied.getObjectsList()) {
            if (object.getResult().equals("failed")) {
                throw new Refusal(Refusal.CONFLICT, object.getMessage());
            }
        }
        return Json.of(applied);
    }
}
