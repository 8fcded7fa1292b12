package io.virtdataplane.cloudinit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.manifest.MachineNics;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkDataWriterTest {
    private static final String MANIFEST =
            """
            kind: VirtualMachine
            metadata: {name: vm}
            spec:
              domain:
                devices:
                  interfaces:
                    - {name: default, masquerade: {}}
                    - {name: blue, bridge: {}, macAddress: "52:54:00:12:34:56"}
              networks:
                - {name: default, pod: {vmIPv6NetworkCIDR: "fd20::/64"}}
                - {name: blue, multus: {networkName: br1}}
            """;
    private static final MachineNics MACHINE = MachineNics.parse(MANIFEST);

    private static Map<?, ?> ethernet(String name, StaticSettings settings) {
        Map<String, Object> data = NetworkDataWriter.write(MACHINE, settings);
        assertThat(data).containsEntry("version", 2);
        return (Map<?, ?>) ((Map<?, ?>) data.get("ethernets")).get(name);
    }

    private static StaticSettings addresses(List<String> addresses, String... gateways) {
        return new StaticSettings(addresses, List.of(gateways), List.of(), false);
    }

    @Test
    void podNicAsksByDhcpAndListensToTheRouter() {
        assertThat(ethernet("eth0", StaticSettings.NONE))
                .isEqualTo(Map.of("dhcp4", true, "dhcp6", true, "accept-ra", true));
    }

    @Test
    void staticIpv6IsTheManifestsNetwork() {
        StaticSettings settings = new StaticSettings(List.of(), List.of(), List.of(), true);
        assertThat(ethernet("eth0", settings))
                .isEqualTo(
                        Map.of(
                                "dhcp4",
                                true,
                                "addresses",
                                List.of("fd20::2/64"),
                                "gateway6",
                                "fd20::1"));
    }

    @Test
    void secondaryNicAsksByDhcpAndIsKnownByItsMac() {
        assertThat(ethernet("eth1", StaticSettings.NONE))
                .isEqualTo(
                        Map.of(
                                "match",
                                Map.of("macaddress", "52:54:00:12:34:56"),
                                "set-name",
                                "eth1",
                                "dhcp4",
                                true));
    }

    @Test
    void staticAddressTakesThePlaceOfDhcp() {
        StaticSettings settings =
                new StaticSettings(
                        List.of("blue=10.10.10.14/24", "eth1=fd00::e/64"),
                        List.of("10.10.10.1", "fd00::1"),
                        List.of("10.10.10.2"),
                        false);
        assertThat(ethernet("eth1", settings))
                .isEqualTo(
                        Map.of(
                                "match",
                                Map.of("macaddress", "52:54:00:12:34:56"),
                                "set-name",
                                "eth1",
                                "addresses",
                                List.of("10.10.10.14/24", "fd00::e/64"),
                                "gateway4",
                                "10.10.10.1",
                                "gateway6",
                                "fd00::1",
                                "nameservers",
                                Map.of("addresses", List.of("10.10.10.2"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "red=10.0.0.1/24 | 10.0.0.2 | address must be for an interface of the machine: interface=red",
                "blue=10.0.0.1 | 10.0.0.2 | address must be INTERFACE=CIDR",
                "10.0.0.1/24 | 10.0.0.2 | address must be INTERFACE=CIDR",
                "blue=10.0.0.1/24 | 10.0.1.2 | gateway must be in the network of a given address: gateway=10.0.1.2",
                "blue=10.0.0.1/24 | router | gateway must be an IPv4 or IPv6 address: gateway=router"
            })
    void wrongSettingsAreNamed(String address, String gateway, String message) {
        assertThatThrownBy(
                        () ->
                                NetworkDataWriter.write(
                                        MACHINE, addresses(List.of(address), gateway)))
                .hasMessageStartingWith(message);
    }

    @Test
    void settingsThatNothingTakesAreRefused() {
        assertThatThrownBy(
                        () ->
                                NetworkDataWriter.write(
                                        MACHINE,
                                        new StaticSettings(
                                                List.of(), List.of(), List.of("10.0.0.1"), false)))
                .hasMessageStartingWith("nameserver must be given together with an address");
        MachineNics bridged = MachineNics.parse(MANIFEST.replace("masquerade: {}", "bridge: {}"));
        assertThatThrownBy(
                        () ->
                                NetworkDataWriter.write(
                                        bridged,
                                        new StaticSettings(List.of(), List.of(), List.of(), true)))
                .hasMessageStartingWith("static-ipv6 must have a NIC with the masquerade binding");
        MachineNics none =
                MachineNics.parse(
                        "kind: VirtualMachine\nspec: {domain: {devices: {autoattachPodInterface: false}}}");
        assertThatThrownBy(() -> NetworkDataWriter.write(none, StaticSettings.NONE))
                .hasMessageContaining("must have an interface: count=0");
    }

    @Test
    void machineThatListsNoNicHasTheOneOnThePodNetwork() {
        MachineNics unlisted =
                MachineNics.parse("kind: VirtualMachine\nspec: {domain: {devices: {}}}");
        assertThat(NetworkDataWriter.write(unlisted, StaticSettings.NONE).toString())
                .contains("eth0={dhcp4=true");
    }
}
