package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That tests of many objects can have them within a time that a test may take. */
@RootTest
@Timeout(300)
class ClusterLoadE2eTest {
    private static final int EACH = 500;

    @Test
    void fillsANamespace() {
        try (ApiServer api = ApiServer.start()) {
            api.applyUpstreamDefinitions();
            try (ClusterLoad load = new ClusterLoad(api, "many")) {
                Duration networks = load.networks(EACH);
                Duration machines = load.machines(EACH, List.of("node1", "node2"));
                Duration services = load.services(EACH);
                System.out.printf(
                        "%d each: networks %d ms, machines %d ms, services %d ms%n",
                        EACH, networks.toMillis(), machines.toMillis(), services.toMillis());
            }
            assertThat(count(api, "net-attach-def")).isEqualTo(EACH);
            assertThat(count(api, "vmi", "-l", "kubevirt.io/nodeName=node2")).isEqualTo(EACH / 2);
            assertThat(count(api, "services")).isEqualTo(EACH);
            assertThat(api.kubectl("-n", "many", "get", "vmi", "vm-00007"))
                    .contains("Running")
                    .contains("10.244.0.8")
                    .contains("node2");
        }
    }

    private static long count(ApiServer api, String kind, String... selector) {
        String[] arguments = {"-n", "many", "get", kind, "-o", "name"};
        return api.kubectl(
                        Stream.of(arguments, selector)
                                .flatMap(Arrays::stream)
                                .toArray(String[]::new))
                .lines()
                .count();
    }
}
