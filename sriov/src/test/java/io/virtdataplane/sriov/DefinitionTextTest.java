package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefinitionTextTest {
    private static final SriovNetwork DEFAULTS =
            Networks.plain().named("test", "testnamespace", "testresource").make();
    private static final SriovNetwork FULL =
            Networks.plain()
                    .named("full", "", "intel")
                    .vlan(100, 3, "802.1ad")
                    .switches("on", "off", "enable")
                    .rates(0, 500)
                    .cni(
                            new SriovNetwork.Cni(
                                    "{\"mac\": true}",
                                    "{ \"type\": \"host-local\",\n  \"subnet\": \"10.0.0.0/24\" }",
                                    "",
                                    "debug",
                                    "/var/log/sriov.log"))
                    .make();

    @Test
    void defaultsAreTheOperatorsGolden() {
        assertThat(new DefinitionText(DEFAULTS, "").json())
                .isEqualTo(
                        """
                        {
                          "apiVersion": "k8s.cni.cncf.io/v1",
                          "kind": "NetworkAttachmentDefinition",
                          "metadata": {
                            "annotations": {
                              "k8s.v1.cni.cncf.io/resourceName": "/testresource",
                              "sriovnetwork.openshift.io/owner-ref": "SriovNetwork.sriovnetwork.openshift.io/ns/test"
                            },
                            "name": "test",
                            "namespace": "testnamespace"
                          },
                          "spec": {
                            "config": "{ \\"cniVersion\\":\\"1.0.0\\", \\"name\\":\\"test\\",\\"type\\":\\"sriov\\",\\"vlan\\":0,\\"vlanQoS\\":0,\\"ipam\\":{} }"
                          }
                        }
                        """);
    }

    @Test
    void everyFieldHasItsPlace() {
        assertThat(new DefinitionText(FULL, "openshift.io").config())
                .isEqualTo(
                        "{ \"cniVersion\":\"1.0.0\", \"name\":\"full\",\"type\":\"sriov\",\"vlan\":100,\"spoofchk\":\"on\",\"trust\":\"off\","
                                + "\"vlanQoS\":3,\"vlanProto\":\"802.1ad\",\"min_tx_rate\":0,\"max_tx_rate\":500,\"capabilities\":{\"mac\": true},"
                                + "\"link_state\":\"enable\",\"logLevel\":\"debug\",\"logFile\":\"/var/log/sriov.log\","
                                + "\"ipam\":{\"type\":\"host-local\",\"subnet\":\"10.0.0.0/24\"} }");
    }

    @Test
    void metaPluginsMakeAChain() {
        SriovNetwork chained =
                Networks.plain()
                        .named("test", "", "r")
                        .cni(
                                new SriovNetwork.Cni(
                                        "", "", "{\"type\":\"vrf\",\"vrfname\":\"blue\"}", "", ""))
                        .make();
        assertThat(new DefinitionText(chained, "p").config())
                .isEqualTo(
                        "{ \"cniVersion\":\"1.0.0\", \"name\":\"test\",\"plugins\": [ {\"type\":\"sriov\",\"vlan\":0,\"vlanQoS\":0,\"ipam\":{} },"
                                + " {\"type\":\"vrf\",\"vrfname\":\"blue\"} ] }");
    }

    @Test
    void yamlHasTheSameConfiguration() {
        assertThat(new DefinitionText(FULL, "openshift.io").yaml())
                .isEqualTo(
                        """
                        apiVersion: "k8s.cni.cncf.io/v1"
                        kind: NetworkAttachmentDefinition
                        metadata:
                          name: full
                          namespace: ns
                          annotations:
                            k8s.v1.cni.cncf.io/resourceName: openshift.io/intel
                            sriovnetwork.openshift.io/owner-ref: SriovNetwork.sriovnetwork.openshift.io/ns/full
                        spec:
                          config: '%s'
                        """
                                .formatted(new DefinitionText(FULL, "openshift.io").config()));
    }

    private static SriovNetwork with(int vlan, int qos, String proto, int min, int max) {
        return Networks.plain().named("n", "", "r").vlan(vlan, qos, proto).rates(min, max).make();
    }

    @Test
    void fieldsMustGoTogether() {
        assertThatThrownBy(() -> with(0, 3, "", -1, -1).check())
                .hasMessageContaining("non-zero vlan id must be configured to set vlan QoS");
        assertThatThrownBy(() -> with(0, 0, "802.1AD", -1, -1).check())
                .hasMessageContaining("non-zero vlan id must be configured");
        assertThatThrownBy(() -> with(1, 0, "", 200, 100).check())
                .hasMessage("minTxRate must be at most maxTxRate: minTxRate=200 maxTxRate=100");
        assertThatCode(() -> with(1, 3, "802.1ad", 100, 100).check()).doesNotThrowAnyException();
        assertThatCode(() -> with(0, 0, "802.1q", 100, 0).check()).doesNotThrowAnyException();
    }

    @Test
    void intelCardsHaveNoMinimumRate(@TempDir Path root) {
        FakeNode node =
                new FakeNode(root)
                        .withCard(4)
                        .withCard("0000:05:00.0", "15b3", "1017", "ens2f0", 4);
        var pfs = new Discovery(node.sysfs()).physicalFunctions();
        assertThatThrownBy(() -> with(0, 0, "", 100, 500).checkOn(pfs.get(0)))
                .hasMessageContaining("minTxRate must be 0 or left out on Intel NICs")
                .hasMessageContaining("pf=ens1f0");
        assertThatCode(() -> with(0, 0, "", 100, 500).checkOn(pfs.get(1)))
                .doesNotThrowAnyException();
        assertThatCode(() -> with(0, 0, "", 0, 500).checkOn(pfs.get(0))).doesNotThrowAnyException();
    }
}
