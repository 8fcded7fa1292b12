package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Devices of bridges that come, go and change, and those that are wanted twice. */
@RootTest
@Timeout(300)
class BridgeDevicesE2eTest {
    private static final String VLAN100 =
            BridgeLab.network(
                    "vlan100",
                    "\"macspoofchk\": true, \"vlan\": 100, \"preserveDefaultVlan\": false");
    private static final String PING = "ping -q -c 3 -i 0.2 -W 2 ";
    private final BridgeLab bridge = new BridgeLab();
    private final Lab lab = bridge.lab;

    @AfterEach
    void close() {
        bridge.close();
    }

    @Test
    void anUplinkThatGoesIsTakenUpWhenItComesAgain() {
        bridge.bridges().apply(VLAN100);
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        lab.shell.sh("ip -n %s link del eth1".formatted(bridge.node));
        awaitEvent("UplinkLost", "br1/eth1");
        awaitEvent("UplinkLost", "sw/sw0");
        lab.shell.sh(
                """
                ip link add eth1 mtu 4000 netns %1$s type veth peer name sw0 mtu 4000 netns %1$s
                for d in eth1 sw0; do ip -n %1$s link set $d up; done
                """
                        .formatted(bridge.node));
        awaitEvent("UplinkOpened", "br1/eth1");
        awaitEvent("UplinkOpened", "sw/sw0");
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        lab.mustIn(bridge.node, "ip link set eth1 mtu 3000");
        awaitEvent("UplinkMtuChanged", "br1/eth1");
        assertThat(lab.mustClient("get", "bridges", "-o", "json"))
                .containsPattern("(?s)\"br1/eth1\"[^}]*\"mtu\": 3000");
        bridge.apply(
                BridgeLab.POLICY.replace(
                        "description: Linux bridge with eth1 as a port", "mtu: 2000"));
        assertThat(lab.mustClient("get", "bridges", "-o", "json"))
                .as("a policy's, on open ports")
                .containsPattern("(?s)\"br1/eth1\"[^}]*\"mtu\": 2000");
    }

    private void awaitEvent(String reason, String port) {
        Wait.until(
                reason + " of " + port,
                15,
                () -> lab.mustClient("events"),
                said ->
                        said.lines()
                                .anyMatch(line -> line.contains(reason) && line.contains(port)));
    }

    /** What "get policies" says of one. */
    private String policy(String name) {
        return lab.mustClient("get", "policies")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .orElse("none");
    }

    private void awaitPolicy(String name, String... words) {
        Wait.until(
                "policy " + name,
                15,
                () -> policy(name),
                said -> Stream.of(words).allMatch(said::contains));
    }

    private void link(String device) {
        lab.shell.sh(
                """
                ip link add %2$s netns %1$s type veth peer name %2$s-far netns %1$s
                for d in %2$s %2$s-far; do ip -n %1$s link set $d up; done
                """
                        .formatted(bridge.node, device));
    }

    @Test
    void aPolicyWaitsForItsUplinkAndItsConditionFollowsTheNode() {
        bridge.bridges();
        String seven =
                """
                apiVersion: nmstate.io/v1
                kind: NodeNetworkConfigurationPolicy
                metadata: {name: seven}
                spec: {desiredState: {interfaces: [
                  {name: br7, type: linux-bridge, state: up, bridge: {port: [{name: eth7}]}}]}}
                """;
        Shell.Result first = lab.client("apply", "-f", bridge.file(seven).toString());
        assertThat(first.code()).isEqualTo(1);
        assertThat(first.out())
                .contains("device must exist in its namespace: dev=eth7")
                .contains("tried again");
        awaitPolicy("seven", "Degraded", "FailedToConfigure", "dev=eth7");
        assertThat(lab.mustClient("get", "bridges")).as("rolled back").doesNotContain("br7");
        lab.endDaemon();
        lab.daemonIn(bridge.node);
        awaitPolicy("seven", "Degraded");
        link("eth7");
        awaitPolicy("seven", "Available", "SuccessfullyConfigured");
        assertThat(lab.mustClient("get", "bridges")).containsPattern("br7 +\\w+ +eth7");
        lab.shell.sh("ip -n %s link del eth7".formatted(bridge.node));
        awaitPolicy("seven", "Degraded", "waiting for port eth7");
        awaitEvent("PolicyDegraded", "seven");
        lab.endDaemon();
        lab.daemonIn(bridge.node);
        awaitPolicy("seven", "Degraded", "waiting for port eth7");
        assertThat(policy("br1-eth1-policy")).contains("Available");
        link("eth7");
        awaitPolicy("seven", "Available", "successfully reconciled");
        lab.mustClient("delete", "nncp", "seven");
        assertThat(policy("seven")).isEqualTo("none");
    }

    @Test
    void aDeviceAndANicAreOfOneBridgeOnly() {
        bridge.bridges().apply(VLAN100);
        bridge.guest("one", "vlan100", "10.100.0.1/24");
        String other = BridgeLab.POLICY.replace("br1-eth1-policy", "two").replace("br1", "br2");
        Shell.Result refused = lab.client("apply", "-f", bridge.file(other).toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out())
                .contains("port must be of one bridge: port=eth1 bridge=br2 other=br1");
        String moved =
                """
                apiVersion: nmstate.io/v1
                kind: NodeNetworkConfigurationPolicy
                metadata: {name: move}
                spec: {desiredState: {interfaces: [
                  {name: br2, type: linux-bridge, state: up, bridge: {port: [{name: eth1}]}},
                  {name: br1, type: linux-bridge, state: up, bridge: {port: []}}]}}
                """;
        bridge.apply(moved);
        assertThat(lab.mustClient("get", "vlans")).contains("br2/eth1").doesNotContain("br1/eth1");
        String masquerade =
                """
                kind: VirtualMachine
                metadata: {name: one}
                spec: {template: {spec: {
                  domain: {devices: {interfaces: [{name: bridge-net, masquerade: {}}]}},
                  networks: [{name: bridge-net, pod: {}}]}}}
                """;
        assertThat(
                        lab.client(
                                        "attach",
                                        "-f",
                                        bridge.file(masquerade).toString(),
                                        "--interface",
                                        "bridge-net",
                                        "--netns",
                                        lab.pod)
                                .out())
                .contains("NIC is attached already: name=one/bridge-net");
    }
}
