package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListSessionsRequest;
import io.virtdataplane.api.ListSessionsResponse;
import io.virtdataplane.api.Session;
import java.util.List;

/** Sessions of the NAT, longest idle first. */
final class SessionListing implements Listing<ListSessionsResponse, Session> {
    @Override
    public List<String> names() {
        return List.of("sessions", "session");
    }

    @Override
    public ListSessionsResponse fetch(Client client, Query query) {
        return client.call()
                .listSessions(
                        ListSessionsRequest.newBuilder()
                                .setNic(query.name())
                                .setLimit(query.limit())
                                .build());
    }

    @Override
    public List<Session> rows(ListSessionsResponse answer) {
        return answer.getSessionsList();
    }

    @Override
    public List<Column<Session>> columns() {
        return List.of(
                Column.of("NIC", Session::getNic),
                Column.of("PROTO", Session::getProtocol),
                Column.of("DIR", Session::getDirection),
                Column.of("INSIDE", Session::getInside),
                Column.of("OUTSIDE", Session::getOutside),
                Column.of("REMOTE", Session::getRemote),
                Column.of("STATE", Session::getState),
                Column.of("IDLE", session -> Cells.age(session.getIdleSeconds())),
                Column.wide("AGE", session -> Cells.age(session.getAgeSeconds())),
                Column.wide("FRAMES-OUT", session -> Long.toString(session.getFramesOut())),
                Column.wide("FRAMES-IN", session -> Long.toString(session.getFramesIn())));
    }

    @Override
    public String footer(ListSessionsResponse answer) {
        return Names.leftOut(answer.getSessionsCount(), answer.getTotal(), "sessions");
    }
}
