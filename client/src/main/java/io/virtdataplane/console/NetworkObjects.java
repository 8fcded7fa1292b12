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
import java.util.List;
import java.util.Map;

/** NetworkAttachmentDefinitions: their list, and the form that makes one. */
final class NetworkObjects {
    private final Client client;

    NetworkObjects(Client client) {
        this.client = client;
    }

    ObjectNode list(Map<String, String> query) {
        Page page = Page.of(query);
        return page.answer(
                definitions().stream()
                        .filter(
                                one ->
                                        page.matches(
                                                one.getNamespace() + "/" + one.getName(),
                                                one.getBridge()))
                        .toList());
    }

    private List<AttachmentDefinition> definitions() {
        return client.networks()
                .listAttachmentDefinitions(ListAttachmentDefinitionsRequest.getDefaultInstance())
                .getDefinitionsList();
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
        if (isThere) {
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
