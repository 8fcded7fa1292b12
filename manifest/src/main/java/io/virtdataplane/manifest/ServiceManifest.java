package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Addresses;
import io.virtdataplane.manifest.ServiceSpec.LoadBalancer;
import io.virtdataplane.manifest.ServiceSpec.Notes;
import io.virtdataplane.manifest.ServiceSpec.Policy;
import io.virtdataplane.manifest.ServiceSpec.Port;
import io.virtdataplane.manifest.ServiceSpec.Traffic;
import io.virtdataplane.manifest.ServiceSpec.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads and checks a Service of the core API v1, with the rules, the defaults and the words of the
 * API server (kubernetes, pkg/apis/core/validation: ValidateService). All that is wrong is said at
 * once.
 */
public final class ServiceManifest {
    static final String KIND = "Service";
    static final String DEFAULT_NAMESPACE = "default";
    private static final int DEFAULT_AFFINITY = 10_800; // seconds
    private static final int LONGEST_AFFINITY = 86_400;
    private static final Set<String> DISTRIBUTIONS =
            Set.of("PreferClose", "PreferSameNode", "PreferSameZone");
    private static final List<String> METALLB =
            List.of("metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs");
    private static final String ONLY_LOAD_BALANCER =
            "may only be used when `type` is 'LoadBalancer'";

    private final Fields spec;
    private final FieldErrors errors = new FieldErrors();

    private ServiceManifest(Fields spec) {
        this.spec = spec;
    }

    public static ServiceSpec parse(String manifest) {
        Fields root = Document.root(manifest);
        return Manifests.titled(root, () -> read(root));
    }

    static ServiceSpec read(Fields root) {
        root.check(Metadata.ROOT);
        String kind = root.text("kind", "");
        if (!kind.equals(KIND)) {
            throw root.error("kind", "must be " + KIND, kind);
        }
        String version = root.text("apiVersion", "");
        if (version.contains("/")) { // as Knative has one
            throw new NotOursException("it is not of the core API v1");
        }
        if (!version.equals("v1")) {
            throw root.error("apiVersion", "must be v1", version);
        }
        Metadata metadata = Metadata.named(root);
        String namespace =
                metadata.namespace().isEmpty() ? DEFAULT_NAMESPACE : metadata.namespace();
        Fields spec = root.object("spec");
        spec.check(ServiceFields.SPEC);
        Notes notes =
                new Notes(
                        root.object("metadata").textByName("labels"),
                        root.object("metadata").textByName("annotations"));
        return new ServiceManifest(spec).read(metadata.name(), namespace, notes);
    }

    private ServiceSpec read(String name, String namespace, Notes notes) {
        NameRules.label(name).forEach(rule -> errors.invalid("metadata.name", name, rule));
        checkLabels("metadata.labels", notes.labels());
        Type type = oneOf(Type.class, "type", Type.ClusterIP);
        ServiceAddresses reader = new ServiceAddresses(spec, errors);
        Addresses addresses = type == Type.ExternalName ? reader.readExternalName() : reader.read();
        boolean isInside = type == Type.ClusterIP || type == Type.ExternalName;
        if (addresses.isHeadless() && !isInside) {
            errors.invalid(
                    spec.child("clusterIPs[0]"),
                    ServiceSpec.NONE,
                    "may not be set to 'None' for " + type + " services");
        }
        String externalName = type == Type.ExternalName ? externalName() : "";
        List<Port> ports =
                new ServicePorts(type, errors)
                        .read(spec, addresses.isHeadless() || type == Type.ExternalName);
        boolean isExternal =
                !isInside || type == Type.ClusterIP && !addresses.externalIps().isEmpty();
        ServiceSpec service =
                new ServiceSpec(
                        namespace + "/" + name,
                        notes,
                        type,
                        externalName,
                        selector(),
                        ports,
                        addresses,
                        traffic(isExternal),
                        loadBalancer(type, notes));
        checkHealthPort(service);
        errors.refuse();
        return service;
    }

    private String externalName() {
        String name = spec.text("externalName", "");
        String path = spec.child("externalName");
        String undotted = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (undotted.isEmpty()) {
            errors.required(path);
        } else {
            NameRules.subdomain(undotted).forEach(rule -> errors.invalid(path, undotted, rule));
        }
        spec.warn(
                "externalName",
                "is kept and shown: names are answered by the cluster's DNS, not here");
        return name;
    }

    private Map<String, String> selector() {
        Map<String, String> selector = spec.textByName("selector");
        checkLabels(spec.child("selector"), selector);
        return selector;
    }

    private void checkLabels(String path, Map<String, String> labels) {
        labels.forEach(
                (key, value) -> {
                    NameRules.qualifiedName(key).forEach(rule -> errors.invalid(path, key, rule));
                    NameRules.labelValue(value).forEach(rule -> errors.invalid(path, value, rule));
                });
    }

    private Traffic traffic(boolean isExternal) {
        return new Traffic(
                oneOf(Policy.class, "internalTrafficPolicy", Policy.Cluster),
                external(isExternal),
                affinity(),
                (int) spec.number("healthCheckNodePort", 0),
                spec.flag("publishNotReadyAddresses").orElse(false),
                distribution());
    }

    private Optional<Policy> external(boolean isExternal) {
        String given = spec.text("externalTrafficPolicy", "");
        if (isExternal) {
            return Optional.of(oneOf(Policy.class, "externalTrafficPolicy", Policy.Cluster));
        }
        if (!given.isEmpty()) {
            errors.invalid(
                    spec.child("externalTrafficPolicy"),
                    given,
                    "may only be set for externally-accessible services");
        }
        return Optional.empty();
    }

    private int affinity() {
        String affinity = spec.text("sessionAffinity", "None");
        String path = spec.child("sessionAffinityConfig");
        Fields config = spec.object("sessionAffinityConfig");
        config.check(ServiceFields.AFFINITY);
        Fields client = config.object("clientIP");
        client.check(ServiceFields.CLIENT_IP);
        if (affinity.equals("None")) {
            if (spec.isGiven("sessionAffinityConfig")) {
                errors.forbidden(path, "must not be set when session affinity is None");
            }
            return 0;
        }
        if (!affinity.equals("ClientIP")) {
            errors.unsupported(
                    spec.child("sessionAffinity"), affinity, List.of("ClientIP", "None"));
            return 0;
        }
        long seconds = client.number("timeoutSeconds", DEFAULT_AFFINITY);
        if (seconds < 1 || seconds > LONGEST_AFFINITY) {
            errors.invalid(
                    client.child("timeoutSeconds"),
                    seconds,
                    "must be greater than 0 and less than " + LONGEST_AFFINITY);
        }
        return (int) seconds;
    }

    private String distribution() {
        String distribution = spec.text("trafficDistribution", "");
        if (!distribution.isEmpty() && !DISTRIBUTIONS.contains(distribution)) {
            errors.unsupported(spec.child("trafficDistribution"), distribution, DISTRIBUTIONS);
        }
        return distribution;
    }

    private LoadBalancer loadBalancer(Type type, Notes notes) {
        List<String> ranges =
                spec.texts("loadBalancerSourceRanges").stream().map(String::strip).toList();
        // The API server says this path with a capital letter, a slip of its own.
        String path = spec.child("LoadBalancerSourceRanges");
        for (int i = 0; i < ranges.size(); i++) {
            String at = path + "[" + i + "]";
            String range = ranges.get(i);
            AddressRules.cidr(range).forEach(rule -> errors.invalid(at, range, rule));
        }
        String className = spec.text("loadBalancerClass", "");
        if (type != Type.LoadBalancer) {
            if (!ranges.isEmpty()) {
                errors.forbidden(path, ONLY_LOAD_BALANCER);
            }
            for (String field : List.of("allocateLoadBalancerNodePorts", "loadBalancerClass")) {
                if (spec.isGiven(field)) {
                    errors.forbidden(spec.child(field), ONLY_LOAD_BALANCER);
                }
            }
        } else if (spec.isGiven("loadBalancerClass")) {
            NameRules.qualifiedName(className)
                    .forEach(
                            rule ->
                                    errors.invalid(
                                            spec.child("loadBalancerClass"), className, rule));
            spec.warn("loadBalancerClass", "is left to its load balancer, which gives the address");
        }
        return new LoadBalancer(
                className,
                type == Type.LoadBalancer ? askedAddresses(notes) : List.of(),
                ranges,
                spec.flag("allocateLoadBalancerNodePorts").orElse(true));
    }

    /** By its field, which is deprecated, or as users of MetalLB ask. */
    private List<String> askedAddresses(Notes notes) {
        Map<String, String> askedByPath = new LinkedHashMap<>();
        askedByPath.put(spec.child("loadBalancerIP"), spec.text("loadBalancerIP", ""));
        for (String annotation : METALLB) {
            askedByPath.put(
                    "metadata.annotations[" + annotation + "]",
                    notes.annotations().getOrDefault(annotation, ""));
        }
        Set<String> all = new LinkedHashSet<>();
        askedByPath.forEach(
                (path, asked) -> {
                    for (String address : asked.isBlank() ? new String[0] : asked.split(",", -1)) {
                        String plain = address.strip();
                        List<String> wrong = AddressRules.address(plain);
                        wrong.forEach(rule -> errors.invalid(path, plain, rule));
                        if (wrong.isEmpty()) {
                            all.add(AddressRules.canonical(plain));
                        }
                    }
                });
        return List.copyOf(all);
    }

    private void checkHealthPort(ServiceSpec service) {
        long port = spec.number("healthCheckNodePort", 0);
        String path = spec.child("healthCheckNodePort");
        if (port == 0) {
            return;
        }
        if (service.needsHealthCheck()) {
            NameRules.portNumber(port).forEach(rule -> errors.invalid(path, port, rule));
        } else {
            errors.invalid(
                    path,
                    port,
                    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
    }

    private <E extends Enum<E>> E oneOf(Class<E> values, String field, E otherwise) {
        String given = spec.text(field, "");
        return given.isEmpty()
                ? otherwise
                : oneOf(values, spec.child(field), given, errors).orElse(otherwise);
    }

    /** The value that is spelled so; empty, and an error, if there is none. */
    static <E extends Enum<E>> Optional<E> oneOf(
            Class<E> values, String path, String given, FieldErrors errors) {
        List<E> all = Arrays.asList(values.getEnumConstants());
        Optional<E> found = all.stream().filter(each -> each.name().equals(given)).findFirst();
        if (found.isEmpty()) {
            errors.unsupported(path, given, all.stream().map(Enum::name).toList());
        }
        return found;
    }
}
