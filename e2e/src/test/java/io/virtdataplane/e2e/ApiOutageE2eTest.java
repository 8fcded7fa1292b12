package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The API server goes away under traffic, and the agent is restarted meanwhile: guests notice
 * nothing, and status is caught up afterwards. {@code -Doutage.seconds=600} makes it a long one.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(1200)
class ApiOutageE2eTest {
    private static final int OUTAGE_SECONDS = Integer.getInteger("outage.seconds", 10);
    private static final int SECONDS = 90;
    private ApiServer api;
    private ClusterNode node;

    @BeforeEach
    void start() {
        api = ApiServer.start();
        ClusterNode.prepare(api);
        node = new ClusterNode(api).cable();
    }

    @AfterEach
    void close() {
        node.close();
        api.close();
    }

    private String client(String... command) {
        return node.lab.client(command).out();
    }

    @Test
    void hoursWithoutTheApiServerChangeNothing() {
        node.agent();
        api.applyText(
                BridgeLab.POLICY
                        + "---\n"
                        + BridgeLab.network("net1", "\"macspoofchk\": true, \"vlan\": 100"));
        Wait.until(
                "both are in force",
                SECONDS,
                () -> client("get", "bridges") + client("get", "networks"),
                said -> said.contains("br1") && said.contains("net1"));
        String first = node.guest("one", "net1", "10.100.0.1/24");
        node.guest("two", "net1", "10.100.0.2/24");
        Process ping =
                node.lab.shell.start(
                        node.lab.shell.directory().resolve("ping.log"),
                        "ip",
                        "netns",
                        "exec",
                        first,
                        "ping",
                        "-i",
                        "0.1",
                        "10.100.0.2");

        api.kill();
        Wait.letTimePass(OUTAGE_SECONDS * 1000L);
        String log = Shell.text(node.lab.shell.directory().resolve("ping.log"));
        node.lab.shell.must("kill", "-INT", Long.toString(ping.pid()));
        Wait.until("the ping's end", SECONDS, ping::isAlive, isAlive -> !isAlive);
        assertThat(Shell.text(node.lab.shell.directory().resolve("ping.log")))
                .contains(" 0% packet loss");
        assertThat(log).contains("icmp_seq=" + OUTAGE_SECONDS * 5);

        node.lab.killDaemon();
        node.agent();
        assertThat(client("get", "bridges")).as("from the node's own state").contains("br1");
        assertThat(client("get", "networks")).contains("net1");
        assertThat(node.lab.mustIn(first, "ping -q -c 5 -i 0.2 -W 5 10.100.0.2"))
                .contains(" 0% packet loss");
        node.lab.shell.must("ip", "-n", node.netns, "link", "del", "eth1");

        api.restart();
        Wait.until(
                "status is caught up",
                SECONDS,
                () -> api.kubectlAs(ApiServer.ADMIN, "get", "nncp").out(),
                said -> said.contains("FailedToConfigure"));
        assertThat(client("get", "networks")).contains("net1");
    }

    /** Also what a server has lost its memory of goes only after a while. */
    @Test
    void whatWasDeletedMeanwhileGoesAndWhatWasMadeComes() {
        node.agent();
        api.applyText(BridgeLab.POLICY);
        api.applyText(BridgeLab.network("net1", "\"vlan\": 100"));
        api.applyText(BridgeLab.network("net2", "\"vlan\": 200"));
        Wait.until(
                "both are in force",
                SECONDS,
                () -> client("get", "networks"),
                said -> said.contains("net1") && said.contains("net2"));
        node.lab.endDaemon();
        api.kubectl("delete", "net-attach-def", "net1");
        api.applyText(BridgeLab.network("net3", "\"vlan\": 300"));
        node.agent();
        String seen =
                Wait.until(
                        "the new one",
                        SECONDS,
                        () -> client("get", "networks"),
                        said -> said.contains("net3"));
        assertThat(seen).as("it is kept for a while").contains("net1", "net2");
        Wait.until(
                "the deleted one goes",
                SECONDS,
                () -> client("get", "networks"),
                said -> !said.contains("net1"));
        assertThat(client("get", "networks")).contains("net2", "net3");
    }
}
