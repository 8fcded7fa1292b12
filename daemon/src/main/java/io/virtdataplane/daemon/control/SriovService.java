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
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.sriov.GuestVfs;
import io.virtdataplane.daemon.sriov.SriovNetworks;
import io.virtdataplane.daemon.sriov.SriovNode;
import io.virtdataplane.manifest.SriovNetworkManifest;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.VfLink;
import java.util.List;

/**
 * The gRPC service: translates requests into calls of the node, and what they throw into status
 * codes.
 */
public final class SriovService extends SriovGrpc.SriovImplBase {
    private static final int LOOK_MS = 1000; // whether the client is still there
    private final SriovNode node;
    private final SriovNetworks networks;
    private final GuestVfs guests;
    private final VfLink link;
    private final String resourcePrefix;

    public SriovService(
            SriovNode node,
            SriovNetworks networks,
            GuestVfs guests,
            VfLink link,
            String resourcePrefix) {
        this.node = node;
        this.networks = networks;
        this.guests = guests;
        this.link = link;
        this.resourcePrefix = resourcePrefix;
    }

    @Override
    public void applyPolicy(
            ApplyPolicyRequest request, StreamObserver<ApplyPolicyResponse> response) {
        Answers.answer(
                response,
                () -> {
                    SriovNode.Applied applied = node.apply(request.getManifest());
                    return ApplyPolicyResponse.newBuilder()
                            .setName(applied.name())
                            .setPass(applied.pass())
                            .build();
                });
    }

    @Override
    public void removePolicy(
            RemovePolicyRequest request, StreamObserver<RemovePolicyResponse> response) {
        Answers.answer(
                response,
                () -> {
                    long pass = node.remove(request.getName());
                    if (pass < 0) {
                        throw new NotFoundException(
                                "policy must be applied: name=" + request.getName());
                    }
                    return RemovePolicyResponse.newBuilder().setPass(pass).build();
                });
    }

    @Override
    public void listPolicies(
            ListSriovPoliciesRequest request, StreamObserver<ListSriovPoliciesResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListSriovPoliciesResponse.newBuilder()
                                .addAllPolicies(SriovViews.policies(node.policies(), node.state()))
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
        try {
            long generation = -1;
            while (!call.isCancelled()) {
                long now = node.awaitChange(generation, LOOK_MS);
                if (now != generation && call.isReady()) {
                    call.onNext(state());
                    generation = now;
                } else if (now != generation) {
                    Thread.sleep(LOOK_MS); // a client that does not read misses states
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                call.onError(Answers.status(e));
            }
        }
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
            throw new NotFoundException("PF must exist: pf=" + wanted);
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
                                networks.apply(request.getManifest(), node.state()),
                                resourcePrefix));
    }

    @Override
    public void renderNetwork(
            RenderNetworkRequest request, StreamObserver<RenderedNetwork> response) {
        Answers.answer(
                response,
                () ->
                        SriovViews.rendered(
                                SriovNetworkManifest.parse(request.getManifest()), resourcePrefix));
    }

    @Override
    public void removeNetwork(
            RemoveNetworkRequest request, StreamObserver<RemoveNetworkResponse> response) {
        Answers.answer(
                response,
                () -> {
                    if (!networks.remove(request.getName())) {
                        throw new NotFoundException(
                                "network must be applied: name=" + request.getName());
                    }
                    return RemoveNetworkResponse.getDefaultInstance();
                });
    }

    @Override
    public void attachVf(AttachVfRequest request, StreamObserver<AttachVfResponse> response) {
        Answers.answer(response, () -> guests.attach(request));
    }

    @Override
    public void detachVf(DetachVfRequest request, StreamObserver<DetachVfResponse> response) {
        Answers.answer(
                response,
                () -> {
                    List<String> addresses =
                            guests.detach(request.getNamespace(), request.getName());
                    if (addresses.isEmpty()) {
                        throw new NotFoundException(
                                "machine must have a VF: name=" + request.getName());
                    }
                    return DetachVfResponse.newBuilder().addAllPciAddresses(addresses).build();
                });
    }
}
