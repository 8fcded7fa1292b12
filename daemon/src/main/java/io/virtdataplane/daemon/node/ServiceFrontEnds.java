package io.virtdataplane.daemon.node;

import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.dataplane.FrontEnd;
import java.util.List;
import java.util.stream.Stream;

/**
 * What of Services the node's programs have to know. Node ports, and addresses for the outside,
 * obey the external traffic policy; the cluster's address the internal one.
 */
final class ServiceFrontEnds {
    private ServiceFrontEnds() {}

    static List<FrontEnd> of(ServiceMap services) {
        return services.ports().stream().flatMap(ServiceFrontEnds::frontEnds).toList();
    }

    private static Stream<FrontEnd> frontEnds(ServicePort port) {
        return port.accessPoints().stream().map(each -> frontEnd(port, each));
    }

    private static FrontEnd frontEnd(ServicePort port, ServiceMap.AccessPoint at) {
        Policy policy = port.policy();
        boolean isLocal =
                at.access() == Access.CLUSTER_IP
                        ? policy.isInternalLocal()
                        : policy.isExternalLocal();
        return port.frontEnd(at, port.key().inAllRuns(), isLocal);
    }
}
