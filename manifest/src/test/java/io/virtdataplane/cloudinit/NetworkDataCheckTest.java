package io.virtdataplane.cloudinit;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.manifest.MachineNics;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkDataCheckTest {
    /** A NIC on the pod network, one on a bridge and one by SR-IOV; two have their MAC given. */
    static final MachineNics MACHINE =
            MachineNics.parse(
                    """
                    kind: VirtualMachine
                    metadata: {name: vm}
                    spec:
                      domain:
                        devices:
                          interfaces:
                            - {name: default, masquerade: {}, macAddress: "02:00:00:00:00:0a"}
                            - {name: blue, bridge: {}, macAddress: "02:00:00:00:00:0b"}
                            - {name: fast, sriov: {}, macAddress: "02:00:00:00:00:0c"}
                      networks:
                        - {name: default, pod: {}}
                        - {name: blue, multus: {networkName: br1}}
                        - {name: fast, multus: {networkName: net1}}
                    """);

    /** The documentation's, with what it leaves out filled in. */
    private static final String DUAL_STACK =
            """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata:
              name: example-vm-ipv6
            spec:
              template:
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
                  volumes:
                  - cloudInitNoCloud:
                      networkData: |
                        version: 2
                        ethernets:
                          eth0:
                            dhcp4: true
                            addresses: [ fd10:0:2::2/120 ]
                            gateway6: fd10:0:2::1
            """;

    private static final String DYNAMIC =
            """
            kind: VirtualMachine
            spec:
            # ...
              template:
              # ...
                spec:
                  volumes:
                  - cloudInitNoCloud:
                      networkData: |
                        version: 2
                        ethernets:
                          eth1:
                            dhcp4: true
            """;

    private static final String STATIC =
            DYNAMIC.replace(
                    "                dhcp4: true",
                    "                addresses:\n                - 10.10.10.14/24");

    static List<String> problems(String networkData) {
        return NetworkDataCheck.file(networkData, MACHINE).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static List<String> embedded(String manifest) {
        return NetworkDataCheck.embedded(manifest).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    @Test
    void machineIsFoundAmongOtherObjectsWithTheLinesOfTheFile() {
        String wrong = DUAL_STACK.replace("version: 2", "version: 3");
        long line = wrong.lines().takeWhile(text -> !text.contains("version: 3")).count() + 1;
        String secret = "kind: Secret\nmetadata: {name: s}\n---\n";
        assertThat(embedded(secret + DUAL_STACK)).isEmpty();
        assertThat(embedded(secret + wrong))
                .containsExactly("line " + (line + 3) + ": version must be 1 or 2: version=3");
        String list = "kind: List\nitems:\n- kind: Secret\n-" + wrong.indent(2).substring(1);
        assertThat(embedded(list))
                .containsExactly("line " + (line + 3) + ": version must be 1 or 2: version=3");
    }

    @Test
    void documentationsThreeExamplesAreValid() {
        for (String manifest : List.of(DUAL_STACK, DYNAMIC, STATIC)) {
            NetworkDataCheck.Result result = NetworkDataCheck.embedded(manifest);
            assertThat(result.problems()).isEmpty();
            assertThat(result.summary()).isEqualTo("network data is valid: 1 interface");
        }
    }

    @Test
    void volumesStandInTheMachinesSpecToo() {
        String manifest =
                DUAL_STACK
                        .replace("  template:\n    spec:\n", "")
                        .replaceAll("(?m)^ {4}(?! )", "")
                        .replaceAll("(?m)^ {4}(.*)$", "$1");
        assertThat(embedded(manifest)).isEmpty();
        assertThat(embedded(manifest.replace("fd10:0:2::1", "fd10:0:2::3"))).hasSize(1);
        assertThat(embedded(manifest.replace("cloudInitNoCloud", "cloudInitConfigDrive")))
                .isEmpty();
    }

    @Test
    void linesOfEmbeddedNetworkDataAreTheManifests() {
        assertThat(embedded(DUAL_STACK.replace("gateway6: fd10:0:2::1", "gateway6: fd10:0:2::9")))
                .containsExactly(
                        "line 26: ethernets.eth0.gateway6 must be fd10:0:2::1, the gateway of vmIPv6NetworkCIDR: gateway6=fd10:0:2::9");
    }

    @Test
    void base64IsCheckedAndItsLineIsTheFields() {
        String data =
                Base64.getEncoder()
                        .encodeToString(
                                "version: 2\nethernets: {eth0: {dhcp4: 1}}"
                                        .getBytes(StandardCharsets.UTF_8));
        String manifest =
                DYNAMIC.substring(0, DYNAMIC.indexOf("networkData"))
                        + "networkDataBase64: "
                        + data
                        + "\n";
        assertThat(embedded(manifest))
                .containsExactly("line 9: ethernets.eth0.dhcp4 must be true or false: dhcp4=1");
        assertThat(embedded(manifest.replace(data, "'%'")))
                .singleElement()
                .asString()
                .startsWith(
                        "line 9: spec.template.spec.volumes[0].cloudInitNoCloud.networkDataBase64");
    }

    @Test
    void manifestWithoutNetworkDataIsNotValid() {
        assertThat(embedded("kind: VirtualMachine\nspec: {volumes: [{cloudInitNoCloud: {}}]}"))
                .containsExactly(
                        "line 1: spec.volumes must have a cloudInitNoCloud or cloudInitConfigDrive volume with networkData: spec.volumes=");
        assertThat(
                        embedded(
                                "kind: VirtualMachine\nspec:\n  volumes:\n  - cloudInitNoCloud: {networkDataSecretRef: {name: x}}"))
                .singleElement()
                .asString()
                .startsWith("line 4:")
                .endsWith(
                        "networkDataSecretRef must be checked with --network-data FILE: the secret is in the cluster");
        assertThat(embedded(DYNAMIC + "      - cloudInitConfigDrive: {networkData: ''}"))
                .contains(
                        "line 14: spec.template.spec.volumes[1].cloudInitConfigDrive.networkData must be the only one: first=line 9");
        assertThat(
                        embedded(
                                "kind: VirtualMachine\nspec:\n  volumes:\n  - cloudInitNoCloud: {networkData: {version: 2}}"))
                .containsExactly(
                        "line 4: spec.volumes[0].cloudInitNoCloud.networkData must be a string: networkData={...}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "dhcp4: maybe | eth1.dhcp4 must be true or false: dhcp4=maybe",
                "dhcp6: 'true' | eth1.dhcp6 must be true or false: dhcp6=true",
                "dhcp5: true | eth1.dhcp5 is not a known field: known=accept-ra,activation-mode,",
                "dhcp4: true, dhcp4-overrides: {use-dns: no, colour: red} | eth1.dhcp4-overrides.colour is not a known field",
                "addresses: 10.10.10.14/24 | eth1.addresses must be a list: addresses=10.10.10.14/24",
                "addresses: [10.10.10.14] | eth1.addresses[0] must be an address with its prefix length, such as 10.10.10.14/24: addresses=10.10.10.14",
                "addresses: [10.10.10.14/33] | eth1.addresses[0] must be an address with",
                "addresses: [10.10.10.014/24] | eth1.addresses[0] must be an address with",
                "addresses: [10.10.10.1/24, 'fd00::1/129'] | eth1.addresses[1] must be an address with",
                "addresses: [10.10.10.1/24, 10.10.10.1/16] | eth1.addresses[1] must be unique, ethernets.eth1.addresses[0] has the same address: addresses=10.10.10.1/16",
                "addresses: [{10.10.10.1/24: {life: 0}}] | eth1.addresses[0].10.10.10.1/24.life is not a known field",
                "gateway4: 10.10.10.1 | eth1.gateway4 must be in a network of the interface's addresses: gateway4=10.10.10.1",
                "addresses: [10.10.10.14/24], gateway4: 10.10.11.1 | eth1.gateway4 must be in a network of the interface's addresses",
                "addresses: ['fd00::5/64'], gateway6: 'fd01::1' | eth1.gateway6 must be in a network",
                "dhcp4: true, gateway4: 'fd00::1' | eth1.gateway4 must be an IPv4 address: gateway4=fd00::1",
                "dhcp4: true, gateway4: router | eth1.gateway4 must be an IPv4 address: gateway4=router",
                "dhcp6: true, gateway6: 10.0.0.1 | eth1.gateway6 must be an IPv6 address",
                "nameservers: {addresses: [dns.example.test]} | eth1.nameservers.addresses[0] must be an IPv4 or IPv6 address",
                "nameservers: {search: example.test} | eth1.nameservers.search must be a list",
                "nameservers: {servers: []} | eth1.nameservers.servers is not a known field",
                "addresses: [10.0.9.1/24], routes: [{to: default}] | eth1.routes[0].via must be the address of the next hop",
                "addresses: [10.0.9.1/24], routes: [{via: 10.0.9.2}] | eth1.routes[0].to must be an address, a network or default",
                "addresses: [10.0.9.1/24], routes: [{to: all, via: 10.0.9.2}] | eth1.routes[0].to must be an address, a network or default: to=all",
                "addresses: [10.0.9.1/24], routes: [{to: 'fd00::/8', via: 10.0.9.2}] | eth1.routes[0].via must be of the family of fd00::/8",
                "addresses: [10.0.9.1/24], routes: [{to: default, via: 10.0.8.2}] | eth1.routes[0].via must be in a network of the interface's addresses",
                "addresses: [10.0.9.1/24], routes: [{to: default, via: 10.0.9.2, metric: -1}] | eth1.routes[0].metric must be 0-4294967295: metric=-1",
                "addresses: [10.0.9.1/24], routes: [{to: default, via: 10.0.9.2, on-link: 5}] | eth1.routes[0].on-link must be true or false",
                "addresses: [10.0.9.1/24], routes: [{to: default, via: 10.0.9.2, cost: 5}] | eth1.routes[0].cost is not a known field",
                "match: {mac: x} | eth1.match.mac is not a known field: known=driver,macaddress,name",
                "match: {macaddress: '02:00'} | eth1.match.macaddress must be a unicast MAC address such as",
                "match: {macaddress: 'ff:ff:ff:ff:ff:ff'} | eth1.match.macaddress must be a unicast MAC address",
                "match: {macaddress: 52:54:00:12:34:56} | eth1.match.macaddress must be a string in quotes",
                "match: {macaddress: '02:00:00:00:00:ff'} | eth1.match.macaddress must be a macAddress of the machine, one of 02:00:00:00:00:0a, 02:00:00:00:00:0b, 02:00:00:00:00:0c: macaddress=02:00:00:00:00:ff",
                "set-name: lan | eth1.set-name must be given together with match",
                "mtu: 67 | eth1.mtu must be 68-65535: mtu=67",
                "mtu: 65536 | eth1.mtu must be 68-65535: mtu=65536",
                "mtu: big | eth1.mtu must be 68-65535: mtu=big",
                "mtu: 1279, dhcp6: true | eth1.mtu must be 1280-65535: mtu=1279",
                "mtu: 1279, addresses: ['fd00::1/64'] | eth1.mtu must be 1280-65535",
                "optional: 2 | eth1.optional must be true or false",
                "wakeonlan: 2 | eth1.wakeonlan must be true or false",
                "macaddress: random | eth1.macaddress must be a unicast MAC address",
                "renderer: ifupdown | eth1.renderer must be networkd or NetworkManager: renderer=ifupdown"
            })
    void eachWrongFieldIsNamedWithItsRule(String fields, String message) {
        assertThat(problems("version: 2\nethernets:\n  eth1: {" + fields + "}\n"))
                .singleElement()
                .asString()
                .startsWith("line 3: ethernets." + message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "dhcp4: yes, dhcp6: on, accept-ra: off, optional: true, wakeonlan: true",
                "dhcp4: true, dhcp4-overrides: {use-dns: false, route-metric: 200}, dhcp6-overrides: {use-hostname: no}",
                "addresses: [10.10.10.14/24, 'fd00::e/64'], gateway4: 10.10.10.1, gateway6: 'fd00::1'",
                "addresses: ['fd00::e/64'], gateway6: 'fe80::1'",
                "addresses: ['10.10.10.14/24': {lifetime: 0, label: 'lan:1'}], nameservers: {search: [example.test], addresses: [10.10.10.2, 'fd00::2']}",
                "addresses: [10.0.9.1/24], routes: [{to: default, via: 10.0.9.2, metric: 5}, {to: 10.0.0.0/8, via: 10.0.8.1, on-link: true}, {to: 10.9.0.0/16, scope: link}]",
                "match: {macaddress: '02-00-00-00-00-0B'}, set-name: lan, mtu: 1400",
                "match: {name: 'en*', driver: virtio_net}, macaddress: '02:00:00:00:00:0d', renderer: networkd",
                "dhcp4: true, mtu: 68"
            })
    void whatNetplanTakesIsTaken(String fields) {
        String body = fields.startsWith("{") ? fields : "{" + fields + "}";
        assertThat(problems("version: 2\nethernets:\n  eth1: " + body + "\n")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "addresses: [10.0.2.3/24] | addresses[0] must be 10.0.2.2, the guest's address in vmNetworkCIDR: addresses=10.0.2.3/24",
                "addresses: [192.168.1.2/24] | addresses[0] must be 10.0.2.2, the guest's address in vmNetworkCIDR: addresses=192.168.1.2/24",
                "addresses: ['fd10:0:2::3/120'] | addresses[0] must be fd10:0:2::2, the guest's address in vmIPv6NetworkCIDR: addresses=fd10:0:2::3/120",
                "addresses: [10.0.2.2/24], gateway4: 10.0.2.3 | gateway4 must be 10.0.2.1, the gateway of vmNetworkCIDR: gateway4=10.0.2.3",
                "addresses: ['fd10:0:2::2/120'], routes: [{to: default, via: 'fd10:0:2::4'}] | routes[0].via must be fd10:0:2::1, the gateway of vmIPv6NetworkCIDR: via=fd10:0:2::4"
            })
    void podNicHasTheAddressesThatMasqueradeTranslates(String fields, String message) {
        assertThat(problems("version: 2\nethernets:\n  eth0: {" + fields + "}\n"))
                .containsExactly("line 3: ethernets.eth0." + message);
        String byMac = "match: {macaddress: '02:00:00:00:00:0a'}, " + fields;
        assertThat(problems("version: 2\nethernets:\n  lan: {" + byMac + "}\n"))
                .containsExactly("line 3: ethernets.lan." + message);
    }

    @Test
    void allProblemsAreListedInTheOrderOfTheFile() {
        assertThat(
                        problems(
                                """
                                version: 2
                                rendrer: x
                                ethernets:
                                  eth0:
                                    dhcp4: 1
                                  eth1:
                                    addresses:
                                    - 10.10.10.14/24
                                    - rubbish
                                  eth2:
                                    addresses: [10.10.10.14/24]
                                """))
                .containsExactly(
                        "line 2: rendrer is not a known field: known=bonds,bridges,ethernets,renderer,version,vlans",
                        "line 5: ethernets.eth0.dhcp4 must be true or false: dhcp4=1",
                        "line 9: ethernets.eth1.addresses[1] must be an address with its prefix length, such as 10.10.10.14/24: addresses=rubbish",
                        "line 11: ethernets.eth2.addresses[0] must be unique, ethernets.eth1.addresses[0] has the same address: addresses=10.10.10.14/24");
    }

    @Test
    void keysNamesAndMacsAreUnique() {
        assertThat(problems("version: 2\nethernets:\n  eth0: {}\n  eth0: {}\n"))
                .containsExactly("line 4: ethernets.eth0 must be given once: first=line 3");
        assertThat(
                        problems(
                                """
                                version: 2
                                ethernets:
                                  a: {match: {macaddress: "02:00:00:00:00:0a"}, set-name: lan}
                                  b: {match: {macaddress: "02:00:00:00:00:0A"}, set-name: lan}
                                """))
                .containsExactly(
                        "line 4: ethernets.b.set-name must be unique among devices: other=ethernets.a",
                        "line 4: ethernets.b.match.macaddress must match one device only, ethernets.a matches it: macaddress=02:00:00:00:00:0A");
        assertThat(
                        problems(
                                """
                                version: 2
                                ethernets:
                                  a: {match: {macaddress: "02:00:00:00:00:0a"}, set-name: eth1}
                                  eth1: {}
                                """))
                .containsExactly(
                        "line 3: ethernets.a.set-name must be unique among devices: other=ethernets.a");
    }

    @Test
    void thereAreNoMoreEthernetsThanInterfaces() {
        assertThat(problems("version: 2\nethernets:\n  a: {}\n  b: {}\n  c: {}\n  d: {}\n"))
                .containsExactly(
                        "line 2: ethernets must not have more entries than the machine has interfaces: count=4 interfaces=3");
        assertThat(problems("version: 2\nethernets:\n  eth3: {}\n"))
                .containsExactly(
                        "line 3: ethernets.eth3 must be one of the machine's interfaces, eth0 to eth2: interfaces=3");
    }

    @Test
    void anOpenMacMayBeAny() {
        MachineNics open = MachineNics.parse(DUAL_STACK);
        String data =
                "version: 2\nethernets: {lan: {match: {macaddress: '02:00:00:00:00:77'}, addresses: [10.0.2.9/24]}}";
        assertThat(NetworkDataCheck.file(data, open).problems())
                .extracting(Problem::message)
                .containsExactly(
                        "ethernets.lan.addresses[0] must be 10.0.2.2, the guest's address in vmNetworkCIDR: addresses=10.0.2.9/24");
    }

    @Test
    void otherSectionsAreCheckedForTheirStructureOnly() {
        String data =
                "network:\n  version: 2\n  renderer: networkd\n  bonds: {b0: {interfaces: [eth1]}}\n  bridges: {}\n  vlans: {v5: 5}\n";
        assertThat(problems(data))
                .containsExactly("line 6: network.vlans.v5 must be a mapping: v5=5");
        assertThat(problems(data.replace("v5: 5", "v5: {id: 5, link: eth1}"))).isEmpty();
    }
}
