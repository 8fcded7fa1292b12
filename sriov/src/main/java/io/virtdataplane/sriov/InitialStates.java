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
    /**
     * Before our first change.
     *
     * @param name of the network device; empty in a note of an earlier version
     */
    record Initial(int numVfs, int mtu, String name) {}

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
                        "mtu", Integer.toString(pf.netdev().mtu()),
                        "name", pf.name()));
    }

    /** Throws where the note is damaged: a guess would take VFs away. */
    Optional<Initial> of(String address) {
        return files.read(address)
                .map(
                        fields ->
                                new Initial(
                                        number(address, fields, "numVfs"),
                                        number(address, fields, "mtu"),
                                        fields.getOrDefault("name", "")));
    }

    List<String> addresses() {
        return files.addresses();
    }

    void forget(String address) {
        files.remove(address);
    }

    private int number(String address, Map<String, String> fields, String name) {
        String value = fields.getOrDefault(name, "");
        if (!value.matches("\\d{1,9}")) {
            throw new SriovException(
                    "first state of the card must be readable, remove its file to leave the card as it is: file="
                            + files.file(address)
                            + " "
                            + name
                            + "="
                            + value);
        }
        return Integer.parseInt(value);
    }
}
