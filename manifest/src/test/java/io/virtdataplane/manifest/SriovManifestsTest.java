package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.sriov.NicSelector;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.SriovNetwork;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SriovManifestsTest {
    /** As the documentation prints it, filled in. */
    private static final String POLICY =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata:
              name: policy-1
              namespace: openshift-sriov-network-operator
            spec:
              resourceName: intelnics
              nodeSelector:
                feature.node.kubernetes.io/network-sriov.capable: "true"
              priority: 10
              mtu: 9000
              numVfs: 8
              nicSelector:
                vendor: "8086"
                deviceID: "158b"
                pfNames: ["ens1f0#0-3"]
                rootDevices: ["0000:02:00.0"]
              deviceType: vfio-pci
              isRdma: false
            """;

    private static final String NETWORK =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetwork
            metadata:
              name: net-1
              namespace: openshift-sriov-network-operator
            spec:
              resourceName: intelnics
              networkNamespace: guests
              vlan: 100
              spoofChk: "on"
              linkState: auto
              maxTxRate: 500
              minTxRate: 0
              vlanQoS: 3
              trust: "off"
              capabilities: '{ "mac": true }'
            """;

    @Test
    void chaptersPolicyIsReadAsItStands() {
        NodePolicy policy = SriovNetworkNodePolicyManifest.parse(POLICY);
        assertThat(policy.name()).isEqualTo("policy-1");
        assertThat(policy.resourceName()).isEqualTo("intelnics");
        assertThat(policy.nodeSelector())
                .isEqualTo(Map.of("feature.node.kubernetes.io/network-sriov.capable", "true"));
        assertThat(policy.priority()).isEqualTo(10);
        assertThat(policy.mtu()).isEqualTo(9000);
        assertThat(policy.numVfs()).isEqualTo(8);
        assertThat(policy.nicSelector())
                .isEqualTo(
                        new NicSelector(
                                "8086", "158b", List.of("0000:02:00.0"), List.of("ens1f0#0-3")));
        assertThat(policy.deviceType()).isEqualTo(NodePolicy.DeviceType.VFIO_PCI);
    }

    @Test
    void fieldsLeftOutHaveTheirDefaults() {
        NodePolicy policy =
                SriovNetworkNodePolicyManifest.parse(
                        """
                        apiVersion: sriovnetwork.openshift.io/v1
                        kind: SriovNetworkNodePolicy
                        metadata: {name: p}
                        spec: {resourceName: r, numVfs: 4, nicSelector: {pfNames: [ens1f0]}}
                        """);
        assertThat(policy.priority()).isEqualTo(99);
        assertThat(policy.mtu()).isZero();
        assertThat(policy.deviceType()).isEqualTo(NodePolicy.DeviceType.NETDEVICE);
        assertThat(policy.isRdma()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "priority: 10 | priority: 100 | spec.priority must be 0-99: priority=100",
                "priority: 10 | priority: -1 | spec.priority must be 0-99: priority=-1",
                "mtu: 9000 | mtu: 0 | spec.mtu must be at least 1: mtu=0",
                "numVfs: 8 | numVfs: -1 | spec.numVfs must be at least 0: numVfs=-1",
                "numVfs: 8 | numVfs: many | spec.numVfs must be a whole number: numVfs=\"many\"",
                "numVfs: 8 | colour: red | spec.colour is not a known field",
                "vendor: \"8086\" | vendor: 8086 | spec.nicSelector.vendor must be a string in quotes (YAML reads this value as another type): vendor=8086",
                "vendor: \"8086\" | vendor: \"0x8086\" | spec.nicSelector.vendor must be four hexadecimal digits",
                "rootDevices: [\"0000:02:00.0\"] | rootDevices: [\"02:00.0\"] | spec.nicSelector.rootDevices must be PCI addresses such as 0000:02:00.1",
                "rootDevices: [\"0000:02:00.0\"] | netFilter: x | spec.nicSelector.netFilter is not supported: it needs the API of a cloud (select the NIC by",
                "deviceType: vfio-pci | deviceType: vfio | spec.deviceType must be one of netdevice, vfio-pci: deviceType=vfio",
                "isRdma: false | isRdma: \"false\" | spec.isRdma must be true or false",
                "name: policy-1 | name: Policy_1 | metadata.name must be a DNS name in lower case",
                "kind: SriovNetworkNodePolicy | kind: SriovNetwork | kind must be SriovNetworkNodePolicy",
                "sriovnetwork.openshift.io/v1 | v1 | apiVersion must be sriovnetwork.openshift.io/v1",
            })
    void wrongPolicyIsNamedByPathAndRule(String from, String to, String message) {
        assertThat(POLICY).contains(from);
        assertThatThrownBy(() -> SriovNetworkNodePolicyManifest.parse(POLICY.replace(from, to)))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void chaptersNetworkIsReadAsItStands() {
        assertThat(SriovNetworkManifest.parse(NETWORK))
                .isEqualTo(
                        new SriovNetwork(
                                new SriovNetwork.Identity(
                                        "net-1",
                                        "openshift-sriov-network-operator",
                                        "guests",
                                        "intelnics"),
                                new SriovNetwork.Vlan(100, 3, ""),
                                new SriovNetwork.Switches("on", "off", "auto"),
                                new SriovNetwork.Rates(0, 500),
                                new SriovNetwork.Cni("{ \"mac\": true }", "", "", "", "")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "spoofChk: \"on\" | spoofChk: on | spec.spoofChk must be \"on\" or \"off\" in quotes: spoofChk=true",
                "spoofChk: \"on\" | spoofChk: Off | spec.spoofChk must be \"on\" or \"off\" in quotes: spoofChk=false",
                "trust: \"off\" | trust: off | spec.trust must be \"on\" or \"off\" in quotes: trust=false",
                "trust: \"off\" | trust: yes | spec.trust must be \"on\" or \"off\" in quotes: trust=true",
                "trust: \"off\" | trust: \"yes\" | spec.trust must be one of on, off: trust=yes",
                "vlan: 100 | vlan: 4095 | spec.vlan must be 0-4094: vlan=4095",
                "vlan: 100 | vlan: -1 | spec.vlan must be 0-4094: vlan=-1",
                "vlan: 100 | vlan: 0 | spec: non-zero vlan id must be configured to set vlan QoS",
                "vlanQoS: 3 | vlanQoS: 8 | spec.vlanQoS must be 0-7: vlanQoS=8",
                "vlanQoS: 3 | vlanProto: 802.1x | spec.vlanProto must be one of 802.1q",
                "linkState: auto | linkState: up | spec.linkState must be one of auto, enable, disable: linkState=up",
                "minTxRate: 0 | minTxRate: 600 | spec: minTxRate must be at most maxTxRate: minTxRate=600 maxTxRate=500",
                "minTxRate: 0 | minTxRate: -1 | spec.minTxRate must be at least 0",
                "capabilities: '{ \"mac\": true }' | capabilities: 'mac' | spec.capabilities must be JSON in a string",
                "capabilities: '{ \"mac\": true }' | ipam: '{} }' | spec.ipam must be JSON in a string",
                "namespace: openshift-sriov-network-operator | namespace: other | spec.networkNamespace must be the object's own namespace",
                "resourceName: intelnics | ipam: '{}' | spec.resourceName must be given",
            })
    void wrongNetworkIsNamedByPathAndRule(String from, String to, String message) {
        assertThat(NETWORK).contains(from);
        assertThatThrownBy(() -> SriovNetworkManifest.parse(NETWORK.replace(from, to)))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"'on'", "\"on\"", "!!str on"})
    void quotedOnIsAString(String on) {
        assertThat(SriovNetworkManifest.parse(NETWORK.replace("\"on\"", on)).switches().spoofChk())
                .isEqualTo("on");
    }

    @Test
    void jsonIsReadAsWell() {
        SriovNetwork network =
                SriovNetworkManifest.parse(
                        """
                        {"apiVersion": "sriovnetwork.openshift.io/v1", "kind": "SriovNetwork",
                         "metadata": {"name": "n"}, "spec": {"resourceName": "r", "trust": "on"}}
                        """);
        assertThat(network.switches().trust()).isEqualTo("on");
        assertThatThrownBy(() -> SriovNetworkManifest.parse("{a: 1}\n---\n{b: 2}"))
                .hasMessageContaining("manifest must be one YAML document");
        assertThatThrownBy(() -> SriovNetworkManifest.parse("{a: 1, a: 2}"))
                .hasMessageContaining("manifest must be valid YAML at line 1");
        assertThatThrownBy(() -> SriovNetworkManifest.parse("[]"))
                .hasMessageContaining("manifest must be one YAML mapping");
        assertThatThrownBy(() -> SriovNetworkManifest.parse(""))
                .hasMessageContaining("manifest must be one YAML mapping");
    }

    private static final String MACHINE =
            """
            kind: VirtualMachine
            metadata: {name: vm1, namespace: guests}
            spec:
              template:
                spec:
                  domain:
                    devices:
                      interfaces:
                      - name: default
                        masquerade: {}
                      - name: nic1
                        sriov: {}
                        macAddress: 02-00-00-00-AA-01
                      - {name: nic2, sriov: {}}
                  networks:
                  - name: default
                    pod: {}
                  - name: nic1
                    multus:
                        networkName: net-1
                  - {name: nic2, multus: {networkName: default/net-2}}
            """;

    @Test
    void sriovInterfacesAreFoundInOrderWithTheirNetworks() {
        assertThat(MachineManifest.parse(MACHINE).sriovNics())
                .containsExactly(
                        new SriovNic("guests", "vm1", "nic1", "guests/net-1", 0x0200_0000_aa01L),
                        new SriovNic("guests", "vm1", "nic2", "default/net-2", 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "02-00-00-00-AA-01 | 01:00:5e:00:00:01 | macAddress must be a unicast MAC address",
                "default/net-2 | other/net-2 | networkName must",
                "02-00-00-00-AA-01 | nonsense | macAddress must be six bytes",
                "networkName: net-1 | {} | networkName",
                "name: nic2, sriov | name: nic1, sriov | name must be unique among interfaces",
                "kind: VirtualMachine | kind: Pod | kind must be VirtualMachine",
            })
    void wrongInterfaceIsNamed(String from, String to, String message) {
        assertThatThrownBy(() -> MachineManifest.parse(MACHINE.replace(from, to)).sriovNics())
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void machineWithoutSriovIsRefused() {
        assertThatThrownBy(
                        () -> MachineManifest.parse(MACHINE.replace("sriov", "bridge")).sriovNics())
                .hasMessageContaining("must have one with the sriov binding: count=0");
    }

    @Test
    void operatorsNamespaceIsASetting() {
        String elsewhere =
                """
                apiVersion: sriovnetwork.openshift.io/v1
                kind: SriovNetwork
                metadata: {name: net1, namespace: net-ops}
                spec: {resourceName: intel, networkNamespace: guests}
                """;
        assertThatThrownBy(() -> Manifests.parse(elsewhere))
                .hasMessage(
                        "SriovNetwork net-ops/net1: spec.networkNamespace must be the object's own namespace net-ops, unless that is the operator's, openshift-sriov-network-operator or sriov-network-operator (setting sriov.operatorNamespace): networkNamespace=guests");
        assertThat(Manifests.parse(elsewhere.replace("net-ops", "sriov-network-operator")))
                .hasSize(1);
        Manifests set = new Manifests(new ManifestDefaults(List.of("net-ops"), true));
        Set<ObjectKind> networks = Set.of(ObjectKind.SRIOV_NETWORK);
        assertThat(set.parse(elsewhere, networks).objects()).hasSize(1);
        assertThat(
                        set.parse(elsewhere.replace(", namespace: net-ops", ""), networks)
                                .objects()
                                .getFirst()
                                .manifest()
                                .identity())
                .isEqualTo("net-ops/net1");
        assertThat(set.fullName(ObjectKind.SRIOV_NETWORK, "net1")).isEqualTo("net-ops/net1");
    }
}
