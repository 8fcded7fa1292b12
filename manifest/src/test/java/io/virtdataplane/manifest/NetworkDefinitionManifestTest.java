package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.manifest.CniBridge.Flag;
import io.virtdataplane.manifest.CniBridge.Vlans;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkDefinitionManifestTest {
    /** The documentation's, its placeholders filled. */
    static final String CHAPTER =
            """
            apiVersion: "k8s.cni.cncf.io/v1"
            kind: NetworkAttachmentDefinition
            metadata:
              name: bridge-network
              annotations:
                k8s.v1.cni.cncf.io/resourceName: bridge.network.kubevirt.io/br1
            spec:
              config: '{
                "cniVersion": "0.3.1",
                "name": "bridge-network",
                "type": "cnv-bridge",
                "bridge": "br1",
                "macspoofchk": true,
                "vlan": 100,
                "preserveDefaultVlan": false
              }'
            """;

    private static CniBridge with(String keys) {
        return NetworkDefinitionManifest.parse(manifest(keys)).bridge();
    }

    private static String manifest(String keys) {
        return CHAPTER.replace("\"vlan\": 100,", keys.isEmpty() ? "" : keys + ",");
    }

    private static String config(String json) {
        return CHAPTER.substring(0, CHAPTER.indexOf("  config:")) + "  config: '" + json + "'\n";
    }

    @Test
    void chaptersDefinitionIsReadAsItStands() {
        assertThat(NetworkDefinitionManifest.parse(CHAPTER))
                .isEqualTo(
                        new NetworkDefinition(
                                "bridge-network",
                                "",
                                new NetworkDefinition.Config("bridge-network", "0.3.1"),
                                new CniBridge(
                                        "br1",
                                        new Vlans(100, List.of(), false),
                                        Set.of(Flag.MACSPOOFCHK),
                                        0,
                                        0),
                                Optional.empty()));
    }

    @Test
    void defaultsAreThePlugins() {
        String bare = config("{\"cniVersion\": \"1.0.0\", \"type\": \"bridge\"}");
        NetworkDefinition attachment =
                NetworkDefinitionManifest.parse(
                        bare.replace("kubevirt.io/br1", "kubevirt.io/cni0"));
        assertThat(attachment.network()).isEqualTo("bridge-network");
        assertThat(attachment.bridge())
                .isEqualTo(new CniBridge("cni0", new Vlans(0, List.of(), true), Set.of(), 0, 0));
    }

    @Test
    void allKeysAreReadInEitherCaseAndUnknownOnesPassedOver() {
        assertThat(
                        with(
                                """
                                "MTU": 9000, "HairpinMode": true, "promiscmode": false, "VLAN": 5, "vlanTrunk": [{"ID": 7}, {"minid": 20, "maxid": 22}],
                                "enabledad": true, "disableContainerInterface": true, "portIsolation": true, "mac": "02:00:00:00:00:0b",
                                "isGateway": true, "isDefaultGateway": false, "forceAddress": false, "ipMasq": false, "ipMasqBackend": "nftables",
                                "ipam": {}, "capabilities": {"mac": true}, "runtimeConfig": {}, "colour": "red"
                                """))
                .isEqualTo(
                        new CniBridge(
                                "br1",
                                new Vlans(
                                        5,
                                        List.of(new VlanRange(7, 7), new VlanRange(20, 22)),
                                        false),
                                EnumSet.complementOf(EnumSet.of(Flag.PROMISC_MODE)),
                                9000,
                                0x0200_0000_000bL));
    }

    @Test
    void ofTwoKeysTheLastCounts() {
        assertThat(with("\"VLAN\": 5, \"vlan\": 6, \"Vlan\": 7").vlan()).isEqualTo(7);
    }

    @Test
    void trunkIsSortedAndEachOnce() {
        assertThat(
                        with("\"vlanTrunk\": [{\"id\": 9}, {\"minID\": 3, \"maxID\": 5}, {\"id\": 6, \"minID\": 4, \"maxID\": 4}, {}, {\"id\": 4094}]")
                                .vlanTrunk())
                .containsExactly(
                        new VlanRange(3, 6), new VlanRange(9, 9), new VlanRange(4094, 4094));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"vlan\": 4095 | spec.config: invalid VLAN ID 4095 (must be between 0 and 4094)",
                "\"vlan\": -1 | spec.config: invalid VLAN ID -1 (must be between 0 and 4094)",
                "\"vlan\": \"5\" | spec.config.vlan must be a whole number: vlan=\"5\"",
                "\"vlanTrunk\": [{\"minID\": 0, \"maxID\": 5}] | spec.config.vlanTrunk[0]: incorrect trunk minID parameter",
                "\"vlanTrunk\": [{\"minID\": 4095, \"maxID\": 5}] | incorrect trunk minID parameter",
                "\"vlanTrunk\": [{\"minID\": 1, \"maxID\": 4095}] | incorrect trunk maxID parameter",
                "\"vlanTrunk\": [{\"id\": 0}] | incorrect trunk id parameter",
                "\"vlanTrunk\": [{\"id\": 5}, {\"id\": 4095}] | spec.config.vlanTrunk[1]: incorrect trunk id parameter",
                "\"vlanTrunk\": [{\"minID\": 6, \"maxID\": 5}] | minID is greater than maxID in trunk parameter",
                "\"vlanTrunk\": [{\"maxID\": 5}] | minID and maxID should be configured simultaneously, minID is missing",
                "\"vlanTrunk\": [{\"minID\": 5}] | minID and maxID should be configured simultaneously, maxID is missing",
                "\"vlanTrunk\": 5 | spec.config.vlanTrunk must be a list",
                "\"vlanTrunk\": [5] | spec.config.vlanTrunk[0] must be a mapping: value=5",
                "\"hairpinMode\": true, \"promiscMode\": true | spec.config: cannot set hairpin mode and promiscuous mode at the same time",
                "\"hairpinMode\": 1 | spec.config.hairpinMode must be true or false: hairpinMode=1",
                "\"isGateway\": 1 | spec.config.isGateway must be true or false",
                "\"ipam\": {\"type\": \"host-local\"} | spec.config.ipam must be empty: a virtual machine does not get its address by IPAM (give it by cloud-init, or by the annotations dhcp.virtdataplane.io/ of this definition): ipam=host-local",
                "\"ipam\": {\"subnet\": \"10.0.0.0/8\"} | spec.config.ipam must be empty",
                "\"ipam\": {\"type\": \"dhcp\"}, \"disableContainerInterface\": true | spec.config: cannot use IPAM when DisableContainerInterface flag is set",
                "\"mtu\": 67 | spec.config.mtu must be 68-65535, or 0 for the MTU of the bridge: mtu=67",
                "\"mtu\": 65536 | spec.config.mtu must be 68-65535",
                "\"mac\": \"02\" | spec.config.mac must be six bytes",
                "\"mac\": \"01:00:5e:00:00:01\" | spec.config.mac must be a unicast MAC address"
            })
    void refusalsAreInThePluginsWords(String keys, String message) {
        assertThatThrownBy(() -> with(keys))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"ipam\": {}", "\"ipam\": null", "\"ipam\": {\"type\": \"\"}"})
    void ipamThatGivesNothingIsTaken(String ipam) {
        assertThat(with(ipam).bridge()).isEqualTo("br1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "k8s.cni.cncf.io/v1\" | k8s.cni.cncf.io/v2\" | apiVersion must be k8s.cni.cncf.io/v1: apiVersion=k8s.cni.cncf.io/v2",
                "NetworkAttachmentDefinition | NetworkPolicy | kind must be NetworkAttachmentDefinition: kind=NetworkPolicy",
                "  name: bridge-network | # | metadata.name must be given: name=",
                "io/br1 | io/br2 | metadata.annotations.k8s.v1.cni.cncf.io/resourceName must be bridge.network.kubevirt.io/br1: k8s.v1.cni.cncf.io/resourceName=bridge.network.kubevirt.io/br2",
                "\"bridge\": \"br1\" | \"bridge\": \"br/1\" | spec.config.bridge must be a device name of 1-15 characters",
                "\"type\": \"cnv-bridge\" | \"type\": \"brigde\" | spec.config.type must be cnv-bridge or bridge: type=brigde",
                "\"type\": \"cnv-bridge\", |  | spec.config.type must be cnv-bridge or bridge: type=",
                "\"name\": \"bridge-network\" | \"name\": \"-\" | spec.config.name invalid characters found in network name: name=-",
                "0.3.1 | 0.2.0 | spec.config.cniVersion cannot convert: no valid IP addresses: cniVersion=0.2.0",
                "\"cniVersion\": \"0.3.1\", |  | spec.config.cniVersion cannot convert: no valid IP addresses: cniVersion=0.1.0",
                "0.3.1 | 2.0.0 | spec.config.cniVersion must be one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0: cniVersion=2.0.0",
                "\"vlan\": 100, | \"vlan\": 100 | spec.config must be valid JSON, at line 1 of it",
                "spec: | specs: | specs is not a known field",
                "  config: | conf: | conf is not a known field"
            })
    void eachWrongFieldIsNamedWithItsRule(String correct, String wrong, String message) {
        String manifest =
                CHAPTER.replaceFirst(
                        java.util.regex.Pattern.quote(correct),
                        java.util.regex.Matcher.quoteReplacement(wrong == null ? "" : wrong));
        assertThatThrownBy(() -> NetworkDefinitionManifest.parse(manifest))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void configurationIsAnObjectInAString() {
        assertThatThrownBy(() -> NetworkDefinitionManifest.parse(config("[]")))
                .hasMessage("spec.config must be a JSON object in a string: config=[]");
        assertThatThrownBy(() -> NetworkDefinitionManifest.parse(config("")))
                .hasMessage("spec.config must be a JSON object in a string: config=");
        assertThatThrownBy(
                        () ->
                                NetworkDefinitionManifest.parse(
                                        config("").replace("config: ''", "config: {type: bridge}")))
                .hasMessageStartingWith("spec.config must be a string");
    }

    @Test
    void tuningBehindTheBridgeSetsMacAndMtu() {
        String chained =
                config(
                        """
                        {"cniVersion": "0.3.1", "name": "a", "plugins": [{"type": "cnv-bridge", "bridge": "br1", "vlan": 5, "mtu": 1500},
                        {"type": "cnv-tuning", "MAC": "02:00:00:00:00:0c", "mtu": 1400, "sysctl": {}, "promisc": false, "txQLen": 5}]}""");
        CniBridge bridge = NetworkDefinitionManifest.parse(chained).bridge();
        assertThat(bridge.vlan()).isEqualTo(5);
        assertThat(bridge.mac()).isEqualTo(0x0200_0000_000cL);
        assertThat(bridge.mtu()).isEqualTo(1400);
        CniBridge untouched =
                NetworkDefinitionManifest.parse(
                                chained.replaceAll("\"cnv-tuning\".*\n?", "\"cnv-tuning\"}]}'"))
                        .bridge();
        assertThat(untouched.mtu()).isEqualTo(1500);
        assertThat(untouched.mac()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "[] | spec.config.plugins must have at least one plugin",
                "[{\"type\": \"cnv-tuning\"}] | spec.config.plugins[0].type must be cnv-bridge or bridge: type=cnv-tuning",
                "[{\"type\": \"bridge\", \"vlan\": 5000}] | spec.config.plugins[0]: invalid VLAN ID 5000 (must be between 0 and 4094)",
                "[{\"type\": \"bridge\"}, {\"type\": \"firewall\"}] | spec.config.plugins[1].type must be cnv-tuning or tuning after the first plugin: no firewall is kept for a bridge's port: type=firewall",
                "[{\"type\": \"bridge\"}, {\"type\": \"tuning\", \"promisc\": true}] | spec.config.plugins[1].promisc must not be given: a guest's NIC has no device in the kernel",
                "[{\"type\": \"bridge\"}, {\"type\": \"tuning\", \"sysctl\": {\"net.core.somaxconn\": \"1\"}}] | spec.config.plugins[1].sysctl must not be given",
                "[{\"type\": \"bridge\"}, {\"type\": \"tuning\", \"mtu\": 5}] | spec.config.plugins[1].mtu must be 68-65535"
            })
    void wrongChainsAreNamed(String plugins, String message) {
        String manifest = config("{\"cniVersion\": \"0.3.1\", \"plugins\": " + plugins + "}");
        assertThatThrownBy(() -> NetworkDefinitionManifest.parse(manifest))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void keysThatThePluginHasNotAreNamed() {
        WrittenManifest read =
                Manifests.parse(manifest("\"macspofchk\": true, \"dns\": {}, \"colour\": 1"))
                        .getFirst();
        assertThat(read.warnings())
                .containsExactly(
                        "spec.config.macspofchk is ignored: it is not a key of the plugin bridge: nearest=macspoofchk",
                        "spec.config.colour is ignored: it is not a key of the plugin bridge");
    }

    @Test
    void addressIsTakenFromWhereThePluginTakesIt() {
        String arguments = "\"args\": {\"cni\": {\"mac\": \"02:00:00:00:00:0a\"}}";
        assertThat(with(arguments).mac()).isEqualTo(0x0200_0000_000aL);
        String both = arguments + ", \"runtimeConfig\": {\"mac\": \"02:00:00:00:00:0b\"}";
        assertThat(with(both).mac()).isEqualTo(0x0200_0000_000bL);
    }

    @Test
    void definitionOfAnotherPluginIsNotOurs() {
        String foreign = manifest("").replace("cnv-bridge", "macvlan");
        assertThatThrownBy(() -> NetworkDefinitionManifest.parse(foreign))
                .isInstanceOf(NotOursException.class)
                .hasMessage("it is for the CNI plugin macvlan (cnv-bridge and bridge are taken)");
    }
}
