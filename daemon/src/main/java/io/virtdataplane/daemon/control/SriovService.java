package io.virtdataplane.daemon.control;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.ApplyNetworkRequest;
import io.virtdataplane.api.ApplyPolicyRequest;
import io.virtdataplane.api.ApplyPolicyResponse;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.AttachVfResponse;
import io.virtdataplane.api.DetachVfRequest;
import io.virtdataplane.api.DetachVfResponse;
import io.virtdataplane.api.GetNodeStateRequest;
import io.virtdataplane.api.ListPfsRequest;
import io.virtdataplane.api.ListPfsResponse;
import io.virtdataplane.api.ListSriovNetworksRequest;
import io.virtdataplane.api.ListSriovNetworksResponse;
import io.virtdataplane.api.ListSriovPoliciesRequest;
import io.virtdataplane.api.ListSriovPoliciesResponse;
import io.virtdataplane.api.ListVfsRequest;
import io.virtdataplane.api.ListVfsResponse;
import io.virtdataplane.api.Pf;
import io.virtdataplane.api.RemoveNetworkRequest;
import io.virtdataplane.api.RemoveNetworkResponse;
import io.virtdataplane.api.RemovePolicyRequest;
import io.virtdataplane.api.RemovePolicyResponse;
import io.virtdataplane.api.RenderNetworkRequest;
import io.virtdataplane.api.RenderedNetwork;
import io.virtdataplane.api.SriovGrpc;
import io.virtdataplane.api.SriovNodeState;
import io.virtdataplane.api.WatchNodeStateRequest;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.ObjectResult;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.rpc.Streams;
import io.virtdataplane.daemon.sriov.GuestVfs;
import io.virtdataplane.daemon.sriov.SriovControl;
import io.virtdataplane.daemon.sriov.SriovNetworks;
import io.virtdataplane.daemon.sriov.SriovNode;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.SriovManifest;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.VfLink;
import java.util.List;

/** The gRPC service of SR-IOV: cards, their objects, and guests' VFs. */
public final class SriovService extends SriovGrpc.SriovImplBase {
    private static final int LOOK_MS = 1000; // whether the client is still there
    private final SriovNode node;
    private final SriovNetworks networks;
    private final GuestVfs guests;
    private final VfLink link;
    private final Objects objects;
    private final String resourcePrefix;

    public SriovService(SriovControl sriov, Objects objects, String resourcePrefix) {
        this.node = sriov.node();
        this.networks = sriov.networks();
        this.guests = sriov.guests();
        this.link = sriov.link();
        this.objects = objects;
        this.resourcePrefix = resourcePrefix;
    }

    @Override
    public void applyPolicy(
            ApplyPolicyRequest request, StreamObserver<ApplyPolicyResponse> response) {
        Answers.answer(
                response,
                () -> {
                    ObjectResult applied = applyOne(request.getManifest(), ObjectKind.SRIOV_POLICY);
                    return ApplyPolicyResponse.newBuilder()
                            .setName(applied.name())
                            .setPass(applied.outcome().pass())
                            .build();
                });
    }

    /** Of the kind that the call is for. */
    private ObjectResult applyOne(String manifest, ObjectKind kind) {
        return objects.applyOne(manifest, kind, ApplyOptions.DEFAULT);
    }

    @Override
    public void removePolicy(
            RemovePolicyRequest request, StreamObserver<RemovePolicyResponse> response) {
        Answers.answer(
                response,
                () -> {
                    ObjectResult removed =
                            objects.delete(ObjectKind.SRIOV_POLICY, request.getName());
                    return RemovePolicyResponse.newBuilder()
                            .setPass(removed.outcome().pass())
                            .build();
                });
    }

    @Override
    public void listPolicies(
            ListSriovPoliciesRequest request, StreamObserver<ListSriovPoliciesResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListSriovPoliciesResponse.newBuilder()
                                .addAllPolicies(
                                        SriovViews.policies(
                                                node.policies(),
                                                node.state(),
                                                node.selectedNames()))
                                .build());
    }

    @Override
    public void listNetworks(
            ListSriovNetworksRequest request, StreamObserver<ListSriovNetworksResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListSriovNetworksResponse.newBuilder()
                                .addAllNetworks(
                                        networks.all().stream().map(SriovViews::settings).toList())
                                .build());
    }

    @Override
    public void getNodeState(GetNodeStateRequest request, StreamObserver<SriovNodeState> response) {
        Answers.answer(response, this::state);
    }

    private SriovNodeState state() {
        long passes = node.passes(); // before the state: never newer than what it tells
        NodeState state = node.state();
        return SriovNodeState.newBuilder()
                .setSyncStatus(state.syncStatus().toString())
                .setLastSyncError(state.lastSyncError())
                .setPass(passes)
                .addAllInterfaces(SriovViews.pfs(state, link))
                .addAllPolicies(node.policyNames())
                .addAllNetworks(networks.names())
                .build();
    }

    @Override
    public void watchNodeState(
            WatchNodeStateRequest request, StreamObserver<SriovNodeState> response) {
        ServerCallStreamObserver<SriovNodeState> call =
                (ServerCallStreamObserver<SriovNodeState>) response;
        Streams.stream(
                response,
                to -> {
                    long generation = -1;
                    while (to.take(null)) {
                        long now = node.awaitChange(generation, LOOK_MS);
                        if (now == SriovNode.CLOSED) {
                            return;
                        }
                        if (now != generation && call.isReady()) {
                            to.take(state());
                            generation = now;
                        } else if (now != generation) {
                            Thread.sleep(LOOK_MS); // a client that does not read misses states
                        }
                    }
                });
    }

    @Override
    public void listPfs(ListPfsRequest request, StreamObserver<ListPfsResponse> response) {
        Answers.answer(
                response,
                () -> ListPfsResponse.newBuilder().addAllPfs(pfs(request.getPf())).build());
    }

    @Override
    public void listVfs(ListVfsRequest request, StreamObserver<ListVfsResponse> response) {
        Answers.answer(
                response,
                () -> {
                    ListVfsResponse.Builder vfs = ListVfsResponse.newBuilder();
                    pfs(request.getPf()).forEach(pf -> vfs.addAllVfs(pf.getVfsList()));
                    return vfs.build();
                });
    }

    private List<Pf> pfs(String wanted) {
        List<Pf> pfs =
                SriovViews.pfs(node.state(), link).stream()
                        .filter(
                                pf ->
                                        wanted.isEmpty()
                                                || pf.getName().equals(wanted)
                                                || pf.getAltNamesList().contains(wanted)
                                                || pf.getPciAddress().equals(wanted))
                        .toList();
        if (pfs.isEmpty() && !wanted.isEmpty()) {
            throw NotFoundException.of("PF", wanted);
        }
        return pfs;
    }

    @Override
    public void applyNetwork(
            ApplyNetworkRequest request, StreamObserver<RenderedNetwork> response) {
        Answers.answer(
                response,
                () ->
                        SriovViews.rendered(
                                networks.get(
                                        applyOne(request.getManifest(), ObjectKind.SRIOV_NETWORK)
                                                .name()),
                                resourcePrefix));
    }

    @Override
    public void renderNetwork(
            RenderNetworkRequest request, StreamObserver<RenderedNetwork> response) {
        Answers.answer(
                response,
                () -> {
                    Manifest network =
                            objects.readOne(request.getManifest(), ObjectKind.SRIOV_NETWORK);
                    return SriovViews.rendered(
                            ((SriovManifest.Network) network).spec(), resourcePrefix);
                });
    }

    @Override
    public void removeNetwork(
            RemoveNetworkRequest request, StreamObserver<RemoveNetworkResponse> response) {
        Answers.answer(
                response,
                () -> {
                    objects.delete(ObjectKind.SRIOV_NETWORK, request.getName());
                    return RemoveNetworkResponse.getDefaultInstance();
                });
    }

    @Override
    public void attachVf(AttachVfRequest request, StreamObserver<AttachVfResponse> response) {
        Answers.answer(
                response,
                () -> {
                    MachineManifest machine =
                            MachineManifest.parse(
                                    request.getManifest(),
                                    request.getName(),
                                    ManifestDefaults.DEFAULT);
                    List<GuestVfs.Given> given =
                            guests.attach(
                                    machine.sriovNics(),
                                    request.getName(),
                                    request.getPciAddressesList());
                    return SriovViews.attached(given).toBuilder()
                            .addAllWarnings(machine.warnings())
                            .addAllLeft(ObjectViews.left(machine.left()))
                            .build();
                });
    }

    @Override
    public void detachVf(DetachVfRequest request, StreamObserver<DetachVfResponse> response) {
        Answers.answer(
                response,
                () -> {
                    List<String> addresses =
                            guests.detach(request.getNamespace(), request.getName());
                    if (addresses.isEmpty()) {
                        throw NotFoundException.of("machine with a VF", request.getName());
                    }
                    return DetachVfResponse.newBuilder().addAllPciAddresses(addresses).build();
                });
    }
}
