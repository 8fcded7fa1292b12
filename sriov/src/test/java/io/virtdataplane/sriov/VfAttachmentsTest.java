package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VfAttachmentsTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(50), Duration.ofMillis(20), Duration.ofMillis(1));
    private static final long MAC = 0x0200_0000_aa01L;
    private static final SriovNetwork FULL =
            Networks.plain().vlan(100, 3, "").switches("off", "on", "enable").rates(-1, 500).make();
    private static final SriovNetwork PLAIN = Networks.plain().make();
    @TempDir private Path directory;
    private FakeNode node;
    private Allocations allocations;
    private VfAttachments attachments;
    private List<ResourceVf> vfs;
    private VfUse use;
    private NodeReconciler reconciler;

    @BeforeEach
    void provision() throws IOException {
        node = new FakeNode(directory.resolve("sys")).withCard(64);
        allocations = new Allocations(directory.resolve("state"), "boot-1");
        use =
                new VfUse(
                        allocations,
                        node.sysfs(),
                        Files.createDirectories(directory.resolve("proc")));
        attachments = on(node);
        reconciler =
                new NodeReconciler(
                        node.sysfs(),
                        node,
                        use,
                        new SupportedNics(List.of()),
                        directory.resolve("state"),
                        SHORT);
        NodeState state = reconciler.reconcile(List.of(Policies.vfio().vfs(2).make()));
        vfs = ResourceVf.byResource(state).get("net1");
        node.writes.clear();
    }

    private VfAttachments on(VfLink link) {
        return new VfAttachments(new Discovery(node.sysfs()), link, use, allocations, SHORT);
    }

    /** As a request for one VF. */
    private ResourceVf attach(
            String owner, SriovNetwork network, List<ResourceVf> candidates, long mac) {
        String request = "of " + owner;
        try {
            ResourceVf vf =
                    attachments.attach(
                            new VfAttachments.Claim(request, owner, false),
                            network,
                            candidates,
                            mac);
            attachments.settle(request);
            return vf;
        } catch (RuntimeException e) {
            assertThat(attachments.rollBack(request)).isEmpty();
            throw e;
        }
    }

    @Test
    void settingsAreMadeInTheReferencesOrderAndPutBack() {
        VfAttributes before = node.attributesByVf.get(0);
        ResourceVf vf = attach("vm1/nic1", FULL, vfs, MAC);
        assertThat(vf.address()).isEqualTo("0000:02:02.0");
        assertThat(node.writes)
                .containsExactly(
                        "ens1f0 vf 0 vlan=100 qos=3 proto=802.1q",
                        "ens1f0 vf 0 mac=02:00:00:00:aa:01",
                        "ens1f0 vf 0 min_tx_rate=0 max_tx_rate=500",
                        "ens1f0 vf 0 spoofchk=off",
                        "ens1f0 vf 0 trust=on",
                        "ens1f0 vf 0 link_state=enable");
        assertThat(allocations.owner("0000:02:02.0")).isEqualTo("vm1/nic1");
        assertThat(attachments.detach("vm1/nic1")).containsExactly("0000:02:02.0");
        assertThat(node.attributesByVf.get(0)).isEqualTo(before);
        assertThat(allocations.owner("0000:02:02.0")).isEmpty();
    }

    @Test
    void vfThatARuntimeNamesIsSetAndCheckedAndTakenBackByItsPod() {
        VfAttributes before = node.attributesByVf.get(1);
        PodInterface pod =
                new PodInterface(
                        "c1", "net1", "blue", new PodInterface.Namespace("/run/netns/a", 7));
        SriovNetwork network = Networks.plain().vlan(-1, 0, "").switches("off", "on", "").make();
        PhysicalFunction pf = vfs.get(1).pf();
        VirtualFunction vf = vfs.get(1).vf();
        attachments.attachChosen(
                new VfAttachments.Claim("r1", "ns/pod1/net1", true, Optional.of(pod)),
                network,
                pf,
                vf,
                MAC);
        attachments.settle("r1");
        assertThat(node.writes)
                .as("a VLAN that is left out is left as it is")
                .containsExactly(
                        "ens1f0 vf 1 mac=02:00:00:00:aa:01",
                        "ens1f0 vf 1 spoofchk=off",
                        "ens1f0 vf 1 trust=on");
        assertThat(allocations.podInterfaces()).isEqualTo(Map.of("0000:02:02.1", pod));
        attachments.check(network, pf, vf, MAC);
        node.set("ens1f0", 1, new VfSetting.Trust(false));
        assertThatThrownBy(() -> attachments.check(network, pf, vf, MAC))
                .hasMessageContaining("VF attribute must have the value that was set")
                .hasMessageContaining("vf=1 trust=on");
        assertThat(attachments.takeBack(List.of("0000:02:02.1"))).isEmpty();
        assertThat(node.attributesByVf.get(1)).isEqualTo(before);
        assertThat(allocations.podInterfaces()).isEmpty();
    }

    @Test
    void onlyTheVlanIsSetWhereNothingElseIsAsked() {
        attach("vm1/nic1", PLAIN, vfs, 0);
        assertThat(node.writes).containsExactly("ens1f0 vf 0 vlan=0 qos=0 proto=802.1q");
    }

    @Test
    void macThatTheGuestChangedIsPutBackThoughNobodyAskedForOne() {
        attach("vm1/nic1", PLAIN, vfs, 0);
        node.set("ens1f0", 0, new VfSetting.Mac(0x0200_0000_bb02L));
        attachments.detach("vm1/nic1");
        assertThat(node.attributesByVf.get(0).mac()).isEqualTo(0x0200_0000_0000L);
    }

    @Test
    void eachGuestHasItsOwnVfAndTheLastOneIsRefusedWithReasons() {
        attach("vm1/nic1", PLAIN, vfs, 0);
        assertThat(attach("vm2/nic1", PLAIN, vfs, 0).address()).isEqualTo("0000:02:02.1");
        assertThatThrownBy(() -> attach("vm3/nic1", PLAIN, vfs, 0))
                .isInstanceOf(SriovException.class)
                .hasMessage(
                        "resource must have a free VF: network=net resourceName=net1 vfs=0000:02:02.0 is used by vm1/nic1, 0000:02:02.1 is used by vm2/nic1");
    }

    @Test
    void concurrentAllocationOfOneVfIsRefused() {
        allocations.take("0000:02:02.0", "a", "r1", Map.of());
        assertThatThrownBy(() -> allocations.take("0000:02:02.0", "b", "r2", Map.of()))
                .hasMessage("pci address 0000:02:02.0 is already allocated: owner=a");
    }

    @Test
    void allocationOutlivesTheDaemonButNotTheBoot() {
        allocations.take("0000:02:02.0", "vm1/nic1", "r1", Map.of());
        Path state = directory.resolve("state");
        assertThat(new Allocations(state, "boot-1").owner("0000:02:02.0")).isEqualTo("vm1/nic1");
        assertThat(new Allocations(state, "boot-2").owner("0000:02:02.0")).isEmpty();
    }

    @Test
    void lateDetachDoesNotTouchTheNextOwner() {
        attach("vm1/nic1", FULL, vfs, MAC);
        attachments.detach("vm1/nic1");
        attach("vm2/nic1", FULL, vfs, 0x0200_0000_cc03L);
        node.writes.clear();
        assertThat(attachments.detach("vm1/nic1")).isEmpty();
        assertThat(node.writes).isEmpty();
        assertThat(allocations.owner("0000:02:02.0")).isEqualTo("vm2/nic1");
    }

    @ParameterizedTest
    @CsvSource({
        "vlan=100 qos=3 proto=802.1ad, 93, the driver does not support this VLAN protocol",
        "mac=02:00:00:00:aa:01, 1, the daemon lacks CAP_NET_ADMIN",
        "min_tx_rate=100 max_tx_rate=500, 22, 'the driver refuses the rate; many drivers accept a rate only while the PF''s link is up, and no minimum rate'",
        "spoofchk=off, 16, 'the driver is busy, or the VF is being reset'",
        "trust=on, 95, the driver does not support this attribute",
        "link_state=enable, 34, the value is out of the driver''s range",
    })
    void refusedAttributeIsNamedAndPutsBackAndFrees(String setting, int errno, String reason) {
        SriovNetwork all =
                Networks.plain()
                        .vlan(100, 3, "802.1ad")
                        .switches("off", "on", "enable")
                        .rates(100, 500)
                        .make();
        ResourceVf capable = // Intel cards are refused a minimum before their driver is asked
                new ResourceVf(
                        new PhysicalFunction(
                                new PciFunction(
                                        FakeNode.PF,
                                        new PciFunction.Model("15b3", "1017"),
                                        "mlx5_core",
                                        1,
                                        PciFunction.IommuGroup.NONE),
                                vfs.getFirst().pf().netdev(),
                                64,
                                2,
                                vfs.getFirst().pf().vfs()),
                        vfs.getFirst().vf(),
                        vfs.getFirst().group());
        VfAttributes before = node.attributesByVf.get(0);
        node.refused = each -> each.toString().equals(setting);
        node.errno = errno;
        assertThatThrownBy(() -> attach("vm1/nic1", all, List.of(capable), MAC))
                .hasMessage(
                        "VF attribute must be one that the card accepts: pf=ens1f0 vf=0 "
                                + setting
                                + ": "
                                + reason.replace("''", "'"));
        assertThat(node.attributesByVf.get(0)).isEqualTo(before);
        assertThat(allocations.owner("0000:02:02.0")).isEmpty();
    }

    @Test
    void attributeThatDoesNotStickIsAnError() {
        VfLink deaf =
                new VfLink() {
                    @Override
                    public Map<Integer, VfAttributes> read(String pf) {
                        return node.read(pf);
                    }

                    @Override
                    public void set(String pf, int vf, VfSetting setting) {
                        // accepts and forgets
                    }
                };
        VfAttachments on = on(deaf);
        assertThatThrownBy(
                        () ->
                                on.attach(
                                        new VfAttachments.Claim("r1", "vm1/nic1", false),
                                        FULL,
                                        vfs,
                                        0))
                .hasMessageContaining(
                        "VF attribute must have the value that was set: pf=ens1f0 vf=0 vlan=100 qos=3 proto=802.1q");
    }

    @Test
    void macOfAnotherVfIsRefused() {
        attach("vm1/nic1", PLAIN, vfs, MAC);
        assertThatThrownBy(() -> attach("vm2/nic1", PLAIN, vfs, MAC))
                .hasMessage(
                        "mac must be unique among the PF's VFs: pf=ens1f0 mac=02:00:00:00:aa:01 vf=0");
        assertThat(allocations.owner("0000:02:02.1")).isEmpty();
    }

    @Test
    void hostDeviceIsLibvirts() {
        assertThat(HostDevice.xml("0000:65:02.1", "nic1"))
                .isEqualTo(
                        """
                        <hostdev mode="subsystem" type="pci" managed="no">
                          <source>
                            <address type="pci" domain="0x0000" bus="0x65" slot="0x02" function="0x1"/>
                          </source>
                          <alias name="ua-sriov-nic1"/>
                        </hostdev>
                        """);
    }
}
