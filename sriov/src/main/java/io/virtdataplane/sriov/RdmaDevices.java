package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;

/**
 * The RDMA devices of PCI functions and their character devices. Stateless: each call looks anew.
 * Below a function's directory stand infiniband/NAME, and uverbsN, umadN and issmN in directories
 * of their classes (kernel: drivers/infiniband/core/{uverbs_main,user_mad}.c).
 */
public final class RdmaDevices {
    private static final String NODES = "/dev/infiniband/";
    private static final List<String> CLASSES = List.of("infiniband_mad", "infiniband_verbs");
    private final Sysfs sysfs;

    public RdmaDevices(Sysfs sysfs) {
        this.sysfs = sysfs;
    }

    /** Names such as mlx5_2; empty where the function does no RDMA, or its modules are missing. */
    public List<String> names(String pciAddress) {
        return sysfs.names(Discovery.DEVICES + pciAddress + "/infiniband");
    }

    /** Paths of its device nodes; with them the connection manager's, which all functions share. */
    public List<String> nodes(String pciAddress) {
        List<String> nodes = new ArrayList<>();
        for (String kind : CLASSES) {
            sysfs.names(Discovery.DEVICES + pciAddress + "/" + kind)
                    .forEach(name -> nodes.add(NODES + name));
        }
        if (!nodes.isEmpty() && sysfs.exists("class/misc/rdma_cm")) {
            nodes.add(NODES + "rdma_cm");
        }
        return nodes;
    }
}
