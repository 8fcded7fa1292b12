package io.virtdataplane.cli.view;

import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.ArrayList;
import java.util.List;

/** Counters of NICs, and frames by verdict. */
final class CounterListing implements ListingFromNics<CounterListing.Counted> {
    @Override
    public List<String> names() {
        return List.of("counters", "counter");
    }

    /** One counter of a NIC. */
    record Counted(String nic, String counter, String value) {}

    @Override
    public List<Counted> rows(ListResponse answer) {
        List<Counted> rows = new ArrayList<>();
        answer.getNicsList().forEach(nic -> add(nic, rows));
        return rows;
    }

    private static void add(Nic nic, List<Counted> rows) {
        nic.getCounters()
                .getAllFields()
                .forEach(
                        (field, value) -> {
                            if (!field.isRepeated()) {
                                rows.add(
                                        new Counted(
                                                nic.getName(), field.getName(), value.toString()));
                            }
                        });
        nic.getCounters()
                .getVerdictsList()
                .forEach(
                        count ->
                                rows.add(
                                        new Counted(
                                                nic.getName(),
                                                count.getVerdict(),
                                                Long.toString(count.getFrames()))));
    }

    @Override
    public List<Column<Counted>> columns() {
        return List.of(
                Column.of("NIC", Counted::nic),
                Column.of("COUNTER", Counted::counter),
                Column.of("VALUE", Counted::value));
    }
}
