package io.virtdataplane.daemon.kubelet;

import io.virtdataplane.sriov.ResourceVf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells Multus which PCI device each VF is, a file a device, as the Device Information
 * Specification of k8snetworkplumbingwg (version 1.1.0) asks of a device plugin. Multus puts it
 * into the pod's network-status, where KubeVirt finds the VF of a machine's interface: without it
 * virt-launcher does not start the machine. Used by the thread of {@link DevicePlugins} only.
 */
final class DeviceInfoFiles {
    private static final String CONTENT =
            "{\"type\":\"pci\",\"version\":\"1.1.0\",\"pci\":{\"pci-address\":\"%s\"}}";
    private final Path directory;
    private Map<String, String> contentByName = Map.of();

    DeviceInfoFiles(Path directory) {
        this.directory = directory;
    }

    /**
     * Writes those that are new and removes those that are no longer offered.
     *
     * @param prefix of the resources' names
     */
    void keep(String prefix, Map<String, List<ResourceVf>> vfsByResource) {
        Map<String, String> wanted = new HashMap<>();
        vfsByResource.forEach(
                (resource, vfs) ->
                        vfs.forEach(
                                vf ->
                                        wanted.put(
                                                name(prefix, resource, vf.address()),
                                                CONTENT.formatted(vf.address()))));
        if (wanted.equals(contentByName)) {
            return;
        }
        for (String name : contentByName.keySet()) {
            if (!wanted.containsKey(name)) {
                remove(name);
            }
        }
        wanted.forEach(this::write);
        contentByName = Map.copyOf(wanted);
    }

    /** The specification's: a slash is no part of a file's name. */
    private static String name(String prefix, String resource, String address) {
        return prefix.replace('/', '-') + "-" + resource + "-" + address + "-device.json";
    }

    private void write(String name, String content) {
        Path part = directory.resolve("." + name);
        try {
            Files.createDirectories(directory);
            Files.writeString(part, content);
            Files.move(part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("write " + directory.resolve(name), e);
        }
    }

    private void remove(String name) {
        try {
            Files.deleteIfExists(directory.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException("remove " + directory.resolve(name), e);
        }
    }

    /** Of a plugin that ends none are left: another one might refuse to write over them. */
    void clear() {
        contentByName.keySet().forEach(this::remove);
        contentByName = Map.of();
    }
}
