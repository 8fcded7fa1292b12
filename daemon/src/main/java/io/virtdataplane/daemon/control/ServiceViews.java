package io.virtdataplane.daemon.control;

import io.virtdataplane.api.ListServicesResponse;
import io.virtdataplane.api.Service;
import io.virtdataplane.api.ServiceEndpoint;
import io.virtdataplane.api.ServiceMissing;
import io.virtdataplane.daemon.service.Backend;
import io.virtdataplane.daemon.service.ServiceEndpoints;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceObjects;
import io.virtdataplane.daemon.service.StandingService;
import io.virtdataplane.manifest.ServiceObject;
import io.virtdataplane.wire.AddressText;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** Services, as the API has them. */
public final class ServiceViews {
    private final ServiceObjects services;
    private final Supplier<List<Backend>> machines;

    /**
     * @param machines all that have a NIC here
     */
    public ServiceViews(ServiceObjects services, Supplier<List<Backend>> machines) {
        this.services = services;
        this.machines = machines;
    }

    ListServicesResponse list() {
        Function<StandingService, ServiceEndpoints> now = ServiceEndpoints.among(machines.get());
        ListServicesResponse.Builder listed = ListServicesResponse.newBuilder();
        services.all().forEach(service -> listed.addServices(view(service, now.apply(service))));
        return listed.build();
    }

    private static Service view(StandingService service, ServiceEndpoints found) {
        Service.Builder view =
                Service.newBuilder()
                        .setNamespace(service.spec().namespace())
                        .setName(service.spec().ownName())
                        .setObject(ServiceObject.json(service.spec(), service.has()));
        found.endpoints()
                .forEach(
                        each ->
                                each.endpoints()
                                        .forEach(
                                                endpoint ->
                                                        view.addEndpoints(
                                                                endpoint(each, endpoint))));
        found.missing()
                .forEach(
                        each ->
                                view.addMissing(
                                        ServiceMissing.newBuilder()
                                                .setMachine(each.machine())
                                                .setReason(each.why())));
        return view.build();
    }

    private static ServiceEndpoint endpoint(ServiceEndpoints.OfPort of, Endpoint endpoint) {
        return ServiceEndpoint.newBuilder()
                .setMachine(endpoint.server())
                .setPortName(of.port().name())
                .setServicePort(of.port().port())
                .setProtocol(of.port().protocolName())
                .setAddress(AddressText.ip(endpoint.high(), endpoint.low()))
                .setPort(endpoint.port())
                .setReady(endpoint.state().isReady())
                .setServing(endpoint.state().isServing())
                .setTerminating(endpoint.state().isTerminating())
                .build();
    }
}
