package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListPfsRequest;
import io.virtdataplane.api.ListPfsResponse;
import io.virtdataplane.api.Pf;
import java.util.List;

/** Physical functions: the SR-IOV cards of this node. */
final class PfListing implements Listing<ListPfsResponse, Pf> {
    @Override
    public List<String> names() {
        return List.of("pfs", "pf");
    }

    @Override
    public ListPfsResponse fetch(Client client, Query query) {
        return client.sriov().listPfs(ListPfsRequest.newBuilder().setPf(query.name()).build());
    }

    @Override
    public List<Pf> rows(ListPfsResponse answer) {
        return answer.getPfsList();
    }

    @Override
    public List<Column<Pf>> columns() {
        return List.of(
                Column.of("NAME", Pf::getName),
                Column.of("PCI", Pf::getPciAddress),
                Column.of("NIC", pf -> pf.getVendor() + ":" + pf.getDeviceId()),
                Column.of("DRIVER", Pf::getDriver),
                Column.of("VFS", pf -> Integer.toString(pf.getNumVfs())),
                Column.of("TOTAL", pf -> Integer.toString(pf.getTotalVfs())),
                Column.of("LINK", Pf::getLinkAdminState),
                Column.wide("SPEED", Pf::getLinkSpeed),
                Column.of("NUMA", pf -> Cells.number(pf.getNumaNode())),
                Column.wide("MTU", pf -> Integer.toString(pf.getMtu())),
                Column.wide("MAC", Pf::getMac),
                Column.wide("TYPE", Pf::getLinkType),
                Column.wide("ALT-NAMES", pf -> String.join(",", pf.getAltNamesList())),
                Column.wide("EXTERNAL", pf -> Boolean.toString(pf.getExternallyManaged())));
    }
}
