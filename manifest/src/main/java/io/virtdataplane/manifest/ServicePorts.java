package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Port;
import io.virtdataplane.manifest.ServiceSpec.Type;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads spec.ports of a Service. */
final class ServicePorts {
    private static final Map<String, Integer> NUMBER_BY_PROTOCOL =
            Map.of("TCP", Protocols.TCP, "UDP", Protocols.UDP, "SCTP", Protocols.SCTP);
    private final Type type;
    private final FieldErrors errors;
    private final Set<String> names = new HashSet<>();
    private final Set<String> seen = new HashSet<>();

    ServicePorts(Type type, FieldErrors errors) {
        this.type = type;
        this.errors = errors;
    }

    /**
     * @param mayBeEmpty a Service without an address needs none
     */
    List<Port> read(Fields spec, boolean mayBeEmpty) {
        List<Fields> listed = spec.list("ports");
        if (listed.isEmpty() && !mayBeEmpty) {
            errors.required(spec.child("ports"));
        }
        List<Port> ports = new ArrayList<>();
        for (Fields port : listed) {
            port.check(ServiceFields.PORT);
            ports.add(port(port, listed.size() > 1));
        }
        return List.copyOf(ports);
    }

    private Port port(Fields port, boolean needsName) {
        String protocol = port.text("protocol", "");
        String known = protocol.isEmpty() ? "TCP" : protocol;
        if (!NUMBER_BY_PROTOCOL.containsKey(known)) {
            errors.unsupported(port.child("protocol"), known, NUMBER_BY_PROTOCOL.keySet());
        }
        long number = port.number("port", 0);
        NameRules.portNumber(number)
                .forEach(rule -> errors.invalid(port.child("port"), number, rule));
        if (!seen.add(known + "/" + number)) {
            errors.duplicate(port.path(), known + "/" + number);
        }
        return new Port(
                name(port, needsName),
                NUMBER_BY_PROTOCOL.getOrDefault(known, 0),
                (int) number,
                target(port, number),
                nodePort(port, known),
                port.text("appProtocol", ""));
    }

    private String name(Fields port, boolean isNeeded) {
        String name = port.text("name", "");
        String path = port.child("name");
        if (name.isEmpty()) {
            if (isNeeded) {
                errors.required(path);
            }
            return name;
        }
        NameRules.label(name).forEach(rule -> errors.invalid(path, name, rule));
        if (!names.add(name)) {
            errors.duplicate(path, name);
        }
        return name;
    }

    /** A number in quotes is a name, and refused for having no letter, as in Kubernetes. */
    private String target(Fields port, long otherwise) {
        String path = port.child("targetPort");
        String target = port.textOrNumber("targetPort");
        if (target.isEmpty() || target.equals("0")) {
            return String.valueOf(otherwise);
        }
        if (port.isNumber("targetPort")) {
            long number = port.number("targetPort", 0);
            NameRules.portNumber(number).forEach(rule -> errors.invalid(path, number, rule));
        } else {
            NameRules.portName(target).forEach(rule -> errors.invalid(path, target, rule));
        }
        return target;
    }

    private int nodePort(Fields port, String protocol) {
        long number = port.number("nodePort", 0);
        String path = port.child("nodePort");
        if (number == 0) {
            return 0;
        }
        if (type == Type.ClusterIP) {
            errors.forbidden(path, "may not be used when `type` is 'ClusterIP'");
        }
        // Kubernetes leaves this to its allocator, which knows a narrower range.
        NameRules.portNumber(number).forEach(rule -> errors.invalid(path, number, rule));
        if (!seen.add("node " + protocol + "/" + number)) {
            errors.duplicate(path, number);
        }
        return (int) number;
    }
}
