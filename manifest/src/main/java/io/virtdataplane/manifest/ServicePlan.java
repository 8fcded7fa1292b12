package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Addresses;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import io.virtdataplane.manifest.ServiceSpec.LoadBalancer;
import io.virtdataplane.manifest.ServiceSpec.Port;
import io.virtdataplane.manifest.ServiceSpec.Traffic;
import io.virtdataplane.manifest.ServiceSpec.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a Service is to have: all that is asked for, and what is known of the rest. An update keeps
 * what was allocated to the version before, and may not change some of it (kubernetes,
 * pkg/apis/core/validation: ValidateServiceUpdate; pkg/registry/core/service/storage/storage.go:
 * patchAllocatedValues).
 *
 * @param spec with what is kept written in as if it were asked for
 * @param families empty: it stands for a name
 */
public record ServicePlan(ServiceSpec spec, Optional<ServiceFamilies> families) {
    private static final String ONCE = "may not change once set";

    /**
     * Of a new one.
     *
     * @param configured families of which there are networks for Services; the first is the default
     */
    public static ServicePlan create(ServiceSpec spec, List<Family> configured) {
        return new ServicePlan(spec, families(spec, configured));
    }

    private static Optional<ServiceFamilies> families(ServiceSpec spec, List<Family> configured) {
        return spec.type() == Type.ExternalName
                ? Optional.empty()
                : Optional.of(ServiceFamilies.of(spec, configured));
    }

    /**
     * Of another version of one that there is.
     *
     * @param had what {@code before} had
     */
    public static ServicePlan update(
            ServiceSpec before,
            ServiceAssignment had,
            ServiceSpec wanted,
            List<Family> configured) {
        FieldErrors errors = new FieldErrors();
        checkClass(before, wanted, errors);
        ServiceSpec kept = withPorts(before, had, wanted, errors);
        if (before.type() == Type.ExternalName || wanted.type() == Type.ExternalName) {
            errors.refuse();
            return create(kept, configured);
        }
        Addresses addresses = addresses(before.addresses(), had, wanted.addresses());
        checkAddresses(had, addresses, wanted.type(), errors);
        errors.refuse();
        ServiceSpec spec = with(kept, kept.ports(), addresses, kept.traffic());
        boolean staysAsItIs = // also where the node has got a second family, or lost it
                had.policy().isPresent()
                        && before.addresses()
                                .familyPolicy()
                                .equals(wanted.addresses().familyPolicy())
                        && addresses.clusterIps().equals(had.clusterIps())
                        && addresses.families().equals(had.families());
        return new ServicePlan(
                spec,
                staysAsItIs
                        ? Optional.of(
                                new ServiceFamilies(had.policy().orElseThrow(), had.families()))
                        : families(spec, configured));
    }

    private static ServiceSpec with(
            ServiceSpec spec, List<Port> ports, Addresses addresses, Traffic traffic) {
        return new ServiceSpec(
                spec.name(),
                spec.notes(),
                spec.type(),
                spec.externalName(),
                spec.selector(),
                ports,
                addresses,
                traffic,
                spec.loadBalancer());
    }

    private static void checkClass(ServiceSpec before, ServiceSpec wanted, FieldErrors errors) {
        LoadBalancer asked = wanted.loadBalancer();
        boolean changes = !before.loadBalancer().className().equals(asked.className());
        boolean areBoth = before.type() == Type.LoadBalancer && wanted.type() == Type.LoadBalancer;
        if (areBoth && changes) {
            errors.invalid("spec.loadBalancerClass", asked.className(), ONCE);
        }
    }

    /** A port keeps its node port by its name, unless another port asks for that one. */
    private static ServiceSpec withPorts(
            ServiceSpec before, ServiceAssignment had, ServiceSpec wanted, FieldErrors errors) {
        List<Port> ports = new ArrayList<>(wanted.ports());
        if (before.needsNodePorts() && wanted.needsNodePorts()) {
            Set<Integer> asked = new HashSet<>();
            wanted.ports().forEach(port -> asked.add(port.nodePort()));
            for (int i = 0; i < ports.size(); i++) {
                Port port = ports.get(i);
                int number = had.nodePort(port);
                if (port.nodePort() == 0 && number != 0 && asked.add(number)) {
                    ports.set(i, port.withNodePort(number));
                }
            }
        }
        Traffic traffic = wanted.traffic();
        if (before.needsHealthCheck() && wanted.needsHealthCheck()) {
            int asked = traffic.healthCheckNodePort();
            if (asked != 0 && asked != had.healthCheckNodePort()) {
                errors.invalid("spec.healthCheckNodePort", asked, "field is immutable");
            }
            traffic = traffic.withHealthCheck(had.healthCheckNodePort());
        }
        return with(wanted, List.copyOf(ports), wanted.addresses(), traffic);
    }

    /**
     * Of two that there are the second is given up by SingleStack alone, or by a list that has
     * become shorter.
     */
    private static Addresses addresses(Addresses before, ServiceAssignment had, Addresses wanted) {
        Optional<FamilyPolicy> policy = wanted.familyPolicy().or(had::policy);
        boolean isSingle = policy.filter(FamilyPolicy.SingleStack::equals).isPresent();
        return new Addresses(
                kept(before.clusterIps(), had.clusterIps(), wanted.clusterIps(), isSingle),
                kept(before.families(), had.families(), wanted.families(), isSingle),
                policy,
                wanted.externalIps());
    }

    private static <T> List<T> kept(
            List<T> askedBefore, List<T> had, List<T> wanted, boolean isSingle) {
        boolean isFirst =
                wanted.size() == 1
                        && !had.isEmpty()
                        && wanted.getFirst().equals(had.getFirst())
                        && askedBefore.size() < 2;
        boolean isKept = wanted.isEmpty() || isFirst || wanted.equals(had);
        if (!isKept) {
            return wanted;
        }
        return isSingle && had.size() > 1 ? had.subList(0, 1) : had;
    }

    private static void checkAddresses(
            ServiceAssignment had, Addresses wanted, Type type, FieldErrors errors) {
        boolean wasHeadless = had.clusterIps().equals(List.of(ServiceSpec.NONE));
        if (wasHeadless && wanted.isHeadless()) {
            if (type != Type.ClusterIP) {
                errors.invalid(
                        "spec.clusterIPs[0]",
                        ServiceSpec.NONE,
                        "may not be set to 'None' for " + type + " services");
            }
            return; // its families may change
        }
        checkSame("spec.clusterIPs", had.clusterIps(), wanted.clusterIps(), errors);
        if (!wasHeadless && !wanted.isHeadless()) {
            checkSame("spec.ipFamilies", had.families(), wanted.families(), errors);
            checkReleased("clusterIP", had.clusterIps(), wanted.clusterIps(), wanted, errors);
            checkReleased("ipFamily", had.families(), wanted.families(), wanted, errors);
        }
    }

    private static <T> void checkSame(
            String path, List<T> had, List<T> wanted, FieldErrors errors) {
        int compared = had.size() == wanted.size() ? had.size() : 1;
        for (int i = 0; i < compared; i++) {
            boolean changes =
                    had.size() > i && wanted.size() > i && !had.get(i).equals(wanted.get(i));
            if (changes) {
                errors.invalid(path + "[" + i + "]", wanted, ONCE);
            }
        }
    }

    private static void checkReleased(
            String what, List<?> had, List<?> wanted, Addresses addresses, FieldErrors errors) {
        Optional<FamilyPolicy> policy = addresses.familyPolicy();
        boolean isSingle = policy.filter(FamilyPolicy.SingleStack::equals).isPresent();
        if (had.size() > 1 && wanted.size() == 1 && !isSingle) {
            errors.invalid(
                    "spec.ipFamilyPolicy",
                    policy.orElseThrow(),
                    "must be set to 'SingleStack' when releasing the secondary " + what);
        }
    }
}
