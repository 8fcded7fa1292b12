package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListMacsRequest;
import io.virtdataplane.api.ListMacsResponse;
import io.virtdataplane.api.MacAddress;
import java.util.List;

/** Which NIC on a bridge has which MAC address. */
final class MacListing implements Listing<ListMacsResponse, MacAddress> {
    @Override
    public List<String> names() {
        return List.of("macs", "mac");
    }

    @Override
    public ListMacsResponse fetch(Client client, Query query) {
        ListMacsResponse all = client.call().listMacs(ListMacsRequest.getDefaultInstance());
        return all.toBuilder()
                .clearMacs()
                .addAllMacs(
                        Names.chosen(all.getMacsList(), query.name(), "NIC", MacAddress::getNic))
                .build();
    }

    @Override
    public List<MacAddress> rows(ListMacsResponse answer) {
        return answer.getMacsList();
    }

    @Override
    public List<Column<MacAddress>> columns() {
        return List.of(
                Column.of("MAC", MacAddress::getMac),
                Column.of("NIC", MacAddress::getNic),
                Column.of("SOURCE", MacAddress::getSource),
                Column.wide("NAMESPACE", MacAddress::getNamespace));
    }
}
