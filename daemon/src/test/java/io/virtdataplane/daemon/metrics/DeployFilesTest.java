package io.virtdataplane.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is deployed beside the daemon speaks of the metrics that it has. */
class DeployFilesTest {
    private static final Path DEPLOY = Path.of("../deploy");
    private static final Pattern METRIC =
            Pattern.compile("\\b(virt_dataplane_\\w+|process_start_time_seconds)\\b");

    private static Set<String> names() {
        return Arrays.stream(Metric.values()).map(Metric::sample).collect(Collectors.toSet());
    }

    private static Set<String> metricsOf(String file) throws IOException {
        return METRIC.matcher(Files.readString(DEPLOY.resolve(file)))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
    }

    @ParameterizedTest
    @ValueSource(strings = {"alerts.yaml", "alerts-test.yaml", "dashboard.json"})
    void queriesAreAboutMetricsThatExist(String file) throws IOException {
        assertThat(metricsOf(file)).isNotEmpty().isSubsetOf(names());
    }

    @Test
    void readmeListsEveryMetricAndNoOther() throws IOException {
        assertThat(metricsOf("README.md")).containsExactlyInAnyOrderElementsOf(names());
    }

    @Test
    void panelsOfTheDashboardHaveNumbersOfTheirOwnAndStandBesideEachOther() throws IOException {
        JsonNode panels =
                new ObjectMapper()
                        .readTree(DEPLOY.resolve("dashboard.json").toFile())
                        .get("panels");
        assertThat(panels).isNotEmpty();
        assertThat(panels).extracting(panel -> panel.get("id").asInt()).doesNotHaveDuplicates();
        assertThat(panels)
                .extracting(panel -> panel.at("/gridPos/x") + "," + panel.at("/gridPos/y"))
                .doesNotHaveDuplicates();
        assertThat(panels)
                .allMatch(
                        panel ->
                                panel.at("/gridPos/x").asInt() + panel.at("/gridPos/w").asInt()
                                        <= 24);
    }
}
