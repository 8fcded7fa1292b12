package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
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
