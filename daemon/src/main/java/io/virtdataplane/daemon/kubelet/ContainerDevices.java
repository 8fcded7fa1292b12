package io.virtdataplane.daemon.kubelet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtdataplane.kubelet.deviceplugin.ContainerAllocateResponse;
import io.virtdataplane.kubelet.deviceplugin.DeviceSpec;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.RdmaDevices;
import io.virtdataplane.sriov.ResourceVf;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a container gets for its VFs: names in the environment, as KubeVirt and sriov-cni look for
 * them, and device nodes, each once. Keys and nodes are those of the SR-IOV device plugin.
 */
final class ContainerDevices {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VFIO = "/dev/vfio/vfio";
    private static final String VHOST_NET = "/dev/vhost-net";
    private static final String TUN = "/dev/net/tun";
    private final String variable;
    private final RdmaDevices rdma;

    ContainerDevices(String resourcePrefix, String resource, RdmaDevices rdma) {
        // Hyphens stay, as the SR-IOV device plugin has it.
        this.variable =
                "PCIDEVICE_"
                        + (resourcePrefix + "/" + resource)
                                .toUpperCase(Locale.ROOT)
                                .replaceAll("[./]", "_");
        this.rdma = rdma;
    }

    ContainerAllocateResponse of(List<ResourceVf> vfs) {
        Map<String, Map<String, Map<String, String>>> entryByAddress = new TreeMap<>();
        Set<DeviceSpec> nodes = new LinkedHashSet<>();
        for (ResourceVf vf : vfs) {
            Map<String, Map<String, String>> entry = new TreeMap<>();
            entryByAddress.put(vf.address(), entry);
            entry.put("generic", Map.of("deviceID", vf.address()));
            if (vf.group().deviceType() == NodePolicy.DeviceType.VFIO_PCI) {
                entry.put("vfio", vfio(vf, nodes));
            }
            if (vf.group().isRdma()) {
                entry.put("rdma", rdma(vf, nodes));
            }
            if (vf.group().needVhostNet()) {
                node(nodes, VHOST_NET, VHOST_NET);
                node(nodes, TUN, TUN);
                entry.put("vhost", sorted("net-mount", VHOST_NET, "tun-mount", TUN));
            }
        }
        return ContainerAllocateResponse.newBuilder()
                .addAllDevices(nodes)
                .putEnvs(
                        variable,
                        vfs.stream().map(ResourceVf::address).collect(Collectors.joining(",")))
                .putEnvs(variable + "_INFO", json(entryByAddress))
                .build();
    }

    private static Map<String, String> vfio(ResourceVf vf, Set<DeviceSpec> nodes) {
        // In the container the group has its number alone, with and without an IOMMU.
        String inContainer = "/dev/vfio/" + vf.vf().pci().iommuGroup();
        node(nodes, VFIO, VFIO);
        node(nodes, vf.vf().pci().vfioDevice(), inContainer);
        return sorted("dev-mount", inContainer, "mount", VFIO);
    }

    private Map<String, String> rdma(ResourceVf vf, Set<DeviceSpec> nodes) {
        Map<String, String> pathByKind = new TreeMap<>();
        for (String path : rdma.nodes(vf.address())) {
            node(nodes, path, path);
            // uverbs2 is the uverbs; rdma_cm has no number
            pathByKind.put(path.substring(path.lastIndexOf('/') + 1).replaceAll("\\d+$", ""), path);
        }
        rdma.names(vf.address()).stream()
                .findFirst()
                .ifPresent(name -> pathByKind.put("rdma_dev", name));
        return pathByKind;
    }

    private static Map<String, String> sorted(String key, String value, String key2, String two) {
        return new TreeMap<>(Map.of(key, value, key2, two));
    }

    private static String json(Map<String, Map<String, Map<String, String>>> entryByAddress) {
        try {
            return JSON.writeValueAsString(entryByAddress);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("maps of text are JSON", e);
        }
    }

    private static void node(Set<DeviceSpec> nodes, String onHost, String inContainer) {
        nodes.add(
                DeviceSpec.newBuilder()
                        .setHostPath(onHost)
                        .setContainerPath(inContainer)
                        .setPermissions("rw")
                        .build());
    }
}
