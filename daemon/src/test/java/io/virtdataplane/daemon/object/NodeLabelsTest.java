package io.virtdataplane.daemon.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeLabelsTest {
    private static final Map<String, String> WORKER =
            Map.of("node-role.kubernetes.io/worker", "", "rack", "a=b");
    @TempDir private Path state;

    private NodeLabels node() {
        NodeLabels node = new NodeLabels("n1", Map.of("zone", "own"));
        node.keptIn(state);
        return node;
    }

    @Test
    void labelsOfTheNodeObjectOutliveARestart() {
        NodeLabels first = node();
        assertThat(first.matches(WORKER)).isFalse();
        assertThat(first.ofCluster(WORKER)).isTrue();
        assertThat(first.ofCluster(WORKER)).as("no change").isFalse();
        assertThat(node().matches(WORKER)).as("before the server is asked").isTrue();
        assertThat(node().ofCluster(WORKER)).isFalse();
        assertThat(first.ofCluster(Map.of())).isTrue();
        assertThat(node().matches(WORKER)).isFalse();
    }

    @Test
    void aLabelOfTheSettingsHasPriority() {
        NodeLabels node = node();
        node.ofCluster(Map.of("zone", "other", "kubernetes.io/hostname", "n9"));
        assertThat(node.labels())
                .containsEntry("zone", "own")
                .containsEntry("kubernetes.io/hostname", "n1");
    }
}
