package io.virtdataplane.cli.view;

import io.virtdataplane.api.AttachmentDefinition;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListAttachmentDefinitionsRequest;
import io.virtdataplane.api.ListAttachmentDefinitionsResponse;
import java.util.List;

/** NetworkAttachmentDefinitions. */
final class DefinitionListing
        implements Listing<ListAttachmentDefinitionsResponse, AttachmentDefinition> {
    @Override
    public List<String> names() {
        return List.of("networks", "network", "net-attach-def", "nad");
    }

    @Override
    public boolean hasNamespaces() {
        return true;
    }

    @Override
    public ListAttachmentDefinitionsResponse fetch(Client client, Query query) {
        List<AttachmentDefinition> all =
                client
                        .networks()
                        .listAttachmentDefinitions(
                                ListAttachmentDefinitionsRequest.getDefaultInstance())
                        .getDefinitionsList()
                        .stream()
                        .filter(one -> query.isIn(one.getNamespace()))
                        .toList();
        return ListAttachmentDefinitionsResponse.newBuilder()
                .addAllDefinitions(
                        Names.chosen(
                                all,
                                query.name(),
                                "NetworkAttachmentDefinition",
                                one -> one.getNamespace() + "/" + one.getName()))
                .build();
    }

    @Override
    public List<AttachmentDefinition> rows(ListAttachmentDefinitionsResponse answer) {
        return answer.getDefinitionsList();
    }

    @Override
    public List<Column<AttachmentDefinition>> columns() {
        return List.of(
                Column.of("NAMESPACE", AttachmentDefinition::getNamespace),
                Column.of("NAME", AttachmentDefinition::getName),
                Column.of("BRIDGE", AttachmentDefinition::getBridge),
                Column.of("VLAN", one -> Integer.toString(one.getVlan())),
                Column.of("TRUNK", AttachmentDefinition::getTrunk),
                Column.of(
                        "PRESERVE-DEFAULT-VLAN",
                        one -> Boolean.toString(one.getPreserveDefaultVlan())),
                Column.of("MACSPOOFCHK", one -> Boolean.toString(one.getMacspoofchk())),
                Column.of("NICS", one -> Integer.toString(one.getPorts())));
    }
}
