package io.virtdataplane.cli.view;

import io.virtdataplane.api.Lease;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.List;
import java.util.stream.Stream;

/** Leases that guests behind pods have. */
final class LeaseListing implements ListingFromNics<LeaseListing.Given> {
    @Override
    public List<String> names() {
        return List.of("leases", "lease");
    }

    /** A lease and whose it is. */
    record Given(String nic, Lease lease) {}

    @Override
    public List<Given> rows(ListResponse answer) {
        return answer.getNicsList().stream().flatMap(LeaseListing::given).toList();
    }

    private static Stream<Given> given(Nic nic) {
        return Stream.of(nic.getLease(), nic.getLease6())
                .filter(lease -> !lease.getMac().isEmpty())
                .map(lease -> new Given(nic.getName(), lease));
    }

    @Override
    public List<Column<Given>> columns() {
        return List.of(
                Column.of("NIC", Given::nic),
                Column.of("ADDRESS", given -> given.lease().getAddress()),
                Column.of("MAC", given -> given.lease().getMac()),
                Column.of("SECONDS", given -> Long.toString(given.lease().getSeconds())),
                Column.of("GIVEN", given -> Cells.age(given.lease().getAgeSeconds()) + " ago"));
    }
}
