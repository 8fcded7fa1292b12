package io.virtdataplane.sriov;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whether a policy may be applied on this node: the checks and the words of the SR-IOV operator's
 * admission, and two of our own, which say so. Called before anything changes.
 *
 * @param rootDevicesAlone rootDevices needs no vendor, deviceID or pfNames beside it, as the
 *     operator has it; the documentation asks for one
 */
public record PolicyRules(
        SupportedNics nics, Map<String, String> nodeLabels, boolean rootDevicesAlone) {
    private static final int MELLANOX_MAX_VFS = 128;
    private static final String RESOURCE = "^[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?$";
    private static final Pattern RESOURCE_NAME = Pattern.compile(RESOURCE);
    private static final int LONGEST_RESOURCE_NAME = 63;
    private static final String SETTING = "the setting sriov.supportedNics adds cards";
    private static final String CAPABLE = "feature.node.kubernetes.io/network-sriov.capable";

    public PolicyRules {
        nodeLabels = Map.copyOf(nodeLabels);
    }

    /** Throws with the first rule that is broken; of another node's policy only its own count. */
    public void check(NodePolicy policy, List<PhysicalFunction> pfs, List<NodePolicy> others) {
        checkAlone(policy);
        if (!selects(policy, pfs)) {
            return;
        }
        checkPfs(policy, pfs);
        for (NodePolicy other : others) {
            if (!other.name().equals(policy.name()) && selects(other, pfs)) {
                checkBeside(policy, other, pfs);
            }
        }
    }

    /** Whether the policy is for this node. */
    public boolean selects(NodePolicy policy, List<PhysicalFunction> pfs) {
        return policy.nodeSelector().entrySet().stream()
                .allMatch(
                        label ->
                                label.getValue().equals(nodeLabels.get(label.getKey()))
                                        || label.getKey().equals(CAPABLE)
                                                && label.getValue().equals("true")
                                                && !pfs.isEmpty());
    }

    /** What holds on every node. */
    public void checkAlone(NodePolicy policy) {
        check(
                RESOURCE_NAME.matcher(policy.resourceName()).matches()
                        && policy.resourceName().length() <= LONGEST_RESOURCE_NAME,
                "resource name \"%s\" contains invalid characters, the accepted syntax of the regular expressions is: \"%s\"",
                policy.resourceName(),
                RESOURCE);
        NicSelector selector = policy.nicSelector();
        check(
                !selector.isEmpty(),
                "at least one of these parameters (vendor, deviceID, pfNames, rootDevices or netFilter) has to be defined in nicSelector in CR %s",
                policy.name());
        checkModel(selector);
        selector.pfNames().forEach(text -> PfName.parse(text, policy.numVfs()));
        // Ours; the operator accepts it.
        check(
                rootDevicesAlone
                        || selector.rootDevices().isEmpty()
                        || !selector.vendor().isEmpty()
                        || !selector.deviceId().isEmpty()
                        || !selector.pfNames().isEmpty(),
                "rootDevices must be given with vendor, deviceID or pfNames in nicSelector in CR %s (the setting sriov.rootDevicesAlone allows them alone)",
                policy.name());
        boolean vfio = policy.deviceType() == NodePolicy.DeviceType.VFIO_PCI;
        check(
                !(vfio && policy.isRdma()),
                "'deviceType: vfio-pci' conflicts with 'isRdma: true'; Set 'deviceType' to (string)'netdevice' Or Set 'isRdma' to (bool)'false'");
        checkModes(policy, vfio);
    }

    private void checkModel(NicSelector selector) {
        String vendor = selector.vendor();
        String device = selector.deviceId();
        if (vendor.isEmpty()) {
            check(
                    device.isEmpty() || nics.hasDevice(device),
                    "device %s is not supported (%s)",
                    device,
                    SETTING);
            return;
        }
        check(nics.hasVendor(vendor), "vendor %s is not supported (%s)", vendor, SETTING);
        check(
                device.isEmpty() || nics.hasModel(vendor, device),
                "vendor/device %s/%s is not supported (%s)",
                vendor,
                device,
                SETTING);
    }

    private static void checkModes(NodePolicy policy, boolean vfio) {
        boolean switchdev = policy.modes().eSwitch().equals("switchdev");
        boolean vdpa = !policy.modes().vdpaType().isEmpty();
        check(
                !switchdev
                        || policy.modes().linkType().isEmpty()
                        || policy.modes().linkType().equalsIgnoreCase("eth"),
                "'eSwitchMode: switchdev' can be used only with ethernet links");
        check(
                !(vfio && vdpa),
                "'deviceType: %s' conflicts with '%s'; Set 'deviceType' to (string)'netdevice' Or Remove 'vdpaType'",
                policy.deviceType(),
                policy.modes().vdpaType());
        check(!vdpa || switchdev, "vdpa requires the device to be configured in switchdev mode");
        // Ours: what this daemon does not do is refused, not left out silently.
        check(
                !switchdev,
                "eSwitchMode must be legacy or left out, switchdev is not supported in CR %s",
                policy.name());
        check(
                !policy.modes().linkType().equalsIgnoreCase("ib"),
                "linkType must be eth, InfiniBand is not supported in CR %s",
                policy.name());
    }

    private void checkPfs(NodePolicy policy, List<PhysicalFunction> pfs) {
        boolean selected = false;
        for (PhysicalFunction pf : pfs) {
            if (nics.has(pf) && policy.nicSelector().selects(pf)) {
                selected = true;
                checkPf(policy, pf);
            }
        }
        check(
                selected,
                "no supported NIC is selected by the nicSelector in CR %s%s",
                policy.name(),
                unsupported(policy, pfs));
    }

    /** NICs that only the list of supported ones keeps from being selected. */
    private static String unsupported(NodePolicy policy, List<PhysicalFunction> pfs) {
        String cards =
                pfs.stream()
                        .filter(policy.nicSelector()::selects)
                        .map(
                                pf ->
                                        pf.name()
                                                + " is "
                                                + pf.pci().vendor()
                                                + " "
                                                + pf.pci().deviceId())
                        .collect(Collectors.joining(", "));
        return cards.isEmpty() ? "" : " (" + cards + "; " + SETTING + ")";
    }

    private static void checkPf(NodePolicy policy, PhysicalFunction pf) {
        int numVfs = policy.numVfs();
        check(numVfs != 0, "numVfs(%d) in CR %s is not allowed", numVfs, policy.name());
        // The operator checks other vendors' cards only when it applies the policy; so do we.
        int most =
                pf.isIntel()
                        ? pf.totalVfs()
                        : pf.pci().vendor().equals(PhysicalFunction.MELLANOX)
                                ? MELLANOX_MAX_VFS
                                : Integer.MAX_VALUE;
        check(
                numVfs <= most,
                "numVfs(%d) in CR %s exceed the maximum allowed value(%d) interface(%s)",
                numVfs,
                policy.name(),
                most,
                pf.name());
        if (policy.externallyManaged()) {
            check(
                    numVfs <= pf.numVfs(),
                    "numVfs(%d) in CR %s is higher than the virtual functions allocated for the PF externally value(%d)",
                    numVfs,
                    policy.name(),
                    pf.numVfs());
            check(
                    policy.mtu() <= pf.netdev().mtu(),
                    "MTU(%d) in CR %s is higher than the MTU for the PF externally value(%d)",
                    policy.mtu(),
                    policy.name(),
                    pf.netdev().mtu());
            check(
                    policy.modes().linkType().isEmpty()
                            || policy.modes().linkType().equalsIgnoreCase(pf.netdev().linkType()),
                    "LinkType(%s) in CR %s is not equal to the LinkType for the PF externally value(%s)",
                    policy.modes().linkType(),
                    policy.name(),
                    pf.netdev().linkType());
        }
    }

    private static void checkBeside(
            NodePolicy policy, NodePolicy other, List<PhysicalFunction> pfs) {
        for (String text : policy.nicSelector().pfNames()) {
            PfName ours = PfName.parse(text, policy.numVfs());
            for (String otherText : other.nicSelector().pfNames()) {
                PfName theirs = PfName.parse(otherText, other.numVfs());
                if (isSame(ours.name(), theirs.name(), pfs)) {
                    check(
                            policy.externallyManaged() == other.externallyManaged(),
                            "externallyManage is inconsistent with existing policy %s",
                            other.name());
                    // A range beside a whole PF is left to priorities, as the operator does.
                    check(
                            ours.range().isPresent() != theirs.range().isPresent()
                                    || ours.range().isPresent()
                                            && !ours.range().get().overlaps(theirs.range().get()),
                            "VF index range in %s is overlapped with existing policy %s",
                            text,
                            other.name());
                }
            }
        }
        for (String root : policy.nicSelector().rootDevices()) {
            check(
                    !other.nicSelector().rootDevices().contains(root),
                    "root device %s is overlapped with existing policy %s",
                    root,
                    other.name());
        }
        check(
                !policy.resourceName().equals(other.resourceName())
                        || policy.excludeTopology() == other.excludeTopology(),
                "excludeTopology[%b] field conflicts with policy [%s].ExcludeTopology[%b] as they target the same resource[%s]",
                policy.excludeTopology(),
                other.name(),
                other.excludeTopology(),
                policy.resourceName());
    }

    /** One PF may be called by several names. */
    private static boolean isSame(String name, String other, List<PhysicalFunction> pfs) {
        return name.equals(other)
                || pfs.stream()
                        .anyMatch(pf -> pf.netdev().isNamed(name) && pf.netdev().isNamed(other));
    }

    private static void check(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(String.format(rule, values));
        }
    }
}
