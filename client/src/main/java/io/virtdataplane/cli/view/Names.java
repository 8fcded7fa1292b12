package io.virtdataplane.cli.view;

import io.grpc.Status;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import java.util.List;

/** Chooses NICs by MACHINE or MACHINE/INTERFACE. */
public final class Names {
    private Names() {}

    /** All of them where {@code name} is empty; none by that name is an error. */
    public static ListResponse only(ListResponse all, String name) {
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
    public static String both(String ipv4, String ipv6) {
        String separator = ipv4.isEmpty() || ipv6.isEmpty() ? "" : ",";
        return ipv4 + separator + ipv6;
    }

    /** Below a list that was cut; empty where it was not. */
    static String leftOut(int shown, long total, String what) {
        return total > shown ? shown + " of " + total + " " + what + "; see --limit" : "";
    }
}
