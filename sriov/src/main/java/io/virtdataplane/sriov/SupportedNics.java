package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;

/**
 * The cards that policies may select: the documentation's three, and those that the daemon's
 * settings add, as "vendor pf vf" in hexadecimal (the operator's supported-nic-ids).
 */
public final class SupportedNics {
    private static final List<String> DOCUMENTED =
            List.of(
                    "8086 158b 154c", // XXV710
                    "15b3 1015 1016", // ConnectX-4 Lx
                    "15b3 1017 1018"); // ConnectX-5
    private final List<String[]> models = new ArrayList<>();

    public SupportedNics(List<String> extra) {
        DOCUMENTED.forEach(this::add);
        extra.forEach(this::add);
    }

    private void add(String model) {
        if (!model.matches("[0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}")) {
            throw new IllegalArgumentException(
                    "supportedNics must be 'VENDOR PF VF' of four hexadecimal digits each: supportedNics="
                            + model);
        }
        models.add(model.split(" "));
    }

    boolean hasVendor(String vendor) {
        return models.stream().anyMatch(model -> model[0].equals(vendor));
    }

    boolean hasDevice(String deviceId) {
        return models.stream().anyMatch(model -> model[1].equals(deviceId));
    }

    boolean hasModel(String vendor, String deviceId) {
        return models.stream()
                .anyMatch(model -> model[0].equals(vendor) && model[1].equals(deviceId));
    }

    boolean has(PhysicalFunction pf) {
        return hasModel(pf.pci().vendor(), pf.pci().deviceId());
    }
}
