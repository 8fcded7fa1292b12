package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.WatchRequest;
import java.util.Iterator;
import java.util.List;

/** The NICs, of guests behind pods and on bridges. */
final class NicListing implements Listing<ListResponse, Nic> {
    @Override
    public List<String> names() {
        return List.of("nics", "nic");
    }

    @Override
    public ListResponse fetch(Client client, Query query) {
        return all(client, query);
    }

    /** Also for lists of what NICs have. */
    static ListResponse all(Client client, Query query) {
        return Names.only(client.call().list(ListRequest.getDefaultInstance()), query.name());
    }

    @Override
    public boolean canBeWatched() {
        return true;
    }

    @Override
    public Iterator<ListResponse> watch(Client client, Query query) {
        return watchAll(client, query);
    }

    static Iterator<ListResponse> watchAll(Client client, Query query) {
        Iterator<ListResponse> answers = client.call().watch(WatchRequest.getDefaultInstance());
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return answers.hasNext();
            }

            @Override
            public ListResponse next() {
                return Names.only(answers.next(), query.name());
            }
        };
    }

    @Override
    public List<Nic> rows(ListResponse answer) {
        return answer.getNicsList();
    }

    @Override
    public List<Column<Nic>> columns() {
        return List.of(
                Column.of("NAME", Nic::getName),
                Column.of(
                        "GUEST-IP",
                        nic -> Names.both(nic.getGuestAddress(), nic.getGuestIpv6Address())),
                Column.of("MAC", Nic::getGuestMac),
                Column.of(
                        "POD-IP", nic -> Names.both(nic.getPodAddress(), nic.getPodIpv6Address())),
                Column.of("PORTS", NicListing::ports),
                Column.of("SESSIONS", nic -> Integer.toString(nic.getSessions())),
                Column.of("DROPS", nic -> Long.toString(Cells.drops(nic.getCounters()))),
                Column.wide("NETNS", Nic::getNetns),
                Column.wide("GUEST", Nic::getGuest),
                Column.wide("UPLINK", Nic::getUplink),
                Column.wide("MTU", nic -> Integer.toString(nic.getMtu())),
                Column.wide("UNLISTED", nic -> nic.getNat().getUnlistedPolicy()),
                Column.wide("WORKER", nic -> Integer.toString(nic.getWorker())),
                Column.wide("POLLER", Nic::getPoller),
                Column.of("AGE", nic -> Cells.ageSince(nic.getAttachedUnixMs())));
    }

    private static String ports(Nic nic) {
        return nic.getPortsCount() == 0 ? "all" : String.join(",", nic.getPortsList());
    }
}
