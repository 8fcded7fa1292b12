package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.wire.AddressText;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineNicsTest {
    /** The documentation's, its placeholders filled. */
    private static final String BRIDGED =
            """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata:
                name: example-vm
            spec:
              template:
                spec:
                  domain:
                    devices:
                      interfaces:
                        - masquerade: {}
                          name: default
                        - bridge: {}
                          name: bridge-net
            # ...
                  networks:
                    - name: default
                      pod: {}
                    - name: bridge-net
                      multus:
                        networkName: network-namespace/a-bridge-network
            """;

    @Test
    void chaptersBridgeNicIsReadAsItStands() {
        MachineNics machine = MachineNics.parse(BRIDGED);
        assertThat(machine.nics())
                .extracting(MachineNic::name)
                .containsExactly("default", "bridge-net");
        MachineNic nic = machine.nics().get(1);
        assertThat(nic.binding()).isEqualTo("bridge");
        assertThat(nic.model()).isEqualTo("virtio");
        assertThat(nic.mac()).isZero();
        assertThat(nic.network())
                .isEqualTo(new NicNetwork.Multus("network-namespace", "a-bridge-network"));
        assertThat(machine.find("eth1")).contains(nic);
        assertThat(machine.find("bridge-net")).contains(nic);
        assertThat(machine.find("eth2")).isEmpty();
    }

    @Test
    void nicOfThatNameIsFoundBeforeTheOneAtThatPlace() {
        MachineNics machine = MachineNics.parse(BRIDGED.replace("name: default", "name: eth1"));
        assertThat(machine.find("eth1")).contains(machine.nics().get(0));
        assertThat(machine.find("eth0")).contains(machine.nics().get(0));
    }

    @Test
    void chaptersSriovNicIsRead() {
        MachineNics machine =
                MachineNics.parse(
                        BRIDGED.replace("bridge: {}", "sriov: {}")
                                .replace("network-namespace/a-bridge-network", "sriov-network"));
        assertThat(machine.nics().get(1).binding()).isEqualTo("sriov");
        assertThat(machine.nics().get(1).network())
                .isEqualTo(new NicNetwork.Multus("", "sriov-network"));
    }

    @Test
    void modelAndMacAreRead() {
        MachineNic nic =
                MachineNics.parse(
                                BRIDGED.replace(
                                        "- bridge: {}",
                                        "- bridge: {}\n              model: e1000e\n              macAddress: 02-00-00-00-00-0B"))
                        .nics()
                        .get(1);
        assertThat(nic.model()).isEqualTo("e1000e");
        assertThat(nic.mac()).isEqualTo(0x0200_0000_000bL);
    }

    @Test
    void modelAndMacAreChecked() {
        String second = "- bridge: {}\n              ";
        assertThatThrownBy(
                        () ->
                                MachineNics.parse(
                                        BRIDGED.replace("- bridge: {}", second + "model: tulip")))
                .hasMessageContaining("interfaces[1].model must be one of e1000, e1000e")
                .hasMessageEndingWith("model=tulip");
        assertThatThrownBy(
                        () ->
                                MachineNics.parse(
                                        BRIDGED.replace(
                                                "- bridge: {}",
                                                second + "macAddress: 01:00:5e:00:00:01")))
                .hasMessageEndingWith(
                        "interfaces[1].macAddress must be a unicast MAC address: macAddress=01:00:5e:00:00:01");
    }

    @Test
    void definitionIsOfTheMachinesNamespaceOrOfDefault() {
        String own = BRIDGED.replace("name: example-vm", "name: example-vm\n    namespace: blue");
        assertThatThrownBy(() -> MachineNics.parse(own))
                .hasMessage(
                        "VirtualMachine blue/example-vm: spec.template.spec.networks[1].multus.networkName must be in the machine's own namespace blue or in default: networkName=network-namespace/a-bridge-network");
        for (String namespace : new String[] {"blue/", "default/", ""}) {
            assertThat(MachineNics.parse(own.replace("network-namespace/", namespace)).namespace())
                    .isEqualTo("blue");
        }
    }

    @Test
    void interfaceThatIsUnpluggedIsNoNic() {
        assertThat(
                        MachineNics.parse(
                                        BRIDGED.replace(
                                                "- bridge: {}",
                                                "- bridge: {}\n              state: absent"))
                                .nics())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "network-namespace/a-bridge-network | '' | multus.networkName must be the name of a NetworkAttachmentDefinition, [NAMESPACE/]NAME: networkName=",
                "network-namespace/a-bridge-network | a/b/c | multus.networkName must be the name of a NetworkAttachmentDefinition",
                "network-namespace/a-bridge-network | A | multus.networkName must be the name of a NetworkAttachmentDefinition",
                "multus: | multi: | networks[1].multi is not a known field",
                "networkName: network-namespace/a-bridge-network | {networkName: a, vlan: 5} | multus.vlan is not a known field",
                "- bridge: {} | - masquerade: {} | interfaces[1] must be on the pod network to have the masquerade binding",
                "- bridge: {} | - bridge: {vlan: 5} | interfaces[1].bridge.vlan is not a known field",
                "- bridge: {} | - bridge: br1 | interfaces[1].bridge must be a mapping",
                "- bridge: {} | - sriov: {vf: 5} | interfaces[1].sriov.vf is not a known field",
                "- name: bridge-net | - name: green-net | interfaces[1].name must be the name of a network: name=bridge-net"
            })
    void eachWrongFieldIsNamedWithItsRule(String correct, String wrong, String message) {
        assertThatThrownBy(() -> MachineNics.parse(BRIDGED.replace(correct, wrong)))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void machineThatListsNoNicIsOnThePodNetwork() {
        String none = "kind: VirtualMachine\nspec: {template: {spec: {domain: {devices: {}}}}}";
        MasqueradeInterface nic = MachineManifest.parse(none).podNic();
        assertThat(nic.interfaceName()).isEqualTo("default");
        assertThat(AddressText.ipv4(nic.cidr().guest())).isEqualTo("10.0.2.2");
        String off = none.replace("{devices: {}", "{devices: {autoattachPodInterface: false}");
        assertThatThrownBy(() -> MachineManifest.parse(off).podNic())
                .hasMessage(
                        "spec.template.spec.domain.devices.autoattachPodInterface must not be false where no interface is listed: the machine has no NIC: autoattachPodInterface=false");
    }

    @Test
    void machineIsFoundBesideItsNetworks() {
        String file = NetworkDefinitionManifestTest.CHAPTER + "---\n" + BRIDGED;
        assertThat(MachineManifest.parse(file).nics()).isEqualTo(MachineNics.parse(BRIDGED));
        assertThatThrownBy(() -> MachineManifest.parse(file + "---\n" + BRIDGED))
                .hasMessage(
                        "manifest must have one VirtualMachine or VirtualMachineInstance (of several, --name chooses): found=2");
        assertThatThrownBy(() -> MachineManifest.parse("kind: Pod"))
                .hasMessage("kind must be VirtualMachine or VirtualMachineInstance: kind=Pod");
    }

    @Test
    void machineOfSeveralIsChosenByItsName() {
        String two = BRIDGED + "---\n" + BRIDGED.replace("name: example-vm", "name: second");
        MachineManifest second = MachineManifest.parse(two, "second", ManifestDefaults.DEFAULT);
        assertThat(second.nics().machine()).isEqualTo("second");
        assertThat(second.left())
                .extracting(LeftObject::toString)
                .containsExactly(
                        "VirtualMachine default/example-vm is left: attach it by its --name");
        assertThatThrownBy(() -> MachineManifest.parse(two, "third", ManifestDefaults.DEFAULT))
                .hasMessageContaining("(of several, --name chooses): found=2");
    }

    @Test
    void machineThatListsNoNicHasNoneWhereTheSettingSaysSo() {
        String none = "kind: VirtualMachine\nmetadata: {name: vm}\nspec: {domain: {devices: {}}}";
        ManifestDefaults without = new ManifestDefaults(List.of("sriov"), false);
        MachineManifest machine = MachineManifest.parse(none, "", without);
        assertThat(machine.nics().nics()).isEmpty();
        assertThatThrownBy(machine::podNic)
                .hasMessage(
                        "VirtualMachine default/vm: spec.domain.devices.interfaces must have an interface: the setting defaultInterface is none: count=0");
        MachineNics unlisted = MachineManifest.parse(none).nics();
        assertThat(unlisted.isDefault()).isTrue();
        assertThat(unlisted.find("eth0").orElseThrow().name()).isEqualTo("default");
    }
}
