package io.virtdataplane.daemon.sriov;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.ApplyNetworkRequest;
import io.virtdataplane.api.ApplyPolicyRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.AttachedVf;
import io.virtdataplane.api.ListVfsRequest;
import io.virtdataplane.api.SriovGrpc;
import io.virtdataplane.api.SriovNodeState;
import io.virtdataplane.api.Vf;
import io.virtdataplane.api.WatchNodeStateRequest;
import io.virtdataplane.daemon.control.SriovLab;
import io.virtdataplane.daemon.kubelet.UnixGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The API on a card in a tree, from a first start to as many as a test wants. */
public abstract class SriovApiFixture {
    public static final String POLICY =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata: {name: p1}
            spec: {resourceName: intel, numVfs: 2, nicSelector: {pfNames: [ens1f0]}, deviceType: vfio-pci}
            """;
    public static final String NETWORK =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetwork
            metadata: {name: net1}
            spec: {resourceName: intel, networkNamespace: guests, vlan: 100}
            """;
    public static final String MACHINE =
            """
            kind: VirtualMachine
            metadata: {name: vm1, namespace: guests}
            spec:
              domain: {devices: {interfaces: [{name: nic1, sriov: {}, macAddress: "02:00:00:00:aa:01"}]}}
              networks: [{name: nic1, multus: {networkName: net1}}]
            """;
    @TempDir public Path directory;
    public final UnixGrpc grpc = new UnixGrpc();
    public CardInTree card;
    public SriovLab control;
    public SriovGrpc.SriovBlockingStub sriov;

    @BeforeEach
    public void start() throws IOException {
        card = new CardInTree(directory.resolve("sys"), 2);
        Files.createDirectories(directory.resolve("proc"));
        restart(directory.resolve("a.sock"));
    }

    public void restart(Path socket) throws IOException {
        if (control != null) {
            control.close();
        }
        SriovConfig config =
                SriovConfig.DEFAULT
                        .withProc(Files.createDirectories(directory.resolve("proc")))
                        .withDevicePlugins(devicePluginDirectory())
                        .withDeviceInfo(directory.resolve("devinfo"));
        control = new SriovLab(card, config, directory.resolve("state"));
        grpc.serve(socket, control.service());
        sriov = SriovGrpc.newBlockingStub(grpc.connect(socket));
    }

    public String devicePluginDirectory() throws IOException {
        return "none";
    }

    @AfterEach
    public void stop() {
        grpc.close();
        control.close();
    }

    public void apply(String policy) {
        apply(policy, "p1");
    }

    public void apply(String policy, String name) {
        SriovNodeState state = afterPass(applyPolicy(policy));
        assertThat(state.getLastSyncError()).isEmpty();
        assertThat(state.getSyncStatus()).isEqualTo("Succeeded");
        assertThat(state.getPoliciesList()).containsExactly(name);
    }

    public long applyPolicy(String policy) {
        return sriov.applyPolicy(ApplyPolicyRequest.newBuilder().setManifest(policy).build())
                .getPass();
    }

    public SriovNodeState afterPass(long pass) {
        Iterator<SriovNodeState> states =
                sriov.watchNodeState(WatchNodeStateRequest.getDefaultInstance());
        SriovNodeState state = states.next();
        while (state.getPass() < pass) {
            state = states.next();
        }
        return state;
    }

    public void network(String manifest) {
        assertThat(
                        sriov.applyNetwork(
                                        ApplyNetworkRequest.newBuilder()
                                                .setManifest(manifest)
                                                .build())
                                .getName())
                .isEqualTo("guests/net1");
    }

    public AttachedVf attach(String machine) {
        return sriov.attachVf(AttachVfRequest.newBuilder().setManifest(machine).build()).getVfs(0);
    }

    public static void refused(Runnable call, Status.Code code, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    public List<String> users() {
        return sriov.listVfs(ListVfsRequest.getDefaultInstance()).getVfsList().stream()
                .map(Vf::getUser)
                .toList();
    }
}
