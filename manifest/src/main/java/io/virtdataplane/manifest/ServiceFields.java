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
                            "loadBalancerIP",
                            "loadBalancerSourceRanges",
                            "ports",
                            "publishNotReadyAddresses",
                            "selector",
                            "sessionAffinity",
                            "sessionAffinityConfig",
                            "trafficDistribution",
                            "type")
                    .leaving(
                            "Kubernetes has given it up, trafficDistribution took its place",
                            "topologyKeys")
                    .leaving("Kubernetes has given it up, use ipFamilies", "ipFamily");

    static final FieldTable PORT =
            FieldTable.of("appProtocol", "name", "nodePort", "port", "protocol", "targetPort");

    static final FieldTable AFFINITY = FieldTable.of("clientIP");

    static final FieldTable CLIENT_IP = FieldTable.of("timeoutSeconds");

    private ServiceFields() {}
}
