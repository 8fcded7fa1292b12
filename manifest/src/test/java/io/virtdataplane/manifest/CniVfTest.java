package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.sriov.SriovNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Configurations of the CNI plugin sriov, as the SR-IOV operator makes them and Multus fills them
 * in.
 */
class CniVfTest {
    private static final String WHOLE =
            """
            { "cniVersion":"1.0.0", "name":"net1","type":"sriov","vlan":100,"spoofchk":"off","trust":"on","vlanQoS":3,"vlanProto":"802.1q",
              "min_tx_rate":0,"max_tx_rate":500,"capabilities":{"mac":true},"link_state":"enable","logLevel":"info","ipam":{},
              "deviceID":"0000:02:02.1","pciBusID":"0000:02:02.1","runtimeConfig":{"mac":"02:00:00:00:aa:01"} }
            """;

    @Test
    void allThatTheOperatorWritesIsRead() {
        CniVf vf = CniVf.parse(WHOLE, "");
        assertThat(vf.pciAddress()).isEqualTo("0000:02:02.1");
        assertThat(vf.mac()).isEqualTo(0x0200_0000_aa01L);
        assertThat(vf.network().name()).isEqualTo("net1");
        assertThat(vf.network().vlan()).isEqualTo(new SriovNetwork.Vlan(100, 3, "802.1q"));
        assertThat(vf.network().switches())
                .isEqualTo(new SriovNetwork.Switches("off", "on", "enable"));
        assertThat(vf.network().rates()).isEqualTo(new SriovNetwork.Rates(0, 500));
    }

    @Test
    void whatIsLeftOutIsLeftAsItIs() {
        CniVf vf = CniVf.parse("{\"name\":\"n\",\"deviceID\":\"0000:02:02.1\"}", "");
        assertThat(vf.network().vlan().id()).isEqualTo(-1);
        assertThat(vf.network().switches()).isEqualTo(new SriovNetwork.Switches("", "", ""));
        assertThat(vf.network().rates()).isEqualTo(new SriovNetwork.Rates(-1, -1));
        assertThat(vf.mac()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | `` | 00",
                "\"mac\":\"02:00:00:00:00:0d\" | `` | 0d",
                "\"mac\":\"02:00:00:00:00:0d\" | 02:00:00:00:00:0a | 0a",
                "\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:0b\"}} | 02:00:00:00:00:0a | 0b",
                "\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:0c\"},\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:0b\"}} | 02:00:00:00:00:0a | 0c"
            })
    void macOfTheCallCountsMost(String keys, String arguments, String last) {
        String config = "{\"name\":\"n\",\"deviceID\":\"x\"" + (keys.isEmpty() ? "" : ",") + keys;
        long mac = CniVf.parse(config + "}", arguments).mac();
        assertThat(mac)
                .isEqualTo(last.equals("00") ? 0 : 0x0200_0000_0000L + Long.parseLong(last, 16));
    }

    @Test
    void deviceOfTheCallCountsMost() {
        String config =
                "{\"name\":\"n\",\"deviceID\":\"0000:02:02.1\",\"runtimeConfig\":{\"deviceID\":\"0000:02:02.2\"}}";
        assertThat(CniVf.parse(config, "").pciAddress()).isEqualTo("0000:02:02.2");
    }

    @Test
    void whatIsNullIsAsGoodAsLeftOut() {
        String config =
                "{\"name\":\"n\",\"deviceID\":\"x\",\"vlan\":null,\"spoofchk\":null,\"ipam\":null,\"args\":null,\"runtimeConfig\":null}";
        assertThat(CniVf.parse(config, "").network().vlan().id()).isEqualTo(-1);
    }

    /** A key in the wrong case must not be one that is silently not set. */
    @Test
    void keysMatchInEitherCaseAsInThePlugin() {
        CniVf vf = CniVf.parse("{\"name\":\"n\",\"DeviceId\":\"x\",\"spoofChk\":\"on\"}", "");
        assertThat(vf.network().switches().spoofChk()).isEqualTo("on");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"deviceID\":\"\" | VF pci addr is required: deviceID is empty (Multus gives it where",
                "\"deviceID\":\"\",\"vlan\":5000 | VF pci addr is required",
                "\"deviceID\":7 | deviceID must be a string",
                "\"vlanQoS\":3 | vlan id must be configured to set vlan QoS/proto",
                "\"vlanProto\":\"802.1ad\" | vlan id must be configured to set vlan QoS/proto",
                "\"vlan\":0,\"vlanQoS\":3 | non-zero vlan id must be configured to set vlan QoS/proto 802.1ad",
                "\"vlan\":0,\"vlanProto\":\"802.1ad\" | non-zero vlan id must be configured to set vlan QoS/proto 802.1ad",
                "\"vlan\":4095 | vlan id 4095 invalid: value must be in the range 0-4094",
                "\"vlan\":-1 | vlan id -1 invalid",
                "\"vlan\":\"100\" | vlan must be a whole number",
                "\"vlan\":1,\"vlanQoS\":8 | vlan QoS PCP 8 invalid: value must be in the range 0-7",
                "\"vlan\":1,\"vlanProto\":\"802.1x\" | vlan Proto 802.1x invalid: value must be one of 802.1Q or 802.1ad",
                "\"link_state\":\"up\" | invalid link_state value",
                "\"spoofchk\":true | spoofchk must be a string",
                "\"trust\":\"yes\" | trust must be one of on, off: trust=yes",
                "\"max_tx_rate\":-1 | max_tx_rate must be at least 0: max_tx_rate=-1",
                "\"min_tx_rate\":9,\"max_tx_rate\":1 | minTxRate must be at most maxTxRate",
                "\"mac\":\"01:00:00:00:00:01\" | mac must be a unicast MAC address",
                "\"ipam\":{\"type\":\"host-local\"} | ipam must be empty"
            })
    void badConfigurationIsRefusedInThePluginsWords(String keys, String words) {
        String device = keys.contains("deviceID") ? "" : "\"deviceID\":\"0000:02:02.1\",";
        assertThatThrownBy(() -> CniVf.parse("{\"name\":\"n\"," + device + keys + "}", ""))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(words);
    }
}
