package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * An EndpointSlice of Kubernetes before 1.21. It differs from later ones in that the node of an
 * endpoint stands in a map, topology.
 */
@Group("discovery.k8s.io")
@Version("v1beta1")
@Kind("EndpointSlice")
@Singular("endpointslice")
@Plural("endpointslices")
public final class EarlierEndpointSlice extends EndpointSlice {}
