package io.virtdataplane.cli.view;

import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.List;

/** The NICs, of guests behind pods and on bridges. */
final class NicListing implements ListingFromNics<Nic> {
    @Override
    public List<String> names() {
        return List.of("nics", "nic");
    }

    @Override
    public List<Nic> rows(ListResponse answer) {
        return answer.getNicsList();
    }

    @Override
    public List<String> warnings(ListResponse answer) {
        return answer.getWarningsList();
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
                Column.of("STATE", Nic::getState),
                Column.of("PORTS", NicListing::ports),
                Column.of("SESSIONS", nic -> Integer.toString(nic.getSessions())),
                Column.of("DROPS", nic -> Long.toString(Cells.drops(nic.getCounters()))),
                Column.wide("NETNS", Nic::getNetns),
                Column.wide("GUEST", Nic::getGuest),
                Column.wide("UPLINK", Nic::getUplink),
                Column.wide("MTU", nic -> Integer.toString(nic.getMtu())),
                Column.wide("UNLISTED", nic -> nic.getNat().getUnlistedPolicy()),
                Column.wide("MESH", Nic::getMesh),
                Column.wide("WORKER", nic -> Integer.toString(nic.getWorker())),
                Column.wide("POLLER", Nic::getPoller),
                Column.of("AGE", nic -> Cells.ageSince(nic.getAttachedUnixMs())));
    }

    private static String ports(Nic nic) {
        return nic.getPortsCount() == 0 ? "all" : String.join(",", nic.getPortsList());
    }
}
