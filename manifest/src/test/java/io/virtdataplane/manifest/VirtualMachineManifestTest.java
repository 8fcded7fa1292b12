package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.dhcp.CustomOptions;
import io.virtdataplane.dhcp.Route;
import io.virtdataplane.wire.AddressText;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VirtualMachineManifestTest {
    /** As the documentation prints it. */
    private static final String CHAPTER =
            """
            kind: VirtualMachine
            spec:
              domain:
                devices:
                  interfaces:
                    - name: default
                      masquerade: {}
                      ports:
                        - port: 80
              networks:
              - name: default
                pod: {}
            """;

    @Test
    void chaptersManifestIsReadAsItStands() {
        MasqueradeInterface nic = VirtualMachineManifest.parse(CHAPTER);
        assertThat(nic.ports()).containsExactly(new ListedPort("", 6, 80));
        assertThat(AddressText.ipv4(nic.cidr().guest())).isEqualTo("10.0.2.2");
        assertThat(AddressText.ipv4(nic.cidr().gateway())).isEqualTo("10.0.2.1");
        assertThat(nic.interfaceName()).isEqualTo("default");
        assertThat(nic.machine()).isEmpty();
    }

    @Test
    void fullVirtualMachineIsReadWhateverElseItHolds() {
        MasqueradeInterface nic =
                VirtualMachineManifest.parse(
                        """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachine
                metadata: {name: example-vm, namespace: default, labels: {app: x}}
                spec:
                  running: true
                  template:
                    metadata: {labels: {kubevirt.io/vm: example-vm}}
                    spec:
                      hostname: web
                      domain:
                        cpu: {cores: 2}
                        devices:
                          disks: [{name: root, disk: {bus: virtio}}]
                          interfaces:
                            - {name: default, model: virtio, macAddress: "02:00:00:00:00:0a", masquerade: {}, ports: [{name: dns, protocol: UDP, port: 53}]}
                            - {name: second, bridge: {}}
                      networks:
                        - {name: default, pod: {vmNetworkCIDR: 10.10.010.7/24, vmIPv6NetworkCIDR: "fd10:0:2::2/120"}}
                        - {name: second, multus: {networkName: br1}}
                """);
        assertThat(nic.machine()).isEqualTo("example-vm");
        assertThat(nic.hostname()).isEqualTo("web");
        assertThat(nic.mac()).isEqualTo(0x0200_0000_000aL);
        assertThat(nic.ports()).containsExactly(new ListedPort("dns", 17, 53));
        assertThat(AddressText.ipv4(nic.cidr().guest())).isEqualTo("10.10.10.2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "kind: VirtualMachine | kind: Pod | kind must be VirtualMachine or VirtualMachineInstance: kind=Pod",
                "kind: VirtualMachine | {apiVersion: v1, kind: VirtualMachine} | manifest must be valid YAML",
                "masquerade: {} | bridge: {} | interfaces[0] must have the masquerade binding",
                "masquerade: {} | mascarade: {} | interfaces[0].mascarade is not a known field",
                "masquerade: {} | model: virtio | interfaces[0] must have exactly one binding: count=0",
                "masquerade: {} | masquerade: {foo: 1} | masquerade.foo is not a known field",
                "masquerade: {} | masquerade: 5 | masquerade must be a mapping",
                "- port: 80 | - port: 0 | ports[0].port must be 1-65535: port=0",
                "- port: 80 | - port: 65536 | ports[0].port must be 1-65535: port=65536",
                "- port: 80 | - port: -1 | ports[0].port must be 1-65535: port=-1",
                "- port: 80 | - port: 8.5 | ports[0].port must be a whole number: port=8.5",
                "- port: 80 | - port: http | ports[0].port must be a whole number",
                "- port: 80 | - {port: 80, protocol: SCTP} | ports[0].protocol must be TCP or UDP: protocol=SCTP",
                "- port: 80 | - {port: 80, protocol: tcp} | ports[0].protocol must be TCP or UDP: protocol=tcp",
                "- port: 80 | - {port: 80, targetPort: 8} | ports[0].targetPort is not a known field",
                "- port: 80 | - 80 | ports[0] must be a mapping: value=80",
                "pod: {} | multus: {networkName: a} | networks must have a pod network",
                "pod: {} | name2: x | networks[0].name2 is not a known field",
                "pod: {} | pod: {vmNetworkCIDR: 10.0.2.0} | vmNetworkCIDR must be an IPv4 network",
                "pod: {} | pod: {vmNetworkCIDR: 10.0.2.0/31} | with at least 4 addresses",
                "pod: {} | pod: {vmNetworkCIDR: 10.0.300.0/24} | vmNetworkCIDR=10.0.300.0/24",
                "pod: {} | pod: {vmIPv6NetworkCIDR: 'fd10:0:2::'} | vmIPv6NetworkCIDR must be an IPv6 unicast network",
                "pod: {} | pod: {vmIPv6NetworkCIDR: 'fd10:0:2::/127'} | with at least 4 addresses",
                "pod: {} | pod: {vmIPv6NetworkCIDR: 'fd10::2::/64'} | vmIPv6NetworkCIDR=fd10::2::/64",
                "pod: {} | pod: {vmIPv6NetworkCIDR: 10.0.2.0/24} | vmIPv6NetworkCIDR=10.0.2.0/24",
                "pod: {} | pod: {vmIPv6NetworkCIDR: 'fe80::/64'} | vmIPv6NetworkCIDR must be an IPv6 unicast",
                "pod: {} | pod: {vmIPv6NetworkCIDR: 'ff02::/64'} | vmIPv6NetworkCIDR must be an IPv6 unicast",
                "pod: {} | pod: {vmIPv6NetworkCIDR: '::/64'} | vmIPv6NetworkCIDR must be an IPv6 unicast",
                "pod: {} | pod: {cidr: 1} | pod.cidr is not a known field",
                "- name: default | - name: 'a b' | name must be letters, digits, hyphens and underscores: name=a b",
                "- name: default | - {name: default, macAddress: '02:00:00:00:00:00'} | manifest must be valid YAML",
            })
    void eachWrongFieldIsNamedWithItsRule(String correct, String wrong, String message) {
        String manifest =
                CHAPTER.replaceFirst(
                        java.util.regex.Pattern.quote(correct),
                        java.util.regex.Matcher.quoteReplacement(wrong));
        assertThatThrownBy(() -> VirtualMachineManifest.parse(manifest))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "web,              '',          web",
        "web.prod.example, '',          web",
        "web,              mail,        mail",
        "'', '', ''",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bc, '', aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    })
    void hostnameIsTheManifestsOrALabelOfTheMachinesName(
            String machine, String hostname, String expected) {
        assertThat(named(machine, hostname, "").hostname()).isEqualTo(expected);
        assertThat(named("", hostname, "").ofMachine(machine).hostname()).isEqualTo(expected);
    }

    @Test
    void hostnameAndSubdomainAreDnsNames() {
        assertThat(named("vm", "a", "sub.domain").subdomain()).isEqualTo("sub.domain");
        assertThatThrownBy(() -> named("vm", "a.b", ""))
                .hasMessageEndingWith(
                        ": spec.hostname must be a DNS label in lower case: hostname=a.b");
        assertThatThrownBy(() -> named("vm", "x".repeat(64), "")).hasMessageContaining("hostname");
        assertThatThrownBy(() -> named("vm", "", "-a"))
                .hasMessageEndingWith(
                        ": spec.subdomain must be a DNS name in lower case: subdomain=-a");
    }

    private static MasqueradeInterface named(String machine, String hostname, String subdomain) {
        return VirtualMachineManifest.parse(
                "kind: VirtualMachine\nmetadata: {name: '%s'}\nspec: {hostname: '%s', subdomain: '%s'}\n"
                        .formatted(machine, hostname, subdomain));
    }

    @ParameterizedTest
    @CsvSource({
        "'', fd10:0:2::1, fd10:0:2::2, 120",
        "fd10:0:2::2/120, fd10:0:2::1, fd10:0:2::2, 120",
        "fd10:10:10::ffff/64, fd10:10:10::1, fd10:10:10::2, 64",
        "2001:db8:0:f00d::/126, 2001:db8:0:f00d::1, 2001:db8:0:f00d::2, 126",
        "fd00::/8, fd00::1, fd00::2, 8"
    })
    void ipv6NetworkIsMaskedAndGivesGatewayAndGuest(
            String cidr, String gateway, String guest, int prefix) {
        String manifest =
                cidr.isEmpty()
                        ? CHAPTER
                        : CHAPTER.replace("pod: {}", "pod: {vmIPv6NetworkCIDR: '" + cidr + "'}");
        Ipv6Cidr network = VirtualMachineManifest.parse(manifest).ipv6Cidr();
        assertThat(AddressText.ip(network.gateway()[0], network.gateway()[1])).isEqualTo(gateway);
        assertThat(AddressText.ip(network.guest()[0], network.guest()[1])).isEqualTo(guest);
        assertThat(network.prefixLength()).isEqualTo(prefix);
    }

    @ParameterizedTest
    @CsvSource({
        "02:00:00:00:00:00, must be a unicast MAC address",
        "ff:ff:ff:ff:ff:ff, must be a unicast MAC address",
        "01:00:5e:00:00:01, must be a unicast MAC address",
        "02:00:00:00:00, must be six bytes",
        "rubbish, must be six bytes"
    })
    void macAddressIsAStations(String mac, String message) {
        String manifest =
                CHAPTER.replace(
                        "masquerade: {}", "masquerade: {}\n          macAddress: \"" + mac + "\"");
        assertThatThrownBy(() -> VirtualMachineManifest.parse(manifest))
                .hasMessageContaining("interfaces[0].macAddress " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{ntpServers: [ntp.example.test]} | .ntpServers must be IPv4 addresses: ntpServers=ntp.example.test",
                "{ntpServers: 10.0.0.1} | .ntpServers must be a list",
                "{ntpServers: [1]} | .ntpServers must be a list of strings",
                "{privateOptions: [{option: 223, value: x}]} | .privateOptions[0].option must be 121 or 224-254: option=223",
                "{privateOptions: [{option: 121, value: 10.0.0.0/33}]} | .privateOptions[0].value must be routes such as",
                "{privateOptions: [{option: 224, value: x}, {option: 224, value: z}]} | .privateOptions[1].option must be unique",
                "{bootFile: x} | .bootFile is not a known field"
            })
    void wrongDhcpOptionsAreNamed(String options, String message) {
        String manifest =
                CHAPTER.replace(
                        "masquerade: {}", "masquerade: {}\n          dhcpOptions: " + options);
        assertThatThrownBy(() -> VirtualMachineManifest.parse(manifest))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining("interfaces[0].dhcpOptions" + message);
    }

    @Test
    void dhcpOptionsAreRead() {
        String manifest =
                CHAPTER.replace(
                        "masquerade: {}",
                        "masquerade: {}\n          dhcpOptions: {bootFileName: pxelinux.0, tftpServerName: tftp, ntpServers: [0127.0.0.3], privateOptions: [{option: 240, value: x=y}, {option: 121, value: 192.168.1.0/24 via 10.0.2.1}]}");
        CustomOptions options = VirtualMachineManifest.parse(manifest).dhcpOptions();
        assertThat(options.bootFileName()).isEqualTo("pxelinux.0");
        assertThat(options.tftpServerName()).isEqualTo("tftp");
        assertThat(options.ntpServers()).containsExactly(AddressText.ipv4("127.0.0.3"));
        assertThat(options.privateOptions()).containsExactly(Map.entry(240, "x=y"));
        assertThat(options.routes())
                .containsExactly(
                        new Route(
                                AddressText.ipv4("192.168.1.0"), 24, AddressText.ipv4("10.0.2.1")));
    }

    @Test
    void whatIsNoManifestIsRefused() {
        for (String rubbish :
                new String[] {
                    "",
                    "[]",
                    "\0",
                    "a: [",
                    "kind: VirtualMachine\nkind: VirtualMachine",
                    "x".repeat(2 << 20),
                    "&a [*a]"
                }) {
            assertThatThrownBy(() -> VirtualMachineManifest.parse(rubbish))
                    .isInstanceOf(InvalidManifestException.class)
                    .hasMessageStartingWith("manifest must be");
        }
    }
}
