package io.virtdataplane.daemon.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.virtdataplane.api.ApplyPolicyRequest;
import io.virtdataplane.api.SriovGrpc;
import io.virtdataplane.daemon.control.SriovLab;
import io.virtdataplane.daemon.rpc.UnixServer;
import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.kubelet.deviceplugin.DevicePluginGrpc;
import io.virtdataplane.kubelet.deviceplugin.Empty;
import io.virtdataplane.kubelet.deviceplugin.ListAndWatchResponse;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong between plugins and kubelet: each resource stands alone and comes back. */
@Timeout(90)
class DevicePluginFaultsTest {
    private static final String LONG = "x".repeat(63);
    @TempDir private Path directory;
    private final UnixGrpc grpc = new UnixGrpc();
    private final KubeletStandIn kubelet = new KubeletStandIn();
    private Path plugins;
    private CardInTree card;
    private UnixServer registration;
    private SriovLab control;

    @BeforeEach
    void start() throws IOException {
        card = new CardInTree(directory.resolve("sys"), 4);
        plugins =
                directory.resolve(
                        "device-plugins"); // not there yet, as on a node that is being set up
        SriovConfig config =
                SriovConfig.DEFAULT
                        .withProc(Files.createDirectories(directory.resolve("proc")))
                        .withDevicePlugins(plugins.toString())
                        .withDeviceInfo(directory.resolve("devinfo"));
        control = new SriovLab(card, config, directory.resolve("state"));
        grpc.serve(directory.resolve("c.sock"), control.service());
    }

    @AfterEach
    void stop() {
        grpc.close();
        control.close();
    }

    private void kubeletStarts() throws IOException {
        Files.createDirectories(plugins);
        registration = grpc.serve(plugins.resolve("kubelet.sock"), kubelet);
    }

    private void apply(String resource, String range) {
        String policy =
                """
                apiVersion: sriovnetwork.openshift.io/v1
                kind: SriovNetworkNodePolicy
                metadata: {name: %s}
                spec: {resourceName: %s, numVfs: 4, nicSelector: {pfNames: ["ens1f0#%s"]}, deviceType: vfio-pci}
                """
                        .formatted("p" + range, resource, range);
        SriovGrpc.newBlockingStub(grpc.connect(directory.resolve("c.sock")))
                .applyPolicy(ApplyPolicyRequest.newBuilder().setManifest(policy).build());
    }

    private ManagedChannel connect(RegisterRequest request) {
        return grpc.connect(plugins.resolve(request.getEndpoint()));
    }

    private static Iterator<ListAndWatchResponse> list(ManagedChannel channel) {
        return DevicePluginGrpc.newBlockingStub(channel).listAndWatch(Empty.getDefaultInstance());
    }

    @Test
    void resourceThatIsRefusedIsTriedAgainAndKeepsNoOtherBack() throws Exception {
        kubelet.refused.add("openshift.io/bad");
        apply("bad", "0-1");
        apply("good", "2-3");
        kubeletStarts();
        RegisterRequest good = kubelet.next();
        assertThat(good.getResourceName()).isEqualTo("openshift.io/good");
        Iterator<ListAndWatchResponse> lists = list(connect(good));
        assertThat(lists.next().getDevicesCount()).isEqualTo(2);
        while (kubelet.refusalsMs.size() < 4) {
            Thread.sleep(100);
        }
        List<Long> ms = new ArrayList<>(kubelet.refusalsMs);
        assertThat(ms.get(3) - ms.get(2))
                .as("a pause that grows: %s", ms)
                .isGreaterThan(2 * (ms.get(1) - ms.get(0)));
        assertThat(plugins.resolve("openshift.io_bad.sock")).as("nobody was told").doesNotExist();
        kubelet.refused.clear();
        assertThat(kubelet.next().getResourceName()).isEqualTo("openshift.io/bad");
        kubelet.noneFor(1500); // good has never been disturbed
        Files.delete(card.root.resolve("bus/pci/devices/0000:02:02.3/driver"));
        assertThat(lists.next().getDevices(1).getHealth()).isEqualTo("Unhealthy");
    }

    @Test
    void listAndWatchThatFailsIsRegisteredAgain() throws Exception {
        kubeletStarts();
        apply("a", "0-3");
        Iterator<ListAndWatchResponse> lists = list(connect(kubelet.next()));
        lists.next();
        Path group = card.root.resolve("bus/pci/devices/0000:02:02.0/iommu_group");
        Path right = Files.readSymbolicLink(group);
        Files.delete(group);
        Files.createSymbolicLink(group, Path.of("not-a-number")); // as no kernel would have it
        control.control.node().changed();
        assertThatThrownBy(lists::hasNext).hasMessageContaining("NumberFormatException");
        Files.delete(group);
        Files.createSymbolicLink(group, right);
        RegisterRequest again = kubelet.next();
        assertThat(again.getResourceName()).isEqualTo("openshift.io/a");
        assertThat(list(connect(again)).next().getDevicesCount()).isEqualTo(4);
    }

    @Test
    void kubeletThatListensNoMoreIsToldAgain() throws Exception {
        kubeletStarts();
        apply("a", "0-3");
        ManagedChannel channel = connect(kubelet.next());
        list(channel).next();
        kubelet.noneFor(6000); // longer than a kubelet may be silent that does not listen
        channel.shutdownNow();
        assertThat(list(connect(kubelet.next())).next().getDevicesCount()).isEqualTo(4);
    }

    @Test
    void kubeletThatStartsAnewIsToldOfEachResource() throws Exception {
        kubeletStarts();
        apply("a", "0-1");
        apply("b", "2-3");
        assertThat(List.of(kubelet.next().getResourceName(), kubelet.next().getResourceName()))
                .containsExactlyInAnyOrder("openshift.io/a", "openshift.io/b");
        registration.close();
        Files.deleteIfExists(plugins.resolve("kubelet.sock"));
        kubeletStarts();
        assertThat(List.of(kubelet.next().getResourceName(), kubelet.next().getResourceName()))
                .containsExactlyInAnyOrder("openshift.io/a", "openshift.io/b");
    }

    @Test
    void socketThatSomebodyRemovesIsMadeAndRegisteredAgain() throws Exception {
        kubeletStarts();
        apply("a", "0-3");
        Path socket = plugins.resolve(kubelet.next().getEndpoint());
        Files.delete(socket);
        kubelet.next();
        assertThat(socket).exists();
    }

    @Test
    void resourceWhoseNameFitsNoAddressHasAnotherSocket() throws Exception {
        apply(LONG, "0-3");
        kubeletStarts();
        RegisterRequest request = kubelet.next();
        assertThat(request.getResourceName()).isEqualTo("openshift.io/" + LONG);
        assertThat(plugins.resolve("openshift.io_" + LONG + ".sock").toString().length())
                .as("no address holds it")
                .isGreaterThan(107);
        assertThat(plugins.resolve(request.getEndpoint()).toString().length()).isLessThan(108);
        assertThat(list(connect(request)).next().getDevicesCount()).isEqualTo(4);
    }
}
