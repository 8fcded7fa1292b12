package io.virtdataplane.daemon.control;

import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.ApplyResponse;
import io.virtdataplane.api.DeleteRequest;
import io.virtdataplane.api.DeleteResponse;
import io.virtdataplane.api.ListAttachmentDefinitionsRequest;
import io.virtdataplane.api.ListAttachmentDefinitionsResponse;
import io.virtdataplane.api.ListBridgesRequest;
import io.virtdataplane.api.ListBridgesResponse;
import io.virtdataplane.api.ListGroupsRequest;
import io.virtdataplane.api.ListGroupsResponse;
import io.virtdataplane.api.ListPoliciesRequest;
import io.virtdataplane.api.ListPoliciesResponse;
import io.virtdataplane.api.ListStationsRequest;
import io.virtdataplane.api.ListStationsResponse;
import io.virtdataplane.api.NetworksGrpc;
import io.virtdataplane.api.SetStationRequest;
import io.virtdataplane.api.SetStationResponse;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.rpc.Answers;

/** The gRPC service of bridge networks. */
public final class NetworksService extends NetworksGrpc.NetworksImplBase {
    private static final int DEFAULT_ENTRIES = 1000;
    private static final int MAX_ENTRIES = 100_000;
    private final NetworkObjects networks;
    private final Objects files;

    public NetworksService(NetworkObjects networks, Objects files) {
        this.networks = networks;
        this.files = files;
    }

    @Override
    public void apply(ApplyRequest request, StreamObserver<ApplyResponse> response) {
        Answers.answer(
                response,
                () -> ApplyResponse.newBuilder().addAllObjects(files.apply(request)).build());
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> response) {
        Answers.answer(
                response,
                () -> DeleteResponse.newBuilder().addAllObjects(files.delete(request)).build());
    }

    @Override
    public void listBridges(
            ListBridgesRequest request, StreamObserver<ListBridgesResponse> response) {
        Answers.answer(
                response,
                () -> ListBridgesResponse.newBuilder().addAllBridges(networks.bridges()).build());
    }

    @Override
    public void listStations(
            ListStationsRequest request, StreamObserver<ListStationsResponse> response) {
        Answers.answer(
                response, () -> networks.stations(request.getBridge(), limit(request.getLimit())));
    }

    @Override
    public void listGroups(ListGroupsRequest request, StreamObserver<ListGroupsResponse> response) {
        Answers.answer(
                response, () -> networks.groups(request.getBridge(), limit(request.getLimit())));
    }

    private static int limit(int asked) {
        int limit = asked == 0 ? DEFAULT_ENTRIES : asked;
        if (limit < 1 || limit > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "limit must be 1-" + MAX_ENTRIES + ": limit=" + limit);
        }
        return limit;
    }

    @Override
    public void setStation(SetStationRequest request, StreamObserver<SetStationResponse> response) {
        Answers.answer(
                response,
                () -> {
                    networks.setStation(request);
                    return SetStationResponse.getDefaultInstance();
                });
    }

    @Override
    public void listPolicies(
            ListPoliciesRequest request, StreamObserver<ListPoliciesResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListPoliciesResponse.newBuilder()
                                .addAllPolicies(networks.policies())
                                .build());
    }

    @Override
    public void listAttachmentDefinitions(
            ListAttachmentDefinitionsRequest request,
            StreamObserver<ListAttachmentDefinitionsResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListAttachmentDefinitionsResponse.newBuilder()
                                .addAllDefinitions(networks.definitions())
                                .build());
    }
}
