package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Addresses;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads which addresses a Service asks for, and of which families. */
final class ServiceAddresses {
    private final Fields spec;
    private final FieldErrors errors;

    ServiceAddresses(Fields spec, FieldErrors errors) {
        this.spec = spec;
        this.errors = errors;
    }

    Addresses read() {
        List<String> clusterIps = clusterIps();
        List<Family> families = families();
        Optional<FamilyPolicy> policy = familyPolicy();
        if (areAddresses(clusterIps)) {
            checkFamilies(clusterIps, families);
        }
        return new Addresses(clusterIps, families, policy, externalIps());
    }

    /** One whose name stands for another name has none. */
    Addresses readExternalName() {
        for (String field : List.of("clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
            boolean isGiven =
                    spec.isGiven(field)
                            || field.equals("clusterIPs") && !spec.text("clusterIP", "").isEmpty();
            if (isGiven) {
                errors.forbidden(spec.child(field), "may not be set for ExternalName services");
            }
        }
        return new Addresses(List.of(), List.of(), Optional.empty(), externalIps());
    }

    private List<String> clusterIps() {
        String first = spec.text("clusterIP", "");
        List<String> all = spec.texts("clusterIPs");
        String path = spec.child("clusterIPs");
        if (all.isEmpty()) {
            return first.isEmpty() ? List.of() : List.of(first);
        }
        if (first.isEmpty()) {
            errors.invalid(path, all, "must be empty when `clusterIP` is not specified");
        } else if (!all.getFirst().equals(first)) {
            errors.invalid(path, all, "first value must match `clusterIP`");
        }
        return all;
    }

    /** Whether they are sound so far, and not the word None. */
    private boolean areAddresses(List<String> clusterIps) {
        String path = spec.child("clusterIPs");
        boolean areValid = true;
        for (int i = 0; i < clusterIps.size(); i++) {
            String address = clusterIps.get(i);
            if (i == 0 && address.equals(ServiceSpec.NONE)) {
                if (clusterIps.size() > 1) {
                    errors.invalid(path, clusterIps, "'None' must be the first and only value");
                }
                areValid = false;
                continue;
            }
            for (String rule : AddressRules.address(address)) {
                errors.invalid(path + "[" + i + "]", address, rule);
                areValid = false;
            }
        }
        if (clusterIps.size() > 2) {
            errors.invalid(path, clusterIps, "may only hold up to 2 values");
        }
        return areValid;
    }

    private void checkFamilies(List<String> clusterIps, List<Family> families) {
        String path = spec.child("clusterIPs");
        long distinct = clusterIps.stream().map(Family::of).distinct().count();
        if (clusterIps.size() > 1 && (distinct < 2 || clusterIps.size() > 2)) {
            errors.invalid(path, clusterIps, "may specify no more than one IP for each IP family");
        }
        for (int i = 0; i < Math.min(clusterIps.size(), families.size()); i++) {
            if (Family.of(clusterIps.get(i)) != families.get(i)) {
                errors.invalid(
                        path + "[" + i + "]",
                        clusterIps.get(i),
                        "expected an "
                                + families.get(i)
                                + " value as indicated by `ipFamilies["
                                + i
                                + "]`");
            }
        }
    }

    private List<Family> families() {
        List<String> texts = spec.texts("ipFamilies");
        List<Family> families = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < texts.size(); i++) {
            String path = spec.child("ipFamilies") + "[" + i + "]";
            ServiceManifest.oneOf(Family.class, path, texts.get(i), errors)
                    .ifPresent(families::add);
            if (!seen.add(texts.get(i))) {
                errors.duplicate(path, texts.get(i));
            }
        }
        return List.copyOf(families);
    }

    private Optional<FamilyPolicy> familyPolicy() {
        String policy = spec.text("ipFamilyPolicy", "");
        return policy.isEmpty()
                ? Optional.empty()
                : ServiceManifest.oneOf(
                        FamilyPolicy.class, spec.child("ipFamilyPolicy"), policy, errors);
    }

    private List<String> externalIps() {
        List<String> all = spec.texts("externalIPs");
        for (int i = 0; i < all.size(); i++) {
            String path = spec.child("externalIPs") + "[" + i + "]";
            String address = all.get(i);
            List<String> wrong = AddressRules.address(address);
            (wrong.isEmpty() ? AddressRules.reachable(address) : wrong)
                    .forEach(rule -> errors.invalid(path, address, rule));
        }
        return all;
    }
}
