package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.kubelet.ContainerAllocateResponse;
import io.virtdataplane.daemon.kubelet.DeviceSpec;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.ResourceVf;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a container gets for its VFs: names in the environment, as KubeVirt and sriov-cni look for
 * them, and device nodes.
 */
final class ContainerDevices {
    private static final String VFIO = "/dev/vfio/vfio";
    private final String variable;

    ContainerDevices(String resourcePrefix, String resource) {
        // Hyphens stay, as the SR-IOV device plugin has it.
        variable =
                "PCIDEVICE_"
                        + (resourcePrefix + "/" + resource)
                                .toUpperCase(Locale.ROOT)
                                .replaceAll("[./]", "_");
    }

    ContainerAllocateResponse of(List<ResourceVf> vfs) {
        ContainerAllocateResponse.Builder response = ContainerAllocateResponse.newBuilder();
        TreeMap<String, String> entryByAddress = new TreeMap<>();
        for (ResourceVf vf : vfs) {
            String generic = "\"generic\":{\"deviceID\":\"" + vf.address() + "\"}";
            boolean vfio = vf.group().deviceType() == NodePolicy.DeviceType.VFIO_PCI;
            if (vfio) {
                String group = "/dev/vfio/" + vf.vf().pci().iommuGroup();
                if (entryByAddress.isEmpty()) {
                    node(response, VFIO);
                }
                node(response, group);
                generic += ",\"vfio\":{\"dev-mount\":\"" + group + "\",\"mount\":\"" + VFIO + "\"}";
            }
            entryByAddress.put(vf.address(), "{" + generic + "}");
        }
        if (vfs.stream().anyMatch(vf -> vf.group().needVhostNet())) {
            node(response, "/dev/vhost-net");
            node(response, "/dev/net/tun");
        }
        return response.putEnvs(
                        variable,
                        vfs.stream().map(ResourceVf::address).collect(Collectors.joining(",")))
                .putEnvs(
                        variable + "_INFO",
                        entryByAddress.entrySet().stream()
                                .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                                .collect(Collectors.joining(",", "{", "}")))
                .build();
    }

    private static void node(ContainerAllocateResponse.Builder response, String path) {
        response.addDevices(
                DeviceSpec.newBuilder()
                        .setContainerPath(path)
                        .setHostPath(path)
                        .setPermissions("rw"));
    }
}
