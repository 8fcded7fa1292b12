package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListStationsRequest;
import io.virtdataplane.api.ListStationsResponse;
import io.virtdataplane.api.Station;
import java.util.List;

/** Which station is behind which port of a bridge. */
final class StationListing implements Listing<ListStationsResponse, Station> {
    @Override
    public List<String> names() {
        return List.of("fdb", "stations");
    }

    @Override
    public ListStationsResponse fetch(Client client, Query query) {
        return client.networks()
                .listStations(
                        ListStationsRequest.newBuilder()
                                .setBridge(query.name())
                                .setLimit(query.limit())
                                .build());
    }

    @Override
    public List<Station> rows(ListStationsResponse answer) {
        return answer.getStationsList();
    }

    @Override
    public List<Column<Station>> columns() {
        return List.of(
                Column.of("BRIDGE", Station::getBridge),
                Column.of("VLAN", station -> Integer.toString(station.getVlan())),
                Column.of("MAC", Station::getMac),
                Column.of("PORT", Station::getPort),
                Column.of("STATE", Station::getState),
                Column.of("AGE", station -> Cells.age(station.getAgeSeconds())));
    }

    @Override
    public String footer(ListStationsResponse answer) {
        return Names.leftOut(answer.getStationsCount(), answer.getTotal(), "stations");
    }
}
