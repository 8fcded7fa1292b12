package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListSriovNetworksRequest;
import io.virtdataplane.api.ListSriovNetworksResponse;
import io.virtdataplane.api.SriovNetworkSettings;
import java.util.List;

/** SriovNetworks, and what a VF on each is set to. */
final class SriovNetworkListing
        implements Listing<ListSriovNetworksResponse, SriovNetworkSettings> {
    @Override
    public List<String> names() {
        return List.of("sriov-networks", "sriov-network");
    }

    @Override
    public ListSriovNetworksResponse fetch(Client client, Query query) {
        List<SriovNetworkSettings> all =
                client.sriov()
                        .listNetworks(ListSriovNetworksRequest.getDefaultInstance())
                        .getNetworksList();
        return ListSriovNetworksResponse.newBuilder()
                .addAllNetworks(
                        Names.chosen(
                                all, query.name(), "SriovNetwork", SriovNetworkSettings::getName))
                .build();
    }

    @Override
    public List<SriovNetworkSettings> rows(ListSriovNetworksResponse answer) {
        return answer.getNetworksList();
    }

    @Override
    public List<Column<SriovNetworkSettings>> columns() {
        return List.of(
                Column.of("NAME", SriovNetworkSettings::getName),
                Column.of("RESOURCE", SriovNetworkSettings::getResourceName),
                Column.of("VLAN", network -> Integer.toString(network.getVlan())),
                Column.of("QOS", network -> Integer.toString(network.getVlanQos())),
                Column.of("SPOOF-CHK", SriovNetworkSettings::getSpoofChk),
                Column.of("TRUST", SriovNetworkSettings::getTrust),
                Column.of("LINK-STATE", SriovNetworkSettings::getLinkState),
                Column.of("TX-RATE", SriovNetworkListing::rate));
    }

    /** LEAST-MOST in Mbit/s. */
    private static String rate(SriovNetworkSettings network) {
        int least = network.getMinTxRate();
        int most = network.getMaxTxRate();
        return least < 0 && most < 0
                ? ""
                : Math.max(least, 0) + "-" + (most <= 0 ? "" : Integer.toString(most));
    }
}
