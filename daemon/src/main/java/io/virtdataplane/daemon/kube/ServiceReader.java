package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerStatus;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A Service of the API server, with its EndpointSlices, as the packet path has it: what kube-proxy
 * would program for a pod of this node. The numbers of ports are not chosen yet.
 */
final class ServiceReader {
    private static final int AFFINITY_SECONDS = 10_800; // the API server's default
    private final SliceEndpoints endpoints;

    ServiceReader(SliceEndpoints.Place here) {
        this.endpoints = new SliceEndpoints(here);
    }

    /** Nothing of one that is headless or stands for a name. */
    List<ServicePort> read(Service service, Collection<EndpointSlice> slices) {
        List<ServicePort> all = new ArrayList<>();
        ServiceSpec spec = service.getSpec();
        if (spec == null || spec.getPorts() == null || !hasAddress(spec)) {
            return all;
        }
        for (io.fabric8.kubernetes.api.model.ServicePort port : spec.getPorts()) {
            for (Family family : Family.values()) {
                List<AccessPoint> at = accessPoints(service, port.getPort(), family);
                if (!at.isEmpty()) {
                    all.add(port(service, port, family, at, slices));
                }
            }
        }
        return all;
    }

    private static boolean hasAddress(ServiceSpec spec) {
        String address = spec.getClusterIP();
        return !"ExternalName".equals(spec.getType())
                && address != null
                && !address.isEmpty()
                && !address.equals("None");
    }

    private ServicePort port(
            Service service,
            io.fabric8.kubernetes.api.model.ServicePort port,
            Family family,
            List<AccessPoint> at,
            Collection<EndpointSlice> slices) {
        String name = port.getName() == null ? "" : port.getName();
        return new ServicePort(
                0,
                service.getMetadata().getNamespace() + "/" + service.getMetadata().getName(),
                name,
                protocol(port.getProtocol()),
                family == Family.IPv6,
                at,
                endpoints.of(name, protocol(port.getProtocol()), family, slices),
                policy(service.getSpec(), family));
    }

    /** TCP where it is not said. */
    static int protocol(String name) {
        return switch (name == null ? "TCP" : name) {
            case "UDP" -> Protocols.UDP;
            case "SCTP" -> Protocols.SCTP;
            default -> Protocols.TCP;
        };
    }

    /** Node ports are others' affair: kube-proxy's, or whoever does its work. */
    private static List<AccessPoint> accessPoints(Service service, int port, Family family) {
        ServiceSpec spec = service.getSpec();
        List<String> own = some(spec.getClusterIPs());
        List<AccessPoint> all = new ArrayList<>();
        List<String> cluster = own.isEmpty() ? List.of(spec.getClusterIP()) : own;
        all.addAll(of(Access.CLUSTER_IP, cluster, family, port));
        all.addAll(of(Access.EXTERNAL_IP, some(spec.getExternalIPs()), family, port));
        all.addAll(of(Access.LOAD_BALANCER, balancers(service), family, port));
        return all;
    }

    private static List<AccessPoint> of(
            Access access, List<String> addresses, Family family, int port) {
        return addresses.stream()
                .filter(address -> Family.of(address) == family)
                .map(AddressText::ip)
                .map(ip -> new AccessPoint(access, ip[0], ip[1], port))
                .toList();
    }

    /** Those with ipMode Proxy want to see the client first (KEP 1860). */
    private static List<String> balancers(Service service) {
        LoadBalancerStatus status =
                service.getStatus() == null ? null : service.getStatus().getLoadBalancer();
        return status == null
                ? List.of()
                : some(status.getIngress()).stream()
                        .filter(each -> !"Proxy".equals(each.getIpMode()))
                        .map(LoadBalancerIngress::getIp)
                        .filter(ip -> ip != null && !ip.isEmpty())
                        .distinct()
                        .toList();
    }

    private static Policy policy(ServiceSpec spec, Family family) {
        List<String> ranges =
                some(spec.getLoadBalancerSourceRanges()).stream().map(String::strip).toList();
        return new Policy(
                "Local".equals(spec.getInternalTrafficPolicy()),
                "Local".equals(spec.getExternalTrafficPolicy()),
                affinitySeconds(spec),
                Policy.ofFamily(ranges, family));
    }

    private static int affinitySeconds(ServiceSpec spec) {
        if (!"ClientIP".equals(spec.getSessionAffinity())) {
            return 0;
        }
        boolean isGiven =
                spec.getSessionAffinityConfig() != null
                        && spec.getSessionAffinityConfig().getClientIP() != null
                        && spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds()
                                != null;
        return isGiven
                ? spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds()
                : AFFINITY_SECONDS;
    }

    private static <T> List<T> some(List<T> list) {
        return list == null ? List.of() : list;
    }
}
