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
     * @param name of the network device, as a policy selected it last; empty in a note of an
     *     earlier version
     * @param altNames its other names then
     */
    record Initial(int numVfs, int mtu, String name, List<String> altNames) {}

    private final StateFile files;

    InitialStates(Path stateDirectory) {
        files = new StateFile(stateDirectory.resolve("pci"));
    }

    /** The first call for a PF counts. */
    void note(PhysicalFunction pf) {
        files.create(pf.address(), fields(pf.numVfs(), pf.netdev().mtu(), pf));
    }

    /** Of a PF that a policy selects: by these names it is known when they are missing. */
    void noteNames(PhysicalFunction pf) {
        Optional<Initial> known = of(pf.address());
        boolean differs =
                known.filter(
                                initial ->
                                        !initial.name().equals(pf.name())
                                                || !initial.altNames()
                                                        .equals(pf.netdev().altNames()))
                        .isPresent();
        if (differs) {
            files.replace(pf.address(), fields(known.get().numVfs(), known.get().mtu(), pf));
        }
    }

    private static Map<String, String> fields(int numVfs, int mtu, PhysicalFunction named) {
        return Map.of(
                "numVfs", Integer.toString(numVfs),
                "mtu", Integer.toString(mtu),
                "name", named.name(),
                "altNames", String.join(" ", named.netdev().altNames()));
    }

    /** Throws where the note is damaged: a guess would take VFs away. */
    Optional<Initial> of(String address) {
        return files.read(address)
                .map(
                        fields ->
                                new Initial(
                                        number(address, fields, "numVfs"),
                                        number(address, fields, "mtu"),
                                        fields.getOrDefault("name", ""),
                                        names(fields.getOrDefault("altNames", ""))));
    }

    private static List<String> names(String text) { // a name has no blank (dev_valid_name)
        return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
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
                    "first state of the card must be readable (remove its file to leave the card as it is): file="
                            + files.file(address)
                            + " "
                            + name
                            + "="
                            + value);
        }
        return Integer.parseInt(value);
    }
}
