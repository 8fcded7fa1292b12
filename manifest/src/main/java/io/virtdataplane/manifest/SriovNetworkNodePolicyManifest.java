package io.virtdataplane.manifest;

import io.virtdataplane.sriov.NicSelector;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.PfSetup;
import io.virtdataplane.sriov.VfResource;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads a SriovNetworkNodePolicy: each field's type and range, as its schema has them. What fields
 * say together, and of this node, is {@link io.virtdataplane.sriov.PolicyRules}'s.
 */
public final class SriovNetworkNodePolicyManifest {
    public static final String KIND = "SriovNetworkNodePolicy";
    private static final int LOWEST_PRIORITY = 99;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{4}");
    private static final Pattern PCI =
            Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");

    private SriovNetworkNodePolicyManifest() {}

    public static NodePolicy parse(String manifest) {
        return read(Document.root(manifest), ManifestDefaults.DEFAULT);
    }

    static NodePolicy read(Fields root, ManifestDefaults defaults) {
        SriovObject object = SriovObject.of(root, KIND, defaults);
        Fields spec = object.spec();
        spec.check(SriovFields.POLICY);
        if (!spec.has("numVfs")) {
            throw spec.error("numVfs", "must be given", "");
        }
        return new NodePolicy(
                new NodePolicy.Identity(
                        object.name(),
                        number(spec, "priority", 0, LOWEST_PRIORITY, NodePolicy.DEFAULT_PRIORITY)),
                new NodePolicy.Target(
                        spec.textByName("nodeSelector"), selector(spec.object("nicSelector"))),
                pf(spec),
                new VfResource(spec.text("resourceName", ""), deviceType(spec), options(spec)),
                new NodePolicy.Modes(
                        oneOf(spec, "linkType", "eth", "ETH", "ib", "IB"),
                        oneOf(spec, "eSwitchMode", "legacy", "switchdev"),
                        oneOf(spec, "vdpaType", "virtio", "vhost")));
    }

    private static PfSetup pf(Fields spec) {
        return new PfSetup(
                number(spec, "numVfs", 0, Integer.MAX_VALUE, 0),
                spec.has("mtu") ? number(spec, "mtu", 1, Integer.MAX_VALUE, 0) : 0,
                spec.flag("externallyManaged").orElse(false));
    }

    private static Set<VfResource.Option> options(Fields spec) {
        Set<VfResource.Option> options = EnumSet.noneOf(VfResource.Option.class);
        for (VfResource.Option option : VfResource.Option.values()) {
            if (spec.flag(option.toString()).orElse(false)) {
                options.add(option);
            }
        }
        return options;
    }

    private static NicSelector selector(Fields selector) {
        selector.check(SriovFields.NIC_SELECTOR);
        for (String address : selector.texts("rootDevices")) {
            if (!PCI.matcher(address).matches()) {
                throw selector.error(
                        "rootDevices", "must be PCI addresses such as 0000:02:00.1", address);
            }
        }
        return new NicSelector(
                code(selector, "vendor"),
                code(selector, "deviceID"),
                selector.texts("rootDevices"),
                selector.texts("pfNames"));
    }

    private static String code(Fields selector, String name) {
        String code = selector.text(name, "");
        if (!code.isEmpty() && !HEX.matcher(code).matches()) {
            throw selector.error(
                    name, "must be four hexadecimal digits in lower case, in quotes", code);
        }
        return code;
    }

    private static NodePolicy.DeviceType deviceType(Fields spec) {
        return oneOf(spec, "deviceType", "netdevice", "vfio-pci").equals("vfio-pci")
                ? NodePolicy.DeviceType.VFIO_PCI
                : NodePolicy.DeviceType.NETDEVICE;
    }

    static int number(Fields spec, String name, int least, int most, int otherwise) {
        long value = spec.number(name, otherwise);
        if (value < least || value > most) {
            throw spec.error(
                    name,
                    most == Integer.MAX_VALUE
                            ? "must be at least " + least
                            : "must be " + least + "-" + most,
                    value);
        }
        return (int) value;
    }

    /** One of the words, or empty where the field is missing. */
    static String oneOf(Fields spec, String name, String... words) {
        String word = spec.text(name, "");
        if (!word.isEmpty() && !Set.of(words).contains(word)) {
            throw spec.error(name, "must be one of " + String.join(", ", words), word);
        }
        return word;
    }
}
