package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Policies that were written for nmstate, which has more than bridges and reads more spellings. */
class NodeNetworkPolicyAsUsersHaveItTest {
    private static List<String> warnings(String manifest) {
        return Manifests.parse(manifest).getFirst().warnings();
    }

    private static String policy(String desiredState) {
        return "apiVersion: nmstate.io/v1\nkind: NodeNetworkConfigurationPolicy\nmetadata: {name: p}\n"
                + "spec: {desiredState: {"
                + desiredState
                + "}}";
    }

    @Test
    void whatTheNodesNetworkManagerConfiguresIsLeftToIt() {
        String manifest =
                policy(
                        """
                        routes: {config: [{destination: 0.0.0.0/0}]},
                        dns-resolver: {},
                        hostname: {running: node-1},
                        interfaces: [
                          {name: bond0, type: bond, link-aggregation: {mode: active-backup}},
                          {name: eth9, state: up, ipv4: {enabled: false}},
                          {name: eth8, type: ethernet, state: ignore},
                          {name: br1, type: linux-bridge, lldp: {enabled: true}, ipv4: {enabled: true, dhcp: 'yes'},
                           mtu: 9000, bridge: {port: [{name: bond0}]}}]
                        """);
        assertThat(NodeNetworkPolicyManifest.parse(manifest).bridges())
                .extracting(BridgeSpec::name)
                .containsExactly("br1");
        assertThat(warnings(manifest))
                .containsExactly(
                        "spec.desiredState.routes is ignored: the node's own network manager configures it",
                        "spec.desiredState.hostname is ignored: the node's own network manager configures it",
                        "spec.desiredState.interfaces[0] is ignored: the node's own network manager configures type bond, and a bridge's port may name it: name=bond0",
                        "spec.desiredState.interfaces[1] is ignored: the node's own network manager configures devices that are there, and a bridge's port may name it: name=eth9",
                        "spec.desiredState.interfaces[3].lldp is ignored: a bridge has no device on the node (apply --host-port gives it one, which the node's own network manager configures)",
                        "spec.desiredState.interfaces[3].ipv4 is ignored: the bridge has no device on the node; with apply --host-port it has one, and the node's own network manager gives it addresses");
        assertThat(warnings(NodeNetworkPolicyManifestTest.CHAPTER)).isEmpty();
    }

    @Test
    void policyMayHaveNothingForUs() {
        String none = policy("dns-resolver: {config: {server: [192.0.2.53]}}");
        assertThat(NodeNetworkPolicyManifest.parse(none).bridges()).isEmpty();
        assertThat(warnings(none)).hasSize(1);
    }

    @Test
    void numbersAndTruthsMayStandInQuotes() {
        BridgeSpec bridge =
                NodeNetworkPolicyManifest.parse(
                                policy(
                                        """
                                        interfaces: [{name: br1, type: linux-bridge, mtu: '9000', bridge: {
                                          options: {group-fwd-mask: '0x4000', multicast-snooping: 'off', stp: {enabled: '0'}},
                                          ports: [{name: eth1}]}}]
                                        """))
                        .bridges()
                        .getFirst();
        assertThat(bridge.mtu()).hasValue(9000);
        assertThat(bridge.options().groupForwardMask()).hasValue(0x4000);
        assertThat(bridge.options().multicastSnooping()).contains(false);
        assertThat(bridge.ports()).isPresent();
    }

    @Test
    void interfaceThatIsToGoMayHaveNoType() {
        String gone = policy("interfaces: [{name: br1, state: absent}]");
        assertThat(NodeNetworkPolicyManifest.parse(gone).bridges())
                .extracting(BridgeSpec::state)
                .containsExactly(BridgeSpec.State.absent);
        assertThat(warnings(gone))
                .containsExactly(
                        "spec.desiredState.interfaces[0] has no type: only a bridge of virt-dataplane is removed: name=br1");
    }
}
