package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyRulesTest {
    private final PolicyRules rules =
            new PolicyRules(new SupportedNics(List.of()), Map.of("zone", "a"), false);
    private final FakeNode node;

    PolicyRulesTest(@TempDir Path root) {
        node = new FakeNode(root).withCard(64);
    }

    private void refused(Policies policy, String message, Policies... others) {
        assertThatThrownBy(() -> check(rules, policy, others))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private void accepted(Policies policy, Policies... others) {
        assertThatCode(() -> check(rules, policy, others)).doesNotThrowAnyException();
    }

    private void check(PolicyRules by, Policies policy, Policies... others) {
        by.check(
                policy.make(),
                new Discovery(node.sysfs(), node::altNames).physicalFunctions(),
                java.util.Arrays.stream(others).map(Policies::make).toList());
    }

    @Test
    void resourceNameIsOfTheSyntaxThatExtendedResourcesHave() {
        accepted(Policies.vfio().resource("intel_net-1"));
        for (String name : List.of("", "-a", "a.b", "a/b", "x".repeat(64))) {
            refused(
                    Policies.vfio().resource(name),
                    "resource name \""
                            + name
                            + "\" contains invalid characters, the accepted syntax of the regular expressions is: \"^[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?$\"");
        }
    }

    @Test
    void selectorNeedsAField() {
        refused(
                Policies.vfio().pfs(),
                "at least one of these parameters (vendor, deviceID, pfNames, rootDevices or netFilter) has to be defined in nicSelector in CR policy1");
    }

    @Test
    void rootDevicesAloneAreRefusedUnlessTheSettingAcceptsThem() {
        Policies alone = Policies.vfio().pfs().roots(FakeNode.PF);
        refused(
                alone,
                "rootDevices must be given with vendor, deviceID or pfNames in nicSelector in CR policy1 (the setting sriov.rootDevicesAlone allows them alone)");
        accepted(Policies.vfio().model("8086", "").roots(FakeNode.PF));
        PolicyRules upstream = new PolicyRules(new SupportedNics(List.of()), Map.of(), true);
        assertThatCode(() -> check(upstream, alone)).doesNotThrowAnyException();
    }

    @Test
    void onlyTheOperatorsCardsAndThoseOfTheSettingsAreSupported() {
        String way = " is not supported (the setting sriov.supportedNics adds cards)";
        refused(Policies.vfio().model("10ec", ""), "vendor 10ec" + way);
        refused(Policies.vfio().model("8086", "1015"), "vendor/device 8086/1015" + way);
        refused(Policies.vfio().model("", "1521"), "device 1521" + way);
        node.withCard("0000:03:00.0", "8086", "1521", "eth9", 7);
        refused(
                Policies.vfio().pfs("eth9"),
                "no supported NIC is selected by the nicSelector in CR policy1 (eth9 is 8086 1521; the setting sriov.supportedNics adds cards)");
        PolicyRules more =
                new PolicyRules(new SupportedNics(List.of("8086 1521 1520")), Map.of(), false);
        assertThatCode(() -> check(more, Policies.vfio().model("8086", "1521")))
                .doesNotThrowAnyException();
        node.withCard("0000:04:00.0", "15b3", "101d", "ens4f0", 8);
        accepted(Policies.vfio().model("15b3", "101d")); // ConnectX-6 Dx
        assertThatThrownBy(() -> new SupportedNics(List.of("8086:10c9")))
                .hasMessageContaining("supportedNics must be 'VENDOR PF VF'");
    }

    @Test
    void allFieldsOfTheSelectorMustAgree() {
        accepted(Policies.vfio().model("8086", "158b").roots(FakeNode.PF).pfs("ens1f0"));
        refused(
                Policies.vfio().model("8086", "158b").roots("0000:02:00.1").pfs("ens1f0"),
                "no supported NIC is selected by the nicSelector in CR policy1");
        refused(
                Policies.vfio().pfs("ens1f1"),
                "no supported NIC is selected by the nicSelector in CR policy1");
    }

    @Test
    void rangesAreParsedWithTheOperatorsWords() {
        refused(
                Policies.vfio().pfs("ens1f0#0#1"),
                "failed to parse ens1f0#0#1 PF name in nicSelector, probably incorrect separator character usage");
        String rest = " PF name nicSelector, ";
        refused(
                Policies.vfio().pfs("ens1f0#0"),
                "failed to parse ens1f0#0" + rest + "probably incorrect range character usage");
        refused(
                Policies.vfio().pfs("ens1f0#0-1-2"),
                "failed to parse ens1f0#0-1-2" + rest + "probably incorrect range character usage");
        refused(
                Policies.vfio().pfs("ens1f0#a-1"),
                "failed to parse ens1f0#a-1" + rest + "start range is incorrect");
        refused(
                Policies.vfio().pfs("ens1f0#0-b"),
                "failed to parse ens1f0#0-b" + rest + "end range is incorrect");
        refused(
                Policies.vfio().pfs("ens1f0#3-2"),
                "failed to parse ens1f0#3-2"
                        + rest
                        + "end range shall not be smaller than start range");
        refused(
                Policies.vfio().pfs("ens1f0#0-4").vfs(4),
                "failed to parse ens1f0#0-4" + rest + "end range exceeds the maximum VF index ");
        accepted(Policies.vfio().pfs("ens1f0#0-3").vfs(4));
    }

    @Test
    void vfioIsNotRdma() {
        refused(
                Policies.vfio().rdma(),
                "'deviceType: vfio-pci' conflicts with 'isRdma: true'; Set 'deviceType' to (string)'netdevice' Or Set 'isRdma' to (bool)'false'");
        accepted(Policies.netdevice().rdma());
    }

    @Test
    void switchdevAndVdpaAreCheckedAsUpstreamAndThenRefused() {
        refused(
                Policies.vfio().switchdev().linkType("ib"),
                "'eSwitchMode: switchdev' can be used only with ethernet links");
        refused(
                Policies.vfio().vdpa("virtio"),
                "'deviceType: vfio-pci' conflicts with 'virtio'; Set 'deviceType' to (string)'netdevice' Or Remove 'vdpaType'");
        refused(
                Policies.netdevice().vdpa("vhost"),
                "vdpa requires the device to be configured in switchdev mode");
        refused(
                Policies.vfio().switchdev(),
                "eSwitchMode must be legacy or left out, switchdev is not supported in CR policy1");
        refused(
                Policies.vfio().linkType("IB"),
                "linkType must be eth, InfiniBand is not supported in CR policy1");
        accepted(Policies.vfio().linkType("ETH"));
    }

    @Test
    void policyOfAnotherNodeIsOnlyCheckedByItself() {
        accepted(Policies.vfio().on("zone", "a"));
        accepted(Policies.vfio().on("feature.node.kubernetes.io/network-sriov.capable", "true"));
        accepted(Policies.vfio().on("zone", "b").pfs("ens9f9").vfs(1000));
        refused(
                Policies.vfio().pfs("ens9f9"),
                "no supported NIC is selected by the nicSelector in CR policy1");
        accepted(
                Policies.vfio().pfs("ens1f0#0-1"),
                Policies.vfio().named("other").on("zone", "b").pfs("ens1f0#0-1"));
        refused(
                Policies.vfio().on("zone", "b").model("10ec", ""),
                "vendor 10ec is not supported (the setting sriov.supportedNics adds cards)");
    }

    @Test
    void numVfsHasTheVendorsLimits() {
        refused(Policies.vfio().vfs(0), "numVfs(0) in CR policy1 is not allowed");
        accepted(Policies.vfio().vfs(64));
        refused(
                Policies.vfio().vfs(65),
                "numVfs(65) in CR policy1 exceed the maximum allowed value(64) interface(ens1f0)");
        node.withCard("0000:05:00.0", "15b3", "1017", "ens2f0", 16);
        accepted(Policies.vfio().pfs("ens2f0").vfs(128));
        refused(
                Policies.vfio().pfs("ens2f0").vfs(129),
                "numVfs(129) in CR policy1 exceed the maximum allowed value(128) interface(ens2f0)");
    }

    @Test
    void externallyManagedPfMustHaveTheVfsAlready() {
        refused(
                Policies.vfio().external().vfs(4),
                "numVfs(4) in CR policy1 is higher than the virtual functions allocated for the PF externally value(0)");
        node.put("bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs", "4");
        accepted(Policies.vfio().external().vfs(4));
        refused(
                Policies.vfio().external().vfs(4).mtu(9000),
                "MTU(9000) in CR policy1 is higher than the MTU for the PF externally value(1500)");
        accepted(Policies.vfio().external().vfs(4).linkType("eth"));
        node.put("bus/pci/devices/" + FakeNode.PF + "/net/ens1f0/type", "32");
        refused(
                Policies.vfio().external().vfs(4).linkType("eth"),
                "LinkType(eth) in CR policy1 is not equal to the LinkType for the PF externally value(IB)");
    }

    @Test
    void policiesMustNotBeInEachOthersWay() {
        Policies first = Policies.vfio().named("first").resource("a").pfs("ens1f0#0-1");
        accepted(Policies.vfio().pfs("ens1f0#2-3"), first);
        refused(
                Policies.vfio().pfs("ens1f0#1-3"),
                "VF index range in ens1f0#1-3 is overlapped with existing policy first",
                first);
        refused(
                Policies.vfio().pfs("ens1f0"),
                "VF index range in ens1f0 is overlapped with existing policy first",
                Policies.vfio().named("first").pfs("ens1f0"));
        accepted(Policies.vfio().pfs("ens1f0"), first);
        refused(
                Policies.vfio().model("8086", "").roots(FakeNode.PF),
                "root device 0000:02:00.0 is overlapped with existing policy first",
                Policies.vfio().named("first").model("8086", "").roots(FakeNode.PF));
        refused(
                Policies.vfio().pfs("ens1f0#2-3"),
                "externallyManage is inconsistent with existing policy first",
                Policies.vfio().named("first").pfs("ens1f0#0-1").external());
        refused(
                Policies.vfio().pfs("ens1f0#2-3"),
                "excludeTopology[false] field conflicts with policy [first].ExcludeTopology[true] as they target the same resource[net1]",
                Policies.vfio().named("first").pfs("ens1f0#0-1").withoutTopology());
    }

    @Test
    void pfMayBeCalledByAnAlternativeNameAndIsTheSameStill() {
        refused(
                Policies.vfio().pfs("enp2s0f0#2-3"),
                "no supported NIC is selected by the nicSelector in CR policy1");
        node.altNames.add("enp2s0f0");
        Policies first = Policies.vfio().named("first").resource("a").pfs("ens1f0#0-1");
        accepted(Policies.vfio().pfs("enp2s0f0#2-3"), first);
        refused(
                Policies.vfio().pfs("enp2s0f0#1-3"),
                "VF index range in enp2s0f0#1-3 is overlapped with existing policy first",
                first);
    }

    @Test
    void policyThatIsAppliedAgainIsNotInItsOwnWay() {
        accepted(Policies.vfio(), Policies.vfio());
    }
}
