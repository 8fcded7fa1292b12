package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.manifest.MachineManifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * NICs that are kept and not attached: those that wait to be tried again, and files that nobody
 * could read.
 */
final class LostNics {
    /**
     * One that is tried again.
     *
     * @param reason why it is not attached
     */
    record Waiting(Path file, String name, AttachRequest request, String reason) {}

    private final Map<Path, Waiting> waitingByFile = new ConcurrentSkipListMap<>();
    private final Map<Path, String> reasonByFile = new ConcurrentSkipListMap<>();

    /** A file that holds no NIC. */
    void add(Path file, String reason) {
        reasonByFile.put(file, reason);
    }

    /** False where it waits already for the same reason. */
    boolean keep(Waiting waiting) {
        Waiting before = waitingByFile.put(waiting.file(), waiting);
        return before == null || !before.reason().equals(waiting.reason());
    }

    /** It is attached, or is to be no more. */
    void forget(Path file) {
        waitingByFile.remove(file);
        reasonByFile.remove(file);
    }

    List<Waiting> waiting() {
        return List.copyOf(waitingByFile.values());
    }

    /** Those of which it can be told. */
    List<LabelledNic> labelled(Function<AttachRequest, MachineManifest> reader) {
        List<LabelledNic> all = new ArrayList<>();
        for (Waiting waiting : waiting()) {
            try {
                MachineManifest machine = reader.apply(waiting.request());
                String why = "not attached, tried again: " + waiting.reason();
                all.add(
                        new LabelledNic(
                                waiting.name(),
                                machine.namespace(),
                                machine.labels(),
                                Optional.empty(),
                                why));
            } catch (IllegalArgumentException e) {
                continue; // its manifest is not taken any more: nobody knows its labels
            }
        }
        return all;
    }

    /** The full name of the only one that is called so: MACHINE/INTERFACE, or MACHINE. */
    String named(String name) {
        List<String> own =
                waitingByFile.values().stream()
                        .map(Waiting::name)
                        .filter(each -> each.startsWith(name + "/"))
                        .toList();
        return own.size() == 1 ? own.getFirst() : name;
    }

    List<String> warnings() {
        return Stream.concat(
                        waitingByFile.values().stream()
                                .map(
                                        each ->
                                                "NIC "
                                                        + each.name()
                                                        + " is not attached, tried again: "
                                                        + each.reason()),
                        reasonByFile.entrySet().stream()
                                .map(
                                        each ->
                                                "NIC not restored: "
                                                        + each.getKey()
                                                        + ": "
                                                        + each.getValue()))
                .toList();
    }
}
