package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.Nic;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What the form of a network interface attaches, or would attach. Its type follows the network. */
final class NicAttachment {
    private final Client client;
    private final NetworkObjects networks;
    private final VfUsers vfs;

    NicAttachment(Client client, NetworkObjects networks) {
        this.client = client;
        this.networks = networks;
        this.vfs = new VfUsers(client);
    }

    ObjectNode preview(JsonNode body) {
        NicForm form = NicForm.of(body);
        String yaml =
                networks.isSriov(form.network())
                        ? vfRequest(form).getManifest()
                        : request(form).getManifest();
        return Json.object().put("yaml", yaml);
    }

    ObjectNode attach(JsonNode body) {
        NicForm form = NicForm.of(body);
        if (networks.isSriov(form.network())) {
            AttachVfRequest request = vfRequest(form);
            return answer(() -> client.sriov().attachVf(request));
        }
        AttachRequest request = request(form);
        return answer(() -> client.call().attach(request));
    }

    private AttachRequest request(NicForm form) {
        return form.request(nics());
    }

    private AttachVfRequest vfRequest(NicForm form) {
        Stream<String> own =
                nics().stream()
                        .filter(nic -> nic.getMachine().equals(form.machine()))
                        .map(Nic::getInterface);
        return form.vfRequest(
                Stream.concat(own, vfs.of(form.machine()).keySet().stream()).toList());
    }

    private List<Nic> nics() {
        return client.call().list(ListRequest.getDefaultInstance()).getNicsList();
    }

    private static ObjectNode answer(Supplier<Message> call) {
        try {
            return Json.of(call.get());
        } catch (StatusRuntimeException e) {
            throw NicForm.refusal(e);
        }
    }
}
