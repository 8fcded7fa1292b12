package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.manifest.ServiceAssignment;
import io.virtdataplane.manifest.ServiceSpec;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.Port;
import io.virtdataplane.manifest.ServiceSpec.Traffic;
import io.virtdataplane.manifest.ServiceSpec.Type;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A Service in force: what its manifest asks for, and what it was given. */
public record StandingService(ServiceSpec spec, ServiceAssignment has) {
    /** What has endpoints of its own. */
    record PortAndFamily(Port port, Family family) {
        boolean isIpv6() {
            return family == Family.IPv6;
        }
    }

    List<PortAndFamily> ports() {
        List<PortAndFamily> all = new ArrayList<>();
        if (spec.type() != Type.ExternalName) {
            for (Port port : spec.ports()) {
                has.families().forEach(family -> all.add(new PortAndFamily(port, family)));
            }
        }
        return all;
    }

    /** Where clients find it; nowhere where it is headless. */
    List<AccessPoint> accessPoints(PortAndFamily of) {
        List<AccessPoint> all = new ArrayList<>();
        if (!spec.needsClusterIp()) {
            return all;
        }
        int port = of.port().port();
        add(all, Access.CLUSTER_IP, has.clusterIps(), of);
        add(all, Access.EXTERNAL_IP, spec.addresses().externalIps(), of);
        add(all, Access.LOAD_BALANCER, has.loadBalancer(), of);
        int nodePort = has.nodePort(of.port());
        if (nodePort != 0) {
            all.add(new AccessPoint(Access.NODE_PORT, 0, 0, nodePort));
        }
        return all;
    }

    private static void add(
            List<AccessPoint> all, Access access, List<String> addresses, PortAndFamily of) {
        addresses.stream()
                .filter(address -> Family.of(address) == of.family())
                .map(AddressText::ip)
                .forEach(ip -> all.add(new AccessPoint(access, ip[0], ip[1], of.port().port())));
    }

    Policy policy(Family family) {
        Traffic traffic = spec.traffic();
        return new Policy(
                traffic.internal() == ServiceSpec.Policy.Local,
                traffic.external().filter(ServiceSpec.Policy.Local::equals).isPresent(),
                traffic.affinitySeconds(),
                Policy.ofFamily(spec.loadBalancer().sourceRanges(), family));
    }

    /** It has all its addresses, or asks for none of a load balancer. */
    boolean isServed() {
        return spec.type() != Type.LoadBalancer
                || Stream.of(Family.values())
                        .filter(has.families()::contains)
                        .allMatch(
                                family ->
                                        has.loadBalancer().stream()
                                                .anyMatch(each -> Family.of(each) == family));
    }
}
