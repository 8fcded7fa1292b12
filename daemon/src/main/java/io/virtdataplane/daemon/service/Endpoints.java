package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.service.Backend.Address;
import io.virtdataplane.daemon.service.Backend.PodNic;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.State;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.Port;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Which machines serve a port of a Service, and why the others do not. */
final class Endpoints {
    private Endpoints() {}

    /**
     * A machine that a Service selects and that does not serve one of its ports.
     *
     * @param port of the Service, or null: the machine serves none
     * @param family null: of neither
     * @param isClosed the port of the machine is not open
     */
    record Missing(String machine, Port port, Family family, boolean isClosed, String why) {}

    /** Both halves, each in the order of the machines. */
    record Found(List<Endpoint> endpoints, List<Missing> missing) {}

    /** Of one port in one family. */
    static Found of(Port port, Family family, List<Backend> selected) {
        List<Endpoint> endpoints = new ArrayList<>();
        List<Missing> missing = new ArrayList<>();
        for (Backend backend : selected) {
            if (backend.nic().isEmpty()) {
                missing.add(new Missing(backend.machine(), null, null, false, backend.why()));
                continue;
            }
            PodNic nic = backend.nic().get();
            Address address = nic.address().get(family);
            OptionalInt target = target(port, nic);
            String closed = closed(port, target, nic);
            if (address == null) {
                String why = "its pod has no " + family + " address";
                missing.add(new Missing(backend.machine(), null, family, false, why));
            } else if (!closed.isEmpty()) {
                missing.add(new Missing(backend.machine(), port, family, true, closed));
            } else {
                endpoints.add(endpoint(backend, address, target.getAsInt()));
            }
        }
        return new Found(endpoints, missing);
    }

    /** One that is attached is up: it is detached when its pod ends. */
    private static Endpoint endpoint(Backend backend, Address at, int port) {
        return new Endpoint(backend.machine(), true, true, at.high(), at.low(), port, State.READY);
    }

    private static OptionalInt target(Port port, PodNic nic) {
        return port.hasTargetNumber()
                ? OptionalInt.of(port.targetNumber())
                : nic.ports().named(port.targetPort(), port.protocol());
    }

    /** Why the target is no open port of the machine; empty: it is one. */
    static String closed(Port port, PodNic nic) {
        return closed(port, target(port, nic), nic);
    }

    private static String closed(Port port, OptionalInt target, PodNic nic) {
        if (target.isEmpty()) {
            return "must be the name of a "
                    + port.protocolName()
                    + " port that the machine lists (interfaces[].ports)";
        }
        return nic.ports().closed(port.protocol(), target.getAsInt());
    }
}
