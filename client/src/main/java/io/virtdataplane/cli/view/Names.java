package io.virtdataplane.cli.view;

import io.grpc.Status;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.Nic;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

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
        Set<String> names = chosen.stream().map(Nic::getMachine).collect(Collectors.toSet());
        List<Machine> machines =
                all.getMachinesList().stream()
                        .filter(machine -> names.contains(machine.getName()))
                        .toList();
        return ListResponse.newBuilder().addAllNics(chosen).addAllMachines(machines).build();
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

    /**
     * Those of that name, or all where it is empty; none by that name is an error.
     *
     * @param kind for the error: "NetworkAttachmentDefinition"
     */
    static <T> List<T> chosen(List<T> all, String name, String kind, Function<T, String> nameOf) {
        List<T> chosen =
                all.stream()
                        .filter(each -> name.isEmpty() || isNamed(nameOf.apply(each), name))
                        .toList();
        if (chosen.isEmpty() && !name.isEmpty()) {
            throw Status.NOT_FOUND
                    .withDescription("no such " + kind + ": name=" + name)
                    .asRuntimeException();
        }
        return chosen;
    }

    /** With its namespace, or without. */
    private static boolean isNamed(String full, String name) {
        return full.equals(name) || full.endsWith("/" + name);
    }
}
