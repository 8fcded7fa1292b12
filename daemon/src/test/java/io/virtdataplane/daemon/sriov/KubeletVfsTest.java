package io.virtdataplane.daemon.sriov;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.sriov.Allocations;
import io.virtdataplane.sriov.Discovery;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.Sysfs;
import io.virtdataplane.sriov.VfUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a VF that the kubelet has given away, by what the kubelet says later. */
class KubeletVfsTest {
    private static final String VF0 = CardInTree.vf(0);
    private static final String VF1 = CardInTree.vf(1);
    @TempDir private Path directory;
    private Optional<Map<String, String>> kubelet = Optional.empty();
    private long now = 1;
    private CardInTree card;
    private Allocations allocations;
    private KubeletVfs vfs;

    @BeforeEach
    void start() throws IOException {
        card = new CardInTree(directory.resolve("sys"), 2);
        Files.createDirectories(directory.resolve("proc"));
        restart();
    }

    private void restart() {
        Sysfs sysfs = new Sysfs(card.root);
        allocations = new Allocations(directory.resolve("state"), "");
        VfUse use = new VfUse(allocations, sysfs, directory.resolve("proc"));
        vfs = new KubeletVfs(allocations, use, new Discovery(sysfs), () -> kubelet, () -> now);
    }

    private ResourceVf vf(int index) {
        return new ResourceVf(
                new Discovery(new Sysfs(card.root)).physicalFunctions().getFirst(),
                new Discovery(new Sysfs(card.root)).physicalFunctions().getFirst().vfs().get(index),
                null);
    }

    private void waitOutGrace() {
        vfs.compare(vfs.ask());
        now += KubeletVfs.GRACE_NS;
        vfs.compare(vfs.ask());
    }

    @Test
    void whatIsAllocatedStaysSoWhileTheKubeletDoesNotAnswer() {
        vfs.allocate("intel", List.of(vf(0)));
        waitOutGrace();
        restart();
        waitOutGrace();
        assertThat(allocations.ofPods()).containsExactly(VF0);
    }

    @Test
    void whatTheKubeletNoLongerListsIsFreeAfterAWhile() {
        vfs.allocate("intel", List.of(vf(0)));
        kubelet = Optional.of(Map.of());
        vfs.compare(vfs.ask());
        now += KubeletVfs.GRACE_NS - 1;
        vfs.compare(vfs.ask());
        assertThat(allocations.ofPods()).as("not listed yet").containsExactly(VF0);
        now++;
        vfs.compare(vfs.ask());
        assertThat(allocations.ofPods()).isEmpty();
    }

    @Test
    void timeThatTheKubeletIsSilentIsNoTimeThatItListsNothing() {
        vfs.allocate("intel", List.of(vf(0)));
        kubelet = Optional.of(Map.of());
        vfs.compare(vfs.ask());
        kubelet = Optional.empty();
        now += KubeletVfs.GRACE_NS;
        vfs.compare(vfs.ask());
        kubelet = Optional.of(Map.of()); // just started: it may not know its pods yet
        vfs.compare(vfs.ask());
        assertThat(allocations.ofPods()).containsExactly(VF0);
    }

    @Test
    void listedInBetweenItStays() {
        vfs.allocate("intel", List.of(vf(0)));
        kubelet = Optional.of(Map.of());
        vfs.compare(vfs.ask());
        now += KubeletVfs.GRACE_NS - 1;
        kubelet = Optional.of(Map.of(VF0, "guests/launcher"));
        vfs.compare(vfs.ask());
        now++;
        kubelet = Optional.of(Map.of());
        vfs.compare(vfs.ask());
        assertThat(allocations.ofPods()).containsExactly(VF0);
    }

    @Test
    void whatTheKubeletListsIsTakenThoughNobodyAskedUs() {
        kubelet = Optional.of(Map.of(VF1, "guests/launcher", "gpu-7", "guests/launcher"));
        vfs.compare(vfs.ask());
        assertThat(allocations.ofPods()).containsExactly(VF1);
    }

    @Test
    void processThatHoldsItIsTold() throws IOException {
        Path descriptors = Files.createDirectories(directory.resolve("proc/4711/fd"));
        Files.createSymbolicLink(descriptors.resolve("9"), Path.of("/dev/vfio/41"));
        assertThatThrownBy(() -> vfs.allocate("intel", List.of(vf(0), vf(1))))
                .hasMessage(
                        "VF must be free to be allocated: resource=intel pciAddress=0000:02:02.1 user=process 4711");
        assertThat(allocations.ofPods()).as("none of them").isEmpty();
    }
}
