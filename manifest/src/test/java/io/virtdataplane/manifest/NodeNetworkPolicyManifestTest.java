package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeNetworkPolicyManifestTest {
    /** As the documentation prints it. */
    static final String CHAPTER =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata:
              name: br1-eth1-policy
            spec:
              desiredState:
                interfaces:
                  - name: br1
                    description: Linux bridge with eth1 as a port
                    type: linux-bridge
                    state: up
                    ipv4:
                      enabled: false
                    bridge:
                      options:
                        stp:
                          enabled: false
                      port:
                        - name: eth1
            """;

    private static BridgeSpec bridge(String manifest) {
        return NodeNetworkPolicyManifest.parse(manifest).bridges().getFirst();
    }

    private static String withVlan(String vlan) {
        return CHAPTER.replace("- name: eth1", "- {name: eth1, vlan: " + vlan + "}");
    }

    @Test
    void chaptersPolicyIsReadAsItStands() {
        NodeNetworkPolicy policy = NodeNetworkPolicyManifest.parse(CHAPTER);
        assertThat(policy.name()).isEqualTo("br1-eth1-policy");
        assertThat(policy.nodeSelector()).isEmpty();
        assertThat(policy.maxUnavailable()).isEqualTo(new MaxUnavailable(50, true));
        assertThat(policy.bridges())
                .containsExactly(
                        new BridgeSpec(
                                new BridgeSpec.Head("br1", "Linux bridge with eth1 as a port"),
                                BridgeSpec.State.up,
                                OptionalInt.empty(),
                                new BridgeOptions(
                                        OptionalLong.empty(),
                                        OptionalInt.empty(),
                                        OptionalLong.empty(),
                                        Optional.empty(),
                                        OptionalLong.empty()),
                                Optional.of(
                                        List.of(
                                                new BridgePortSpec(
                                                        "eth1",
                                                        false,
                                                        Optional.of(PortVlan.INJECTED))))));
    }

    @Test
    void olderVersionOfTheApiIsRead() {
        assertThat(bridge(CHAPTER.replace("nmstate.io/v1", "nmstate.io/v1beta1")).name())
                .isEqualTo("br1");
    }

    @Test
    void allFieldsAreRead() {
        NodeNetworkPolicy policy =
                NodeNetworkPolicyManifest.parse(
                        """
                        apiVersion: nmstate.io/v1
                        kind: NodeNetworkConfigurationPolicy
                        metadata: {name: p}
                        spec:
                          nodeSelector: {node-role.kubernetes.io/worker: "", zone: a}
                          maxUnavailable: 3
                          capture: {}
                          desiredState:
                            interfaces:
                            - name: br1
                              type: linux-bridge
                              mtu: 9000
                              ipv6: {enabled: false, dhcp: true, autoconf: false, address: []}
                              bridge:
                                options:
                                  stp: {enabled: false, forward-delay: 15, hello-time: 2, max-age: 20, priority: 32768}
                                  mac-ageing-time: 0
                                  group-forward-mask: 65528
                                  group-addr: 01:80:C2:00:00:0E
                                  multicast-snooping: false
                                  hash-max: 4096
                                  vlan-protocol: 802.1q
                                port:
                                - {name: eth1, stp-hairpin-mode: true, stp-path-cost: 100, stp-priority: 32}
                        """);
        assertThat(policy.nodeSelector())
                .isEqualTo(Map.of("node-role.kubernetes.io/worker", "", "zone", "a"));
        assertThat(policy.maxUnavailable()).isEqualTo(new MaxUnavailable(3, false));
        BridgeSpec bridge = policy.bridges().getFirst();
        assertThat(bridge.state()).isEqualTo(BridgeSpec.State.up);
        assertThat(bridge.mtu()).hasValue(9000);
        assertThat(bridge.options())
                .isEqualTo(
                        new BridgeOptions(
                                OptionalLong.of(0),
                                OptionalInt.of(65_528),
                                OptionalLong.of(0x0180_c200_000eL),
                                Optional.of(false),
                                OptionalLong.of(4096)));
        assertThat(bridge.ports().orElseThrow().getFirst().hairpin()).isTrue();
    }

    @Test
    void portListThatIsLeftOutIsNotAnEmptyOne() {
        String none = CHAPTER.replace("          port:\n            - name: eth1\n", "");
        String empty = CHAPTER.replace("port:\n            - name: eth1", "port: []");
        assertThat(none).isNotEqualTo(CHAPTER);
        assertThat(bridge(none).ports()).isEmpty();
        assertThat(bridge(empty).ports()).contains(List.of());
        assertThat(bridge(empty).isVlanAware()).isFalse();
    }

    @Test
    void portThatSaysNothingOfVlansIsATrunkOfAll() {
        BridgeSpec bridge = bridge(CHAPTER);
        PortVlan vlan = bridge.ports().orElseThrow().getFirst().vlan().orElseThrow();
        assertThat(vlan.mode()).isEqualTo(PortVlan.Mode.trunk);
        assertThat(vlan.tag()).isZero();
        assertThat(vlan.trunk()).containsExactly(new VlanRange(2, 4094));
        assertThat(bridge.isVlanAware()).isTrue();
    }

    @Test
    void emptyVlanAsksForNoFiltering() {
        BridgeSpec bridge = bridge(withVlan("{}"));
        assertThat(bridge.ports().orElseThrow().getFirst().vlan()).isEmpty();
        assertThat(bridge.isVlanAware()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{mode: access, tag: 305} | access | 305 | ",
                "{mode: access, tag: 305, enable-native: false, trunk-tags: []} | access | 305 | ",
                "{mode: trunk, trunk-tags: [{id: 101}, {id-range: {min: 500, max: 599}}]} | trunk | 0 | 101,500-599",
                "{mode: trunk, enable-native: true, tag: 305, trunk-tags: [{id: 1}]} | trunk | 305 | 1",
                "{mode: trunk, trunk-tags: [{id-range: {min: 1, max: 4094}}]} | trunk | 0 | 1-4094"
            })
    void vlansOfAPortAreRead(String vlan, PortVlan.Mode mode, int tag, String trunk) {
        PortVlan read =
                bridge(withVlan(vlan)).ports().orElseThrow().getFirst().vlan().orElseThrow();
        assertThat(read.mode()).isEqualTo(mode);
        assertThat(read.tag()).isEqualTo(tag);
        assertThat(String.join(",", read.trunk().stream().map(VlanRange::toString).toList()))
                .isEqualTo(trunk == null ? "" : trunk);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5 | must be a mapping",
                "{mode: hybrid} | .mode must be access or trunk: mode=hybrid",
                "{tag: 5} | .mode must be access or trunk: mode=",
                "{mode: access} | .tag must be given with mode access",
                "{mode: access, tag: 0} | .tag must be 1-4094: tag=0",
                "{mode: access, tag: 4095} | .tag must be 1-4094: tag=4095",
                "{mode: access, tag: 5, trunk-tags: [{id: 6}]} | .trunk-tags must not be given with mode access",
                "{mode: access, tag: 5, enable-native: true} | .enable-native must not be true with mode access",
                "{mode: access, tag: 5, native: true} | .native is not a known field",
                "{mode: trunk} | .trunk-tags must be given with mode trunk",
                "{mode: trunk, trunk-tags: []} | .trunk-tags must be given with mode trunk",
                "{mode: trunk, tag: 5, trunk-tags: [{id: 6}]} | .tag must be given together with enable-native: true in mode trunk: tag=5",
                "{mode: trunk, enable-native: true, trunk-tags: [{id: 6}]} | .tag must be given with enable-native: true",
                "{mode: trunk, trunk-tags: [{id: 6}, {id-range: {min: 2, max: 9}}]} | .trunk-tags must not overlap: trunk-tags=6,2-9",
                "{mode: trunk, trunk-tags: [{id: 6}, {id: 6}]} | .trunk-tags must not overlap: trunk-tags=6,6",
                "{mode: trunk, trunk-tags: [{}]} | .trunk-tags[0] must have either id or id-range: value={}",
                "{mode: trunk, trunk-tags: [{id: 1, id-range: {min: 2, max: 3}}]} | .trunk-tags[0] must have either id or id-range",
                "{mode: trunk, trunk-tags: [{id: 4095}]} | .trunk-tags[0].id must be 1-4094: id=4095",
                "{mode: trunk, trunk-tags: [{id-range: {min: 9, max: 2}}]} | .trunk-tags[0].id-range.min must not be greater than max=2: min=9",
                "{mode: trunk, trunk-tags: [{id-range: {min: 9}}]} | .trunk-tags[0].id-range.max must be 1-4094: max=",
                "{mode: trunk, trunk-tags: [{id-range: {min: 9, max: 10, step: 2}}]} | .id-range.step is not a known field"
            })
    void wrongVlansAreNamed(String vlan, String message) {
        assertThatThrownBy(() -> NodeNetworkPolicyManifest.parse(withVlan(vlan)))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageStartingWith("spec.desiredState.interfaces[0].bridge.port[0].vlan")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "nmstate.io/v1 | nmstate.io/v1alpha1 | apiVersion must be nmstate.io/v1 or nmstate.io/v1beta1: apiVersion=nmstate.io/v1alpha1",
                "NodeNetworkConfigurationPolicy | NodeNetworkState | kind must be NodeNetworkConfigurationPolicy: kind=NodeNetworkState",
                "name: br1-eth1-policy | name: Policy | metadata.name must be a DNS name in lower case: name=Policy",
                "name: br1-eth1-policy | labels: {} | metadata.name must be given: name=",
                "desiredState: | wantedState: | spec.wantedState is not a known field: known=desiredState,maxUnavailable,nodeSelector",
                "spec: | spec:¶  capture: {gw: routes} | spec.capture is not supported: it asks nmstate about the node (write the interfaces",
                "spec: | spec:¶  maxUnavailable: -1 | spec.maxUnavailable must be a count or a percentage, such as 3 or 50%: maxUnavailable=-1",
                "spec: | spec:¶  maxUnavailable: 101% | spec.maxUnavailable must be a count or a percentage",
                "spec: | spec:¶  maxUnavailable: half | spec.maxUnavailable must be a count or a percentage",
                "spec: | spec:¶  nodeSelector: {zone: 1} | spec.nodeSelector.zone must be a string in quotes",
                "interfaces: | interface: | spec.desiredState.interface is not a known field: nearest=interfaces",
                "interfaces: | links: | spec.desiredState.links is not a known field: known=description,interfaces",
                "- name: br1 | - name: br1/5 | spec.desiredState.interfaces[0].name must be a device name of 1-15 characters",
                "- name: br1 | - name: bridge-name-of-16 | interfaces[0].name must be a device name",
                "- name: br1 | - name: '..' | interfaces[0].name must be a device name",
                "- name: br1 | - name: \"br\\e[2J\" | interfaces[0].name must be a device name",
                "type: linux-bridge | type: linux-brige | interfaces[0].type must be linux-bridge, or another type of nmstate that is left to others: type=linux-brige",
                "type: linux-bridge | type: macsec | interfaces[0].type must not be one that encrypts: virt-dataplane encrypts nothing (leave",
                "type: linux-bridge | mtu: 1500 | interfaces[0].type must be linux-bridge, or another type of nmstate that is left to others: type=",
                "state: up | state: present | interfaces[0].state must be up, absent, down or ignore: state=present",
                "state: up | mtu: 67 | interfaces[0].mtu must be 68-65535: mtu=67",
                "state: up | mtu: 65536 | interfaces[0].mtu must be 68-65535: mtu=65536",
                "state: up | link-aggregation: {mode: active-backup, port: [eth1]} | interfaces[0].link-aggregation is not supported: a linux-bridge has no such field; interfaces of other types are configured by the node's own network manager, and the bridge's port may name one: link-aggregation={",
                "state: up | 802.1x: {eap-methods: [tls]} | interfaces[0].802.1x is not supported: the bridge does not authenticate anybody",
                "state: up | dispatch: {post-activation: 'true'} | interfaces[0].dispatch is not supported: scripts are not run",
                "ipv4: | ipv5: | interfaces[0].ipv5 is not a known field",
                "enabled: false | enable: false | interfaces[0].ipv4.enable is not a known field: nearest=enabled",
                "enabled: false | dhcp: maybe | interfaces[0].ipv4.dhcp must be true or false: dhcp=\"maybe\"",
                "bridge: | bridges: | interfaces[0].bridges is not a known field",
                "options: | option: | interfaces[0].bridge.option is not a known field: nearest=options",
                "stp: | spt: | interfaces[0].bridge.options.spt is not a known field",
                "- name: eth1 | - eth1 | interfaces[0].bridge.port[0] must be a mapping",
                "- name: eth1 | - {} | interfaces[0].bridge.port[0].name must be a device name",
                "- name: eth1 | - {name: eth1, cost: 5} | interfaces[0].bridge.port[0].cost is not a known field",
                "- name: eth1 | - {name: eth1, stp-path-cost: 0} | port[0].stp-path-cost must be 1-65535: stp-path-cost=0",
                "- name: eth1 | - {name: eth1, stp-priority: 64} | port[0].stp-priority must be 0-63: stp-priority=64",
                "- name: eth1 | - {name: eth1, stp-hairpin-mode: 2} | port[0].stp-hairpin-mode must be true or false",
                "- name: eth1 | - {name: br1} | interfaces[0].bridge.port must not name the bridge itself or a device that is a port already: name=br1 of=itself"
            })
    void eachWrongFieldIsNamedWithItsRule(String correct, String wrong, String message) {
        String manifest = CHAPTER.replace(correct, wrong.replace("¶", "\n"));
        assertThatThrownBy(() -> NodeNetworkPolicyManifest.parse(manifest))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "stp: {enabled: true} | stp.enabled must be false: STP is not supported (keep the network behind the bridge free of loops): enabled=true",
                "stp: {enabled: 2} | stp.enabled must be true or false: enabled=2",
                "stp: {forward-delay: 31} | stp.forward-delay must be 2-30: forward-delay=31",
                "stp: {hello-time: 0} | stp.hello-time must be 1-10: hello-time=0",
                "stp: {max-age: 5} | stp.max-age must be 6-40: max-age=5",
                "stp: {priority: 65536} | stp.priority must be 0-65535: priority=65536",
                "stp: {cost: 1} | stp.cost is not a known field",
                "mac-ageing-time: -1 | mac-ageing-time must be 0-4294967295: mac-ageing-time=-1",
                "group-forward-mask: 65536 | group-forward-mask must be 0-65535: group-forward-mask=65536",
                "group-forward-mask: 16385 | group-forward-mask must have bits 0 to 2 clear: STP, pause and LACP frames are never forwarded: group-forward-mask=16385",
                "group-addr: '02:00:00:00:00:01' | group-addr must be 01:80:c2:00:00:00 or 01:80:c2:00:00:04 to :0f: group-addr=02:00:00:00:00:01",
                "group-addr: '01:80:c2:00:00:02' | group-addr must be 01:80:c2:00:00:00 or",
                "group-addr: x | group-addr must be six bytes",
                "multicast-snooping: maybe | multicast-snooping must be true or false",
                "multicast-querier: true | multicast-querier is not supported: the bridge sends no queries, and without a querier in the network its groups would end (have one there, or set multicast-snooping to false): multicast-querier=true",
                "vlan-default-pvid: 0 | vlan-default-pvid must be 1: give a port another native VLAN by its tag and enable-native: vlan-default-pvid=0",
                "group-fwd-mask: 65536 | group-fwd-mask must be 0-65535: group-fwd-mask=65536",
                "hash-max: 0 | hash-max must be 1-4294967295: hash-max=0",
                "vlan-protocol: 802.1ad | vlan-protocol must be 802.1q: other tags are not supported: vlan-protocol=802.1ad"
            })
    void wrongOptionsAreNamed(String option, String message) {
        String manifest =
                CHAPTER.replace(
                        "            stp:\n              enabled: false", "            " + option);
        assertThat(manifest).isNotEqualTo(CHAPTER);
        assertThatThrownBy(() -> NodeNetworkPolicyManifest.parse(manifest))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageStartingWith(
                        "spec.desiredState.interfaces[0].bridge.options." + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"absent", "ignore"})
    void bridgeThatIsNotWantedMayBeWhatOursCannot(String state) {
        String manifest =
                CHAPTER.replace("state: up", "state: " + state)
                        .replace("enabled: false", "enabled: true")
                        .replace("        type: linux-bridge\n", "");
        assertThat(bridge(manifest).state()).isEqualTo(BridgeSpec.State.valueOf(state));
    }

    @Test
    void deviceIsAPortOnce() {
        String second = "      - {name: br2, type: linux-bridge, bridge: {port: [{name: eth1}]}}\n";
        assertThatThrownBy(() -> NodeNetworkPolicyManifest.parse(CHAPTER + second))
                .hasMessage(
                        "spec.desiredState.interfaces[1].bridge.port must not name the bridge itself or a device that is a port already: name=eth1 of=br1");
        assertThatThrownBy(
                        () ->
                                NodeNetworkPolicyManifest.parse(
                                        CHAPTER
                                                + second.replace("br2", "br1")
                                                        .replace("eth1", "eth2")))
                .hasMessage(
                        "spec.desiredState.interfaces[1].name must be unique among interfaces: name=br1");
    }

    @ParameterizedTest
    @CsvSource({
        "50%, 5, 3",
        "50%, 4, 2",
        "1%, 5, 1",
        "0%, 5, 1",
        "0, 5, 1",
        "3, 5, 3",
        "100%, 5, 5"
    })
    void shareOfNodesIsRoundedUpAndNeverNone(String text, int nodes, int count) {
        NodeNetworkPolicy policy =
                NodeNetworkPolicyManifest.parse(
                        CHAPTER.replace("spec:", "spec:\n  maxUnavailable: " + text));
        assertThat(policy.maxUnavailable().of(nodes)).isEqualTo(count);
    }
}
