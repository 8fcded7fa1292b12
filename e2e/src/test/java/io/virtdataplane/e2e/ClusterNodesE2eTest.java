package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Two nodes of one cluster, each with its agent: a policy goes from node to node. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class ClusterNodesE2eTest {
    private static final int SECONDS = 60;
    private static final String STANDING =
            "jsonpath={range .items[*]}{.status.conditions[?(@.status==\"True\")].type}{\" \"}{end}";
    private static ApiServer api;
    private ClusterNode one;
    private ClusterNode two;

    @BeforeAll
    static void server() {
        api = ApiServer.shared();
        ClusterNode.prepare(api);
    }

    @BeforeEach
    void nodes() {
        one = new ClusterNode(api);
        two = new ClusterNode(api);
    }

    @AfterEach
    void close() {
        ClusterNode.deleteObjects(api);
        two.close();
        one.close();
    }

    private String await(String text, String... command) {
        return Wait.until(
                text,
                SECONDS,
                () -> api.kubectlAs(ApiServer.ADMIN, command).out(),
                said -> said.contains(text));
    }

    private String enactments() {
        return api.kubectlAs(ApiServer.ADMIN, "get", "nnce", "-o", STANDING).out();
    }

    @Test
    void guestsOfTwoNodesReachEachOtherOnTheirVlan() {
        ClusterNode.cable(one, two);
        one.agent();
        two.agent();
        api.applyText(
                BridgeLab.POLICY.replace("spec:", "spec:\n  maxUnavailable: 1")
                        + "---\n"
                        + BridgeLab.network("vlan100", "\"macspoofchk\": true, \"vlan\": 100"));
        await("2/2 nodes successfully configured", "get", "nncp", "-o", "yaml");
        for (ClusterNode node : new ClusterNode[] {one, two}) {
            Wait.until(
                    "the definition",
                    SECONDS,
                    () -> node.lab.client("get", "networks").out(),
                    said -> said.contains("vlan100"));
        }
        String first = one.guest("one", "vlan100", "10.100.0.1/24");
        two.guest("two", "vlan100", "10.100.0.2/24");
        assertThat(one.lab.mustIn(first, "ping -q -c 3 -i 0.2 -W 2 10.100.0.2"))
                .contains(" 0% packet loss");
    }

    /** The bridge takes the way to the gateway away, which is found out after eight seconds. */
    @Test
    void oneNodeIsAtItAtATimeAndWhatFailedThereIsLeftAloneElsewhere() {
        for (ClusterNode node : new ClusterNode[] {one, two}) {
            node.agent();
        }
        api.applyText(
                BridgeLab.POLICY
                        .replace("- name: eth1", "- name: eth0")
                        .replace(
                                "metadata:",
                                "metadata:\n  annotations: {virtdataplane.io/probe-seconds: \"8\"}")
                        .replace("spec:", "spec:\n  maxUnavailable: 1"));
        Wait.until(
                "one waits for the other",
                SECONDS,
                this::enactments,
                said -> said.contains("Progressing") && said.contains("Pending"));
        assertThat(api.kubectl("get", "nnce", "-o", "yaml"))
                .contains("MaxUnavailableLimitReached", "Waiting for progressing nodes to finish");
        Wait.until(
                "one failed and the other left it alone",
                SECONDS,
                this::enactments,
                said -> said.contains("Failing") && said.contains("Aborted"));
        await(
                "1/2 nodes failed to configure, 1 nodes aborted configuration",
                "get",
                "nncp",
                "-o",
                "yaml");
        assertThat(api.kubectl("get", "nncp")).containsPattern("Degraded +FailedToConfigure");
        for (ClusterNode node : new ClusterNode[] {one, two}) {
            assertThat(node.lab.mustIn(node.netns, "ping -q -c 1 -W 5 192.0.2.1"))
                    .as("each node still has its gateway")
                    .contains(" 0% packet loss");
        }
        api.applyText(BridgeLab.POLICY.replaceFirst("port:\\s+- name: eth1", "port: []"));
        await("2/2 nodes successfully configured", "get", "nncp", "-o", "yaml");
    }
}
