package io.virtdataplane.sriov;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Policies for tests: a valid one, and changes to it by name. */
final class Policies {
    private String name = "policy1";
    private String resourceName = "net1";
    private Map<String, String> nodeSelector = Map.of();
    private int priority = NodePolicy.DEFAULT_PRIORITY;
    private int mtu;
    private int numVfs = 4;
    private String vendor = "";
    private String deviceId = "";
    private List<String> rootDevices = List.of();
    private List<String> pfNames = List.of("ens1f0");
    private NodePolicy.DeviceType deviceType = NodePolicy.DeviceType.VFIO_PCI;
    private final Set<VfResource.Option> options = EnumSet.noneOf(VfResource.Option.class);
    private boolean externallyManaged;
    private String linkType = "";
    private String eSwitchMode = "";
    private String vdpaType = "";

    static Policies vfio() {
        return new Policies();
    }

    static Policies netdevice() {
        Policies policy = new Policies();
        policy.deviceType = NodePolicy.DeviceType.NETDEVICE;
        return policy;
    }

    Policies named(String value) {
        name = value;
        return this;
    }

    Policies resource(String value) {
        resourceName = value;
        return this;
    }

    Policies on(String label, String value) {
        nodeSelector = Map.of(label, value);
        return this;
    }

    Policies priority(int value) {
        priority = value;
        return this;
    }

    Policies mtu(int value) {
        mtu = value;
        return this;
    }

    Policies vfs(int value) {
        numVfs = value;
        return this;
    }

    Policies model(String vendorCode, String device) {
        vendor = vendorCode;
        deviceId = device;
        pfNames = List.of();
        return this;
    }

    Policies roots(String... values) {
        rootDevices = List.of(values);
        return this;
    }

    Policies pfs(String... values) {
        pfNames = List.of(values);
        return this;
    }

    Policies rdma() {
        options.add(VfResource.Option.RDMA);
        return this;
    }

    Policies withoutTopology() {
        options.add(VfResource.Option.TOPOLOGY_EXCLUDED);
        return this;
    }

    Policies external() {
        externallyManaged = true;
        return this;
    }

    Policies linkType(String value) {
        linkType = value;
        return this;
    }

    Policies switchdev() {
        eSwitchMode = "switchdev";
        return this;
    }

    Policies vdpa(String value) {
        vdpaType = value;
        return this;
    }

    NodePolicy make() {
        return new NodePolicy(
                new NodePolicy.Identity(name, priority),
                new NodePolicy.Target(
                        nodeSelector, new NicSelector(vendor, deviceId, rootDevices, pfNames)),
                new PfSetup(numVfs, mtu, externallyManaged),
                new VfResource(resourceName, deviceType, options),
                new NodePolicy.Modes(linkType, eSwitchMode, vdpaType));
    }
}
