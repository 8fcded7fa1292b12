package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.service.Endpoints.Found;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.StandingService.PortAndFamily;
import io.virtdataplane.manifest.ServiceSpec.Port;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Who serves a Service now, and who of those that it selects does not.
 *
 * @param missing each reason of a machine once
 */
public record ServiceEndpoints(List<OfPort> endpoints, List<NotServing> missing) {
    /** Of one port in one family. */
    public record OfPort(Port port, List<Endpoint> endpoints) {}

    /**
     * @param machine NAMESPACE/NAME
     * @param why in words, with the port where it is about one
     */
    public record NotServing(String machine, String why) {}

    /**
     * @param machines all that have a NIC here
     */
    public static Function<StandingService, ServiceEndpoints> among(List<Backend> machines) {
        Selection machinesByLabel = new Selection(machines);
        return service -> of(service, machinesByLabel.of(service.spec()));
    }

    private static ServiceEndpoints of(StandingService service, List<Backend> selected) {
        List<OfPort> endpoints = new ArrayList<>();
        Set<NotServing> missing = new LinkedHashSet<>();
        for (PortAndFamily each : service.ports()) {
            Found found = Endpoints.of(each.port(), each.family(), selected);
            endpoints.add(new OfPort(each.port(), found.endpoints()));
            found.missing()
                    .forEach(
                            one ->
                                    missing.add(
                                            new NotServing(one.machine(), why(each.port(), one))));
        }
        return new ServiceEndpoints(endpoints, List.copyOf(missing));
    }

    private static String why(Port port, Endpoints.Missing missing) {
        return missing.isClosed()
                ? "targetPort "
                        + port.targetPort()
                        + "/"
                        + port.protocolName()
                        + " "
                        + missing.why()
                : missing.why();
    }
}
