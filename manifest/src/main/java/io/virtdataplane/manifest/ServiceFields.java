package io.virtdataplane.manifest;

/** The fields of a Service, as the core API v1 has them, and what becomes of each. */
final class ServiceFields {
    static final FieldTable SPEC =
            FieldTable.of(
                            "allocateLoadBalancerNodePorts",
                            "clusterIP",
                            "clusterIPs",
                            "externalIPs",
                            "externalName",
                            "externalTrafficPolicy",
                            "healthCheckNodePort",
                            "internalTrafficPolicy",
                            "ipFamilies",
                            "ipFamilyPolicy",
                            "loadBalancerClass",
                            "loadBalancerSourceRanges",
                            "ports",
                            "publishNotReadyAddresses",
                            "selector",
                            "sessionAffinity",
                            "sessionAffinityConfig",
                            "trafficDistribution",
                            "type")
                    .leaving(
                            "the address comes from the pool, as it is deprecated in Kubernetes",
                            "loadBalancerIP");

    static final FieldTable PORT =
            FieldTable.of("name", "nodePort", "port", "protocol", "targetPort")
                    .leaving("nothing above the port is looked at", "appProtocol");

    static final FieldTable AFFINITY = FieldTable.of("clientIP");

    static final FieldTable CLIENT_IP = FieldTable.of("timeoutSeconds");

    private ServiceFields() {}
}
