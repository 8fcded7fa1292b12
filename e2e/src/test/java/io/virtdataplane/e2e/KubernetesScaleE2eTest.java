package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cluster of 5,000 objects: what an agent costs, and how fast one change is followed. */
@RootTest
@Timeout(600)
class KubernetesScaleE2eTest {
    private static final int EACH = 1_667;
    private static final int SECONDS = 120;
    private static final Pattern LISTS =
            Pattern.compile(
                    "apiserver_request_total\\{.*resource=\"(network-attachment-definitions|virtualmachineinstances|pods)\",scope=\"cluster\".*verb=\"LIST\".*");
    private ApiServer api;
    private ClusterNode node;

    @BeforeEach
    void start() {
        api = ApiServer.start();
        ClusterNode.prepare(api);
        node = new ClusterNode(api);
    }

    @AfterEach
    void close() {
        node.close();
        api.close();
    }

    private Path kept() {
        return node.lab.shell.directory().resolve("state/objects");
    }

    private long keptObjects() {
        try (Stream<Path> all = Files.walk(kept())) {
            return all.filter(path -> path.toString().endsWith(".yaml")).count();
        } catch (IOException | java.io.UncheckedIOException e) {
            return -1; // one is being written
        }
    }

    private boolean isKept(String name) {
        try (Stream<Path> all = Files.walk(kept())) {
            return all.anyMatch(path -> path.getFileName().toString().contains(name));
        } catch (IOException | java.io.UncheckedIOException e) {
            return false;
        }
    }

    private long residentKb() {
        String status = Shell.text(Path.of("/proc/" + java() + "/status"));
        return Long.parseLong(status.replaceFirst("(?s).*VmRSS:\\s+(\\d+) kB.*", "$1"));
    }

    /** Of all its threads, in hundredths of a second. */
    private long cpu() {
        String[] fields =
                Shell.text(Path.of("/proc/" + java() + "/stat"))
                        .replaceFirst(".*\\) ", "")
                        .split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private long java() {
        return Stream.concat(
                        Stream.of(node.lab.daemonProcess().toHandle()),
                        node.lab.daemonProcess().descendants())
                .reduce((first, last) -> last)
                .orElseThrow()
                .pid();
    }

    /** Lists that the server was asked for, of what an agent watches. */
    private List<String> lists() {
        return api.kubectl("get", "--raw", "/metrics")
                .lines()
                .filter(line -> LISTS.matcher(line).matches())
                .sorted()
                .toList();
    }

    @Test
    void anAgentStaysSmallAndFollowsAChangeWithinASecond() throws IOException {
        node.agent();
        long before = residentKb();
        long cpuBefore = cpu();
        try (ClusterLoad load = new ClusterLoad(api, "crowd")) {
            load.networks(EACH);
            load.machines(EACH, List.of(node.name, "elsewhere-1", "elsewhere-2", "elsewhere-3"));
            load.services(EACH);
            Wait.until("all networks", SECONDS, this::keptObjects, count -> count == EACH);
            long cpuOfAll = cpu() - cpuBefore;
            List<String> lists = lists();

            api.applyText(BridgeLab.network("the-last", "\"vlan\": 100"));
            long began = System.nanoTime();
            Wait.until("one more", SECONDS, () -> isKept("the-last"), is -> is);
            long millis = (System.nanoTime() - began) / 1_000_000;

            long cpuIdle = cpu();
            Wait.letTimePass(5_000);
            cpuIdle = cpu() - cpuIdle;
            System.out.printf(
                    "agent with 5,000 objects: RSS %d MB (before %d), %.1f s of CPU to take them, %.1f %% of a core after that; one change after %d ms%n",
                    residentKb() / 1024, before / 1024, cpuOfAll / 100.0, cpuIdle / 5.0, millis);
            assertThat(millis).as("from the answer of kubectl to the node").isLessThan(1_000);
            assertThat(lists()).as("nothing was listed again").isEqualTo(lists);
            assertThat(residentKb() / 1024).isLessThan(400);
            assertThat(cpuIdle).as("of five seconds, in hundredths").isLessThan(100);
        }
    }
}
