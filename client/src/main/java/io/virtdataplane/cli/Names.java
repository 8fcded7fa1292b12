package io.virtdataplane.cli;

import io.grpc.Status;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.List;

/** Chooses NICs by MACHINE or MACHINE/INTERFACE. */
public final class Names {
    private Names() {}

    /** All of them where {@code name} is empty; none by that name is an error. */
    static ListResponse only(ListResponse all, String name) {
        if (name.isEmpty()) {
            return all;
        }
        List<Nic> chosen =
                all.getNicsList().stream()
                        .filter(nic -> nic.getName().equals(name) || nic.getMachine().equals(name))
                        .toList();
        if (chosen.isEmpty()) {
            throw Status.NOT_FOUND
                    .withDescription("no such NIC: name=" + name)
                    .asRuntimeException();
        }
        return ListResponse.newBuilder().addAllNics(chosen).build();
    }

    /** Two addresses, of which one may be missing. */
    static String both(String ipv4, String ipv6) {
        String separator = ipv4.isEmpty() || ipv6.isEmpty() ? "" : ",";
        return ipv4 + separator + ipv6;
    }
}
