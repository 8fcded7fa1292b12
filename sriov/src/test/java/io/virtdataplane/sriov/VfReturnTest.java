package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A VF that cannot be put back, or whose attachment was cut short, until it is put back. */
class VfReturnTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(50), Duration.ofMillis(20), Duration.ofMillis(1));
    private static final long MAC = 0x0200_0000_aa01L;
    private static final String VF0 = "0000:02:02.0";
    private static final String VF1 = "0000:02:02.1";
    private static final SriovNetwork NETWORK =
            Networks.plain().vlan(100, 3, "").switches("off", "on", "").rates(-1, 500).make();
    @TempDir private Path directory;
    private FakeNode node;
    private Allocations allocations;
    private VfUse use;
    private VfAttachments attachments;
    private List<ResourceVf> vfs;
    private VfAttributes before;

    @BeforeEach
    void provision() throws IOException {
        Files.createDirectories(directory.resolve("proc"));
        node = new FakeNode(directory.resolve("sys")).withCard(64);
        restart();
        NodeState state = reconcile(Policies.vfio().vfs(2).make());
        vfs = ResourceVf.byResource(state).get("net1");
        before = node.attributesByVf.get(0);
        node.writes.clear();
    }

    private void restart() {
        allocations = new Allocations(directory.resolve("state"), "boot-1");
        use = new VfUse(allocations, node.sysfs(), directory.resolve("proc"));
        attachments = on(node);
    }

    private VfAttachments on(VfLink link) {
        return new VfAttachments(new Discovery(node.sysfs()), link, use, allocations, SHORT);
    }

    private NodeState reconcile(NodePolicy... policies) {
        return new NodeReconciler(
                        node.sysfs(),
                        node,
                        use,
                        new SupportedNics(List.of()),
                        directory.resolve("state"),
                        SHORT)
                .reconcile(List.of(policies));
    }

    private void attachFirst() {
        attachments.attach(new VfAttachments.Claim("r1", "vm1/nic1", false), NETWORK, vfs, MAC);
        attachments.settle("r1");
    }

    private void isFreeAndAsBefore() {
        assertThat(node.attributesByVf.get(0)).isEqualTo(before);
        assertThat(allocations.owners()).isEmpty();
        assertThat(use.userOf(vfs.getFirst().vf())).isEmpty();
    }

    @Test
    void refusedReturnKeepsTheVfAndIsTriedAgainAlsoByANewDaemon() {
        attachFirst();
        node.refused = setting -> setting.toString().equals("trust=off");
        String reason =
                "VF must be restored before it is free: pciAddress=0000:02:02.0 owner=vm1/nic1: "
                        + "VF attribute must be one that the card accepts: pf=ens1f0 vf=0 trust=off: the driver does not support this attribute";
        assertThatThrownBy(() -> attachments.detach("vm1/nic1")).hasMessage(reason);
        assertThat(node.attributesByVf.get(0).mac()).as("the others are").isEqualTo(before.mac());
        assertThat(use.userOf(vfs.getFirst().vf())).isEqualTo("vm1/nic1 (being restored)");
        assertThat(
                        attachments
                                .attach(
                                        new VfAttachments.Claim("r2", "vm2/nic1", false),
                                        NETWORK,
                                        vfs,
                                        0)
                                .address())
                .isEqualTo(VF1);
        attachments.settle("r2");
        restart();
        assertThat(attachments.putBackUnfinished()).containsExactly(reason);
        node.refused = setting -> false;
        assertThat(attachments.putBackUnfinished()).isEmpty();
        assertThat(node.attributesByVf.get(0)).isEqualTo(before);
        assertThat(allocations.owners()).isEqualTo(Map.of(VF1, "vm2/nic1"));
    }

    @Test
    void laterDetachTriesAgain() {
        attachFirst();
        node.refused = setting -> true;
        assertThatThrownBy(() -> attachments.detach("vm1/nic1"))
                .hasMessageContaining("mac=")
                .hasMessageContaining("vlan=0");
        node.refused = setting -> false;
        assertThat(attachments.detach("vm1/nic1")).containsExactly(VF0);
        isFreeAndAsBefore();
    }

    @Test
    void returnThatDoesNotHoldIsNotDone() {
        attachFirst();
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
        assertThatThrownBy(() -> on(deaf).detach("vm1/nic1"))
                .hasMessageContaining(
                        "VF attribute must have the value that was set: pf=ens1f0 vf=0 mac=");
        assertThat(allocations.owner(VF0)).isEqualTo("vm1/nic1");
    }

    @Test
    void detachGoesThroughAllVfs() {
        attachFirst();
        attachments.attach(new VfAttachments.Claim("r2", "vm1/nic1", false), NETWORK, vfs, 0);
        attachments.settle("r2");
        VfLink halfDeaf =
                new VfLink() {
                    @Override
                    public Map<Integer, VfAttributes> read(String pf) {
                        return node.read(pf);
                    }

                    @Override
                    public void set(String pf, int vf, VfSetting setting) {
                        if (vf == 0) {
                            throw new SriovException("refused");
                        }
                        node.set(pf, vf, setting);
                    }
                };
        assertThatThrownBy(() -> on(halfDeaf).detach("vm1/nic1")).hasMessageContaining(VF0);
        assertThat(allocations.owners()).containsOnlyKeys(VF0);
    }

    @Test
    void vfOfAPfThatWasRenamedIsPutBack() throws IOException {
        attachFirst();
        Path net = node.root.resolve("bus/pci/devices/" + FakeNode.PF + "/net");
        Files.move(net.resolve("ens1f0"), net.resolve("eth7"));
        assertThat(attachments.detach("vm1/nic1")).containsExactly(VF0);
        isFreeAndAsBefore();
    }

    @Test
    void vfOfAPfThatHasNoNetworkDeviceNowIsKept() throws IOException {
        attachFirst();
        Path net = node.root.resolve("bus/pci/devices/" + FakeNode.PF + "/net");
        Files.move(net, directory.resolve("net"));
        assertThatThrownBy(() -> attachments.detach("vm1/nic1"))
                .hasMessageContaining("PF must have a network device: pciAddress=0000:02:00.0");
        Files.move(directory.resolve("net"), net);
        assertThat(attachments.putBackUnfinished()).isEmpty();
        isFreeAndAsBefore();
    }

    @Test
    void attachmentCutShortIsPutBackByTheNextDaemon() {
        for (int written = 0; written < 6; written++) {
            node.writes.clear();
            node.failAt = written; // as killed there: nobody rolls back
            try {
                attachments.attach(
                        new VfAttachments.Claim("r1", "vm1/nic1", false), NETWORK, vfs, MAC);
            } catch (SriovException e) {
                assertThat(e).hasMessage("Input/output error");
            }
            node.failAt = -1;
            restart();
            assertThat(attachments.putBackUnfinished()).isEmpty();
            isFreeAndAsBefore();
        }
    }

    @Test
    void requestIsItsOwnersOnlyWhenItsLastVfIsSettled() throws IOException {
        attachments.attach(new VfAttachments.Claim("r1", "vm1/nic1", false), NETWORK, vfs, MAC);
        attachments.attach(new VfAttachments.Claim("r1", "vm1/nic2", false), NETWORK, vfs, 0);
        Path first = directory.resolve("state/allocations/" + VF0);
        Files.writeString(first, Files.readString(first).replace("\"attaching\"", "\"attached\""));
        restart();
        assertThat(attachments.putBackUnfinished()).isEmpty();
        isFreeAndAsBefore();
    }

    @Test
    void rollBackCutShortIsFinishedByTheNextDaemon() {
        attachments.attach(new VfAttachments.Claim("r1", "vm1/nic1", false), NETWORK, vfs, MAC);
        attachments.attach(new VfAttachments.Claim("r1", "vm1/nic2", false), NETWORK, vfs, 0);
        attachments.settle("r1");
        VfLink killed =
                new VfLink() {
                    @Override
                    public Map<Integer, VfAttributes> read(String pf) {
                        throw new AssertionError("killed here");
                    }

                    @Override
                    public void set(String pf, int vf, VfSetting setting) {
                        throw new AssertionError("killed here");
                    }
                };
        assertThatThrownBy(() -> on(killed).rollBack("r1")).hasMessage("killed here");
        restart();
        assertThat(attachments.putBackUnfinished()).isEmpty();
        isFreeAndAsBefore();
    }

    @Test
    void settledRequestIsLeftAlone() {
        attachFirst();
        restart();
        assertThat(attachments.putBackUnfinished()).isEmpty();
        assertThat(allocations.owner(VF0)).isEqualTo("vm1/nic1");
        assertThat(node.attributesByVf.get(0).mac()).isEqualTo(MAC);
    }

    @Test
    void allocationOfAnEarlierVersionIsPutBack() throws IOException {
        Files.writeString(
                directory.resolve("state/allocations/" + VF0),
                """
                {
                  "owner": "vm1/nic1", "boot": "boot-1", "pf": "old0", "vf": "0",
                  "mac": "02:00:00:00:00:00", "vlan": "0/0/802.1q"
                }
                """);
        node.set("ens1f0", 0, new VfSetting.Mac(MAC));
        assertThat(attachments.putBackUnfinished()).isEmpty();
        assertThat(allocations.owner(VF0)).as("its guest has it").isEqualTo("vm1/nic1");
        assertThat(attachments.detach("vm1/nic1")).containsExactly(VF0);
        isFreeAndAsBefore();
    }

    @Test
    void vfThatCannotBePutBackMayBeMadeAnew() {
        attachFirst();
        node.refused = setting -> setting.toString().equals("trust=off");
        assertThatThrownBy(() -> attachments.detach("vm1/nic1")).isInstanceOf(SriovException.class);
        assertThat(reconcile(Policies.vfio().vfs(3).make()).lastSyncError()).isEmpty();
        isFreeAndAsBefore();
    }
}
