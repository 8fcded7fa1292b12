package io.virtdataplane.daemon.control;

import io.grpc.stub.StreamObserver;
import io.virtdataplane.daemon.api.ApplyRequest;
import io.virtdataplane.daemon.api.ApplyResponse;
import io.virtdataplane.daemon.api.DeleteRequest;
import io.virtdataplane.daemon.api.DeleteResponse;
import io.virtdataplane.daemon.api.ListAttachmentDefinitionsRequest;
import io.virtdataplane.daemon.api.ListAttachmentDefinitionsResponse;
import io.virtdataplane.daemon.api.ListBridgesRequest;
import io.virtdataplane.daemon.api.ListBridgesResponse;
import io.virtdataplane.daemon.api.ListGroupsRequest;
import io.virtdataplane.daemon.api.ListGroupsResponse;
import io.virtdataplane.daemon.api.ListPoliciesRequest;
import io.virtdataplane.daemon.api.ListPoliciesResponse;
import io.virtdataplane.daemon.api.ListStationsRequest;
import io.virtdataplane.daemon.api.ListStationsResponse;
import io.virtdataplane.daemon.api.NetworksGrpc;
import io.virtdataplane.daemon.api.SetStationRequest;
import io.virtdataplane.daemon.api.SetStationResponse;
import io.virtdataplane.daemon.network.NetworkObjects;

/** The gRPC service of bridge networks. */
public final class NetworksService extends NetworksGrpc.NetworksImplBase {
    private static final int DEFAULT_ENTRIES = 1000;
    private static final int MAX_ENTRIES = 100_000;
    private final NetworkObjects networks;
    private final ObjectFiles files;

    public NetworksService(NetworkObjects networks, ObjectFiles files) {
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
