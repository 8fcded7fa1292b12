package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Addresses;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import java.util.ArrayList;
import java.util.List;

/**
 * Which address families a Service gets from a node, or a cluster, that has one or two (kubernetes,
 * pkg/registry/core/service/storage/alloc.go: initIPFamilyFields).
 *
 * @param families the first is that of clusterIP
 */
public record ServiceFamilies(FamilyPolicy policy, List<Family> families) {
    private static final String DUAL =
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple ";

    /**
     * Of a new Service.
     *
     * @param configured of which there are networks for Services; the first is the default
     */
    public static ServiceFamilies of(ServiceSpec service, List<Family> configured) {
        Addresses addresses = service.addresses();
        boolean isFree = addresses.isHeadless() && service.selector().isEmpty();
        FamilyPolicy policy =
                addresses
                        .familyPolicy()
                        .orElse(isFree ? FamilyPolicy.RequireDualStack : FamilyPolicy.SingleStack);
        FieldErrors errors = new FieldErrors();
        checkCount(addresses, policy, errors);
        List<Family> families = inferred(addresses, configured, errors);
        errors.refuse();
        if (!isFree) {
            checkConfigured(policy, families, configured, errors);
            errors.refuse();
        }
        if (families.isEmpty()) {
            families.add(configured.getFirst());
        }
        boolean hasBoth = isFree || configured.size() == 2;
        if (policy != FamilyPolicy.SingleStack && families.size() == 1 && hasBoth) {
            families.add(families.getFirst().other());
        }
        return new ServiceFamilies(policy, List.copyOf(families));
    }

    private static void checkCount(Addresses addresses, FamilyPolicy policy, FieldErrors errors) {
        if (policy != FamilyPolicy.SingleStack) {
            return;
        }
        if (addresses.clusterIps().size() == 2) {
            errors.invalid("spec.ipFamilyPolicy", policy, DUAL + "cluster IPs are specified");
        }
        if (addresses.families().size() == 2) {
            errors.invalid("spec.ipFamilyPolicy", policy, DUAL + "IP families are specified");
        }
    }

    /** Those asked for, and those of the addresses asked for. */
    private static List<Family> inferred(
            Addresses addresses, List<Family> configured, FieldErrors errors) {
        List<Family> families = new ArrayList<>(addresses.families());
        List<String> ips = addresses.isHeadless() ? List.of() : addresses.clusterIps();
        for (int i = families.size(); i < ips.size(); i++) {
            Family family = Family.of(ips.get(i));
            if (configured.contains(family)) {
                families.add(family);
            } else {
                errors.invalid(
                        "spec.clusterIPs[" + i + "]",
                        ips,
                        family + " is not configured on this cluster");
            }
        }
        return families;
    }

    private static void checkConfigured(
            FamilyPolicy policy,
            List<Family> families,
            List<Family> configured,
            FieldErrors errors) {
        if (policy == FamilyPolicy.RequireDualStack && configured.size() < 2) {
            errors.invalid(
                    "spec.ipFamilyPolicy",
                    policy,
                    "this cluster is not configured for dual-stack services");
        }
        for (int i = 0; i < families.size(); i++) {
            if (!configured.contains(families.get(i))) {
                errors.invalid(
                        "spec.ipFamilies[" + i + "]",
                        families.get(i),
                        "not configured on this cluster");
            }
        }
    }
}
