package io.virtdataplane.sriov;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How each PF was before we first changed it. Only a PF that is noted here is ever put back; the
 * note outlives the daemon.
 */
final class InitialStates {
    private static final int ETHERNET_MTU = 1500;

    /** Before our first change. */
    record Initial(int numVfs, int mtu) {}

    private final StateFile files;

    InitialStates(Path stateDirectory) {
        files = new StateFile(stateDirectory.resolve("pci"));
    }

    /** The first call for a PF counts. */
    void note(PhysicalFunction pf) {
        files.create(
                pf.address(),
                Map.of(
                        "numVfs", Integer.toString(pf.numVfs()),
                        "mtu", Integer.toString(pf.netdev().mtu())));
    }

    Optional<Initial> of(String address) {
        return files.read(address)
                .map(
                        fields ->
                                new Initial(
                                        number(fields, "numVfs", 0),
                                        number(fields, "mtu", ETHERNET_MTU)));
    }

    List<String> addresses() {
        return files.addresses();
    }

    void forget(String address) {
        files.remove(address);
    }

    /** A damaged file is as good as the defaults: no VFs, Ethernet's MTU. */
    private static int number(Map<String, String> fields, String name, int otherwise) {
        String value = fields.getOrDefault(name, "");
        return value.matches("\\d{1,9}") ? Integer.parseInt(value) : otherwise;
    }
}
