package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;

/**
 * The cards that policies may select: those of the operator (its supported-nic-ids), and those that
 * the daemon's settings add, as "vendor pf vf" in hexadecimal.
 */
public final class SupportedNics {
    private static final List<String> OPERATORS =
            List.of(
                    // Intel: ixgbe and igb, i40e, ice
                    "8086 1563 1565",
                    "8086 10c9 10ca",
                    "8086 0d58 154c",
                    "8086 1572 154c",
                    "8086 1581 154c",
                    "8086 1583 154c",
                    "8086 1589 154c",
                    "8086 158a 154c",
                    "8086 158b 154c", // XXV710
                    "8086 15ff 154c",
                    "8086 1249 1889",
                    "8086 124a 1889",
                    "8086 124c 1889",
                    "8086 124d 1889",
                    "8086 12d2 1889",
                    "8086 12d3 1889",
                    "8086 1591 1889",
                    "8086 1592 1889", // E810
                    "8086 1593 1889",
                    "8086 1599 1889",
                    "8086 159b 1889",
                    "8086 188a 1889",
                    "8086 579c 1889",
                    "8086 579d 1889",
                    "8086 579e 1889",
                    // NVIDIA: ConnectX-4 to ConnectX-9, BlueField
                    "15b3 1013 1014",
                    "15b3 1015 1016", // ConnectX-4 Lx
                    "15b3 1017 1018", // ConnectX-5
                    "15b3 1019 101a",
                    "15b3 101b 101c",
                    "15b3 101d 101e",
                    "15b3 101f 101e",
                    "15b3 1021 101e",
                    "15b3 1023 101e",
                    "15b3 1025 101e",
                    "15b3 a2d6 101e",
                    "15b3 a2dc 101e",
                    // Broadcom
                    "14e4 16d7 16dc",
                    "14e4 1750 1806",
                    // QLogic
                    "1077 1654 1664",
                    // virtio
                    "1af4 1000 1000",
                    "1af4 1041 1041",
                    // Marvell OCTEON
                    "177d b100 b103",
                    "177d b200 b203",
                    "177d b600 b603",
                    "177d b900 b903",
                    "177d ba00 ba03",
                    // Amazon
                    "1d0f ec20 ec20");
    private final List<String[]> models = new ArrayList<>();

    public SupportedNics(List<String> extra) {
        OPERATORS.forEach(this::add);
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
