package io.virtdataplane.daemon.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What nmstate and the CNI plugin would show with {@code bridge vlan}. */
class PortVlanRulesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | 1 | 1 | 1",
                "'\"vlan\": 100' | 100 | 1,100 | 1,100",
                "'\"vlan\": 100, \"preserveDefaultVlan\": true' | 100 | 1,100 | 1,100",
                "'\"vlan\": 100, \"preserveDefaultVlan\": false' | 100 | 100 | 100",
                "'\"vlanTrunk\": [{\"id\": 5}, {\"minID\": 10, \"maxID\": 12}]' | 1 | 1,5,10-12 | 1",
                "'\"vlan\": 7, \"vlanTrunk\": [{\"id\": 5}], \"preserveDefaultVlan\": false' | 7 | 5,7 | 7"
            })
    void ofAGuest(String keys, int pvid, String members, String untagged) {
        String config =
                "{\"cniVersion\": \"0.3.1\", \"name\": \"n\", \"type\": \"cnv-bridge\", \"bridge\": \"br1\""
                        + (keys.isEmpty() ? "" : ", " + keys)
                        + "}";
        String manifest =
                "{apiVersion: k8s.cni.cncf.io/v1, kind: NetworkAttachmentDefinition, metadata: {name: net}, spec: {config: '"
                        + config
                        + "'}}";
        NetworkDefinition network =
                (NetworkDefinition) Manifests.parse(manifest).getFirst().manifest();
        assertVlans(PortVlanRules.guest(network.bridge()), pvid, members, untagged);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{name: eth1} | 1 | 1-4094 | 1",
                "{name: eth1, vlan: {mode: access, tag: 9}} | 9 | 9 | 9",
                "{name: eth1, vlan: {mode: trunk, trunk-tags: [{id: 3}]}} | 1 | 1,3 | 1",
                "{name: eth1, vlan: {mode: trunk, tag: 4, enable-native: true, trunk-tags: [{id-range: {min: 10, max: 20}}]}} | 4 | 4,10-20 | 4"
            })
    void ofAnUplink(String port, int pvid, String members, String untagged) {
        String manifest =
                "{apiVersion: nmstate.io/v1, kind: NodeNetworkConfigurationPolicy, metadata: {name: net}, spec: {desiredState: {interfaces: [{name: br1, type: linux-bridge, state: up, bridge: {port: ["
                        + port
                        + "]}}]}}}";
        NodeNetworkPolicy policy =
                (NodeNetworkPolicy) Manifests.parse(manifest).getFirst().manifest();
        BridgeSettings settings =
                BridgeSettings.none("br1").with(policy.bridges().getFirst(), false, false);
        assertThat(settings.policy().vlanFiltering()).isTrue();
        assertVlans(settings.uplinks().getFirst().vlans(), pvid, members, untagged);
    }

    private static void assertVlans(PortVlans vlans, int pvid, String members, String untagged) {
        assertThat(vlans.pvid()).isEqualTo(pvid);
        assertThat(vlans.members().describe()).isEqualTo(members);
        assertThat(vlans.untagged().describe()).isEqualTo(untagged);
    }
}
