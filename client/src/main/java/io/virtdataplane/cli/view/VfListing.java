package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListVfsRequest;
import io.virtdataplane.api.ListVfsResponse;
import io.virtdataplane.api.Vf;
import java.util.List;

/** Virtual functions, and who has them. */
final class VfListing implements Listing<ListVfsResponse, Vf> {
    @Override
    public List<String> names() {
        return List.of("vfs", "vf");
    }

    @Override
    public ListVfsResponse fetch(Client client, Query query) {
        return client.sriov().listVfs(ListVfsRequest.newBuilder().setPf(query.name()).build());
    }

    @Override
    public List<Vf> rows(ListVfsResponse answer) {
        return answer.getVfsList();
    }

    @Override
    public List<Column<Vf>> columns() {
        return List.of(
                Column.of("PF", Vf::getPf),
                Column.of("VF", vf -> Integer.toString(vf.getVfId())),
                Column.of("PCI", Vf::getPciAddress),
                Column.of("DRIVER", Vf::getDriver),
                Column.of("RESOURCE", Vf::getResourceName),
                Column.of("USER", Vf::getUser),
                Column.wide("NIC", vf -> vf.getVendor() + ":" + vf.getDeviceId()),
                Column.wide("GROUP", vf -> Cells.number(vf.getIommuGroup())),
                Column.wide("NUMA", vf -> Cells.number(vf.getNumaNode())),
                Column.wide("DEVICE", Vf::getName),
                Column.wide("MTU", vf -> Cells.positive(vf.getMtu())),
                Column.wide("MAC", Vf::getMac),
                Column.wide("VLAN", vf -> Cells.positive(vf.getVlan())));
    }
}
