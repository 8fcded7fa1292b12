package io.virtdataplane.cli.view;

import io.grpc.Status;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.MachineInterface;
import java.io.PrintStream;
import java.util.List;

/** The interfaces of one machine, as {@code kubectl describe vmi} prints them. */
final class MachineDescription implements Description<Machine> {
    @Override
    public List<String> names() {
        return List.of("vmi", "machine");
    }

    @Override
    public Machine fetch(Client client, String name) {
        return client.call().list(ListRequest.getDefaultInstance()).getMachinesList().stream()
                .filter(machine -> machine.getName().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                Status.NOT_FOUND
                                        .withDescription("no such machine: name=" + name)
                                        .asRuntimeException());
    }

    @Override
    public void describe(Machine machine, boolean isWide, PrintStream out) {
        out.println("Name:  " + machine.getName());
        out.println("Interfaces:");
        machine.getStatus().getInterfacesList().forEach(each -> describe(each, out));
    }

    private static void describe(MachineInterface one, PrintStream out) {
        line(out, "Interface Name", one.getInterfaceName());
        if (one.getIpPrefixesCount() > 0) {
            line(out, "Ip Address", one.getIpPrefixes(0));
            out.println("   Ip Addresses:");
            one.getIpPrefixesList().forEach(address -> out.println("     " + address));
        }
        line(out, "Mac", one.getMac());
        line(out, "Name", one.getName());
    }

    /** Nothing where there is nothing to say. */
    private static void line(PrintStream out, String head, String words) {
        if (!words.isEmpty()) {
            out.printf("   %-16s %s%n", head + ":", words);
        }
    }
}
