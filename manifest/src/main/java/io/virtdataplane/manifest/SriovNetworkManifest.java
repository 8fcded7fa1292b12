package io.virtdataplane.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.virtdataplane.sriov.SriovNetwork;
import java.util.List;

/** Reads and checks a SriovNetwork. */
public final class SriovNetworkManifest {
    public static final String KIND = "SriovNetwork";

    private static final int LAST_VLAN = 4094; // 4095 is reserved by 802.1Q, whatever is printed
    private static final int LAST_PRIORITY = 7;
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private SriovNetworkManifest() {}

    public static SriovNetwork parse(String manifest) {
        return read(Document.root(manifest), ManifestDefaults.DEFAULT);
    }

    static SriovNetwork read(Fields root, ManifestDefaults defaults) {
        SriovObject object = SriovObject.of(root, KIND, defaults);
        Fields spec = object.spec();
        spec.check(SriovFields.NETWORK);
        if (spec.text("resourceName", "").isEmpty()) {
            throw spec.error("resourceName", "must be given", "");
        }
        SriovNetwork network =
                new SriovNetwork(
                        identity(object, defaults),
                        vlan(spec),
                        switches(spec),
                        rates(spec),
                        cni(spec));
        try {
            network.check();
        } catch (IllegalArgumentException e) {
            throw new InvalidManifestException("spec: " + e.getMessage());
        }
        return network;
    }

    private static SriovNetwork.Identity identity(SriovObject object, ManifestDefaults defaults) {
        return new SriovNetwork.Identity(
                object.name(),
                object.namespace(),
                networkNamespace(object, defaults.operatorNamespaces()),
                object.spec().text("resourceName", ""));
    }

    private static SriovNetwork.Vlan vlan(Fields spec) {
        return new SriovNetwork.Vlan(
                number(spec, "vlan", LAST_VLAN, 0),
                number(spec, "vlanQoS", LAST_PRIORITY, 0),
                SriovNetworkNodePolicyManifest.oneOf(
                        spec, "vlanProto", "802.1q", "802.1Q", "802.1ad", "802.1AD"));
    }

    private static SriovNetwork.Switches switches(Fields spec) {
        return new SriovNetwork.Switches(
                onOrOff(spec, "spoofChk"),
                onOrOff(spec, "trust"),
                SriovNetworkNodePolicyManifest.oneOf(
                        spec, "linkState", "auto", "enable", "disable"));
    }

    private static SriovNetwork.Rates rates(Fields spec) {
        return new SriovNetwork.Rates(rate(spec, "minTxRate"), rate(spec, "maxTxRate"));
    }

    private static SriovNetwork.Cni cni(Fields spec) {
        return new SriovNetwork.Cni(
                json(spec, "capabilities", "", ""),
                json(spec, "ipam", "", ""),
                json(spec, "metaPlugins", "[", "]"),
                SriovNetworkNodePolicyManifest.oneOf(
                        spec, "logLevel", "panic", "error", "warning", "info", "debug"),
                spec.text("logFile", ""));
    }

    private static String networkNamespace(SriovObject object, List<String> operators) {
        String namespace = object.spec().text("networkNamespace", "");
        if (namespace.isEmpty()) {
            return "";
        }
        SriovObject.dns(object.spec(), "networkNamespace", namespace);
        if (!namespace.equals(object.namespace()) && !operators.contains(object.namespace())) {
            throw object.spec()
                    .error(
                            "networkNamespace",
                            "must be the object's own namespace "
                                    + object.namespace()
                                    + ", unless that is the operator's, "
                                    + String.join(" or ", operators)
                                    + " (setting sriov.operatorNamespace)",
                            namespace);
        }
        return namespace;
    }

    /** A bare on is a boolean to YAML, and refused by the schema, as the documentation warns. */
    private static String onOrOff(Fields spec, String name) {
        try {
            return SriovNetworkNodePolicyManifest.oneOf(spec, name, "on", "off");
        } catch (InvalidManifestException e) {
            throw new InvalidManifestException(
                    e.getMessage()
                            .replaceFirst(
                                    "must be a string in quotes \\(.*?\\)",
                                    "must be \"on\" or \"off\" in quotes"));
        }
    }

    private static int number(Fields spec, String name, int most, int otherwise) {
        return SriovNetworkNodePolicyManifest.number(spec, name, 0, most, otherwise);
    }

    private static int rate(Fields spec, String name) {
        return spec.has(name) ? number(spec, name, Integer.MAX_VALUE, 0) : -1;
    }

    /** Text that goes into the configuration as it stands, so it must be JSON. */
    private static String json(Fields spec, String name, String before, String after) {
        String text = spec.text(name, "").strip();
        if (text.isEmpty()) {
            return "";
        }
        try {
            if (!before.isEmpty() || JSON.readTree(text).isObject()) {
                JSON.readTree(before + text + after);
                return text;
            }
        } catch (JsonProcessingException e) {
            // said below
        }
        throw spec.error(name, "must be JSON in a string", text);
    }
}
