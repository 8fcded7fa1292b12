package io.virtdataplane.daemon.object;

import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's name, and the labels by which policies select it: those of the settings, and those
 * that its Node object has, which may change.
 */
public final class NodeLabels {
    private static final Logger LOG = LoggerFactory.getLogger(NodeLabels.class);
    private static final String FILE = "node";
    private static final String HOSTNAME = "kubernetes.io/hostname";
    private final String name;
    private final Map<String, String> own;
    private volatile Map<String, String> labels;
    private FileStore kept; // null: nowhere

    /** {@code labels}: those of the settings; the host name's is added. */
    public NodeLabels(String name, Map<String, String> labels) {
        this.name = name;
        this.own = new TreeMap<>(labels);
        this.own.putIfAbsent(HOSTNAME, name);
        this.labels = Map.copyOf(own);
    }

    /**
     * Takes up what the Node object had when an earlier run saw it last, and keeps there what it
     * has later: policies are taken up before the API server is asked.
     */
    public void keptIn(Path stateDirectory) {
        kept = new FileStore(stateDirectory.resolve("node"), ".labels");
        Path file = kept.file(FILE);
        if (Files.exists(file)) {
            try (Stream<String> lines = Files.lines(file)) {
                set(
                        lines.map(line -> line.split("=", 2))
                                .filter(pair -> pair.length == 2)
                                .collect(
                                        Collectors.toMap(
                                                pair -> pair[0], pair -> pair[1], (a, z) -> z)));
            } catch (IOException | UncheckedIOException e) {
                LOG.warn(
                        "labels of the node are not known until the API server tells: {}",
                        e.getMessage());
            }
        }
    }

    /** What the Node object has now; a label of the settings has priority. False: no change. */
    public boolean ofCluster(Map<String, String> ofNode) {
        boolean changes = set(ofNode);
        if (changes && kept != null) {
            kept.put(
                    FILE,
                    ofNode.entrySet().stream()
                            .map(label -> label.getKey() + "=" + label.getValue() + "\n")
                            .sorted()
                            .collect(Collectors.joining())
                            .getBytes(StandardCharsets.UTF_8));
        }
        return changes;
    }

    private boolean set(Map<String, String> ofNode) {
        Map<String, String> all = new TreeMap<>(ofNode);
        all.putAll(own);
        boolean changes = !all.equals(labels);
        labels = Map.copyOf(all);
        return changes;
    }

    public String name() {
        return name;
    }

    public Map<String, String> labels() {
        return labels;
    }

    /** Has all of them. */
    public boolean matches(Map<String, String> selector) {
        return labels.entrySet().containsAll(selector.entrySet());
    }
}
