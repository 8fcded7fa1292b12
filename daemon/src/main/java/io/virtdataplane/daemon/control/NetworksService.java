package io.virtdataplane.daemon.control;

import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.ApplyResponse;
import io.virtdataplane.api.DeleteRequest;
import io.virtdataplane.api.DeleteResponse;
import io.virtdataplane.api.GroupMember;
import io.virtdataplane.api.ListAttachmentDefinitionsRequest;
import io.virtdataplane.api.ListAttachmentDefinitionsResponse;
import io.virtdataplane.api.ListBridgesRequest;
import io.virtdataplane.api.ListBridgesResponse;
import io.virtdataplane.api.ListGroupsRequest;
import io.virtdataplane.api.ListGroupsResponse;
import io.virtdataplane.api.ListPoliciesRequest;
import io.virtdataplane.api.ListPoliciesResponse;
import io.virtdataplane.api.ListServicesRequest;
import io.virtdataplane.api.ListServicesResponse;
import io.virtdataplane.api.ListStationsRequest;
import io.virtdataplane.api.ListStationsResponse;
import io.virtdataplane.api.NetworksGrpc;
import io.virtdataplane.api.SetStationRequest;
import io.virtdataplane.api.SetStationResponse;
import io.virtdataplane.api.Station;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.network.StationEntry;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.FileResult;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.manifest.ObjectKind;
import java.util.List;

/** The gRPC service of objects of all kinds, and of bridges. */
public final class NetworksService extends NetworksGrpc.NetworksImplBase {
    private static final int DEFAULT_ENTRIES = 1000;
    private static final int MAX_ENTRIES = 100_000;
    private final Bridges bridges;
    private final NetworkObjects networks;
    private final Objects objects;
    private final ServiceViews services;

    public NetworksService(
            Bridges bridges, NetworkObjects networks, Objects objects, ServiceViews services) {
        this.services = services;
        this.bridges = bridges;
        this.networks = networks;
        this.objects = objects;
    }

    @Override
    public void apply(ApplyRequest request, StreamObserver<ApplyResponse> response) {
        Answers.answer(
                response,
                () -> {
                    ApplyOptions options =
                            ApplyOptions.of(
                                    request.getUplinks(),
                                    request.getHostPort(),
                                    request.getProbeSeconds());
                    FileResult applied =
                            request.getDryRun()
                                    ? objects.dryRun(request.getManifest(), options)
                                    : objects.apply(request.getManifest(), options);
                    return ApplyResponse.newBuilder()
                            .addAllObjects(ObjectViews.applied(applied.objects()))
                            .addAllLeft(ObjectViews.left(applied.left()))
                            .build();
                });
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> response) {
        Answers.answer(
                response,
                () -> {
                    FileResult deleted = delete(request);
                    return DeleteResponse.newBuilder()
                            .addAllObjects(ObjectViews.applied(deleted.objects()))
                            .addAllLeft(ObjectViews.left(deleted.left()))
                            .build();
                });
    }

    private FileResult delete(DeleteRequest request) {
        if (!request.getManifest().isEmpty()) {
            return objects.delete(request.getManifest());
        }
        ObjectKind kind = ObjectKind.of(request.getKind());
        return new FileResult(List.of(objects.delete(kind, request.getName())), List.of());
    }

    @Override
    public void listBridges(
            ListBridgesRequest request, StreamObserver<ListBridgesResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListBridgesResponse.newBuilder()
                                .addAllBridges(bridges.lookAll("", BridgeViews::bridge))
                                .build());
    }

    @Override
    public void listStations(
            ListStationsRequest request, StreamObserver<ListStationsResponse> response) {
        Answers.answer(
                response,
                () -> {
                    int limit = limit(request.getLimit());
                    ListStationsResponse.Builder listed = ListStationsResponse.newBuilder();
                    for (List<Station> each :
                            bridges.lookAll(request.getBridge(), BridgeViews::stations)) {
                        listed.setTotal(listed.getTotal() + each.size());
                        each.stream().limit(limit).forEach(listed::addStations);
                    }
                    return listed.build();
                });
    }

    @Override
    public void listGroups(ListGroupsRequest request, StreamObserver<ListGroupsResponse> response) {
        Answers.answer(
                response,
                () -> {
                    int limit = limit(request.getLimit());
                    ListGroupsResponse.Builder listed = ListGroupsResponse.newBuilder();
                    for (List<GroupMember> each :
                            bridges.lookAll(request.getBridge(), BridgeViews::groups)) {
                        listed.setTotal(listed.getTotal() + each.size());
                        each.stream().limit(limit).forEach(listed::addMembers);
                    }
                    return listed.build();
                });
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
                    StationEntry entry =
                            new StationEntry(
                                    request.getVlan(),
                                    request.getMac(),
                                    request.getPort(),
                                    request.getSticky());
                    bridges.look(
                            request.getBridge(),
                            open -> {
                                entry.putOn(open);
                                return open;
                            });
                    return SetStationResponse.getDefaultInstance();
                });
    }

    @Override
    public void listServices(
            ListServicesRequest request, StreamObserver<ListServicesResponse> response) {
        Answers.answer(response, services::list);
    }

    @Override
    public void listPolicies(
            ListPoliciesRequest request, StreamObserver<ListPoliciesResponse> response) {
        Answers.answer(
                response,
                () ->
                        ListPoliciesResponse.newBuilder()
                                .addAllPolicies(
                                        networks.policies().stream()
                                                .map(PolicyViews::policy)
                                                .toList())
                                .build());
    }

    @Override
    public void listAttachmentDefinitions(
            ListAttachmentDefinitionsRequest request,
            StreamObserver<ListAttachmentDefinitionsResponse> response) {
        Answers.answer(
                response,
                () -> {
                    ListAttachmentDefinitionsResponse.Builder listed =
                            ListAttachmentDefinitionsResponse.newBuilder();
                    networks.definitions()
                            .all()
                            .forEach(
                                    each ->
                                            listed.addDefinitions(
                                                    PolicyViews.definition(
                                                            each, networks.users(each.name()))));
                    return listed.build();
                });
    }
}
