package io.virtdataplane.manifest;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads a k8s.cni.cncf.io NetworkAttachmentDefinition whose configuration, JSON in a string, is
 * that of a bridge, alone or with tuning chained behind it.
 */
public final class NetworkDefinitionManifest {
    private static final String RESOURCE = "k8s.v1.cni.cncf.io/resourceName";
    private static final String BRIDGE_RESOURCE = "bridge.network.kubevirt.io/";
    private static final Pattern NETWORK = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");
    private static final Set<String> BRIDGES = Set.of("cnv-bridge", "bridge");
    private static final Set<String> TUNINGS = Set.of("cnv-tuning", "tuning");
    private static final Set<String> VERSIONS = Set.of("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0");
    private static final Set<String> OLD_VERSIONS = Set.of("0.1.0", "0.2.0");
    private static final Set<String> KEYS = Set.of("cniVersion", "name", "type", "plugins");

    private NetworkDefinitionManifest() {}

    public static NetworkDefinition parse(String manifest) {
        Fields root = Document.root(manifest);
        String kind = root.text("kind", "");
        if (!kind.equals("NetworkAttachmentDefinition")) {
            throw root.error("kind", "must be NetworkAttachmentDefinition", kind);
        }
        return read(root);
    }

    static NetworkDefinition read(Fields root) {
        root.check(Metadata.ROOT);
        String version = root.text("apiVersion", "");
        if (!version.equals("k8s.cni.cncf.io/v1")) {
            throw root.error("apiVersion", "must be k8s.cni.cncf.io/v1", version);
        }
        Metadata metadata = Metadata.named(root);
        Fields spec = root.object("spec");
        spec.check(NetworkDefinitionFields.SPEC);
        if (!spec.isGiven("config")) {
            throw new NotOursException(
                    "it has no spec.config, so it is for a CNI configuration on the node's disk");
        }
        Fields config = Document.json(spec, "config");
        Fields head = config.inEitherCase(KEYS);
        // a configuration without a name takes the definition's
        String network = head.text("name", metadata.name());
        if (!NETWORK.matcher(network).matches()) {
            throw head.error("name", "invalid characters found in network name", network);
        }
        CniBridge bridge = head.isGiven("plugins") ? chain(head) : plugin(config);
        checkResource(metadata, bridge);
        return new NetworkDefinition(
                metadata.name(),
                metadata.namespace(),
                new NetworkDefinition.Config(network, cniVersion(head)),
                bridge,
                NetworkScope.read(metadata.annotations()));
    }

    private static CniBridge chain(Fields head) {
        List<Fields> plugins = head.list("plugins");
        if (plugins.isEmpty()) {
            throw head.error("plugins", "must have at least one plugin", "[]");
        }
        CniBridge bridge = plugin(plugins.getFirst());
        for (Fields next : plugins.subList(1, plugins.size())) {
            String type = type(next);
            if (!TUNINGS.contains(type)) {
                throw next.error("type", chainedRule(type), type);
            }
            bridge = CniBridgeConfig.tuning(next, bridge);
        }
        return bridge;
    }

    private static String chainedRule(String type) {
        String reason = NetworkDefinitionFields.REASON_BY_CHAINED.get(type);
        return "must be cnv-tuning or tuning after the first plugin"
                + (reason == null ? "" : ": " + reason);
    }

    private static CniBridge plugin(Fields config) {
        String type = type(config);
        if (BRIDGES.contains(type)) {
            return CniBridgeConfig.bridge(config);
        }
        boolean isMistyped =
                !NetworkDefinitionFields.NOT_MISTYPED.contains(type)
                        && Nearest.isMistyped(type, BRIDGES);
        if (type.isEmpty() || isMistyped || TUNINGS.contains(type)) {
            throw config.error("type", "must be cnv-bridge or bridge", type);
        }
        throw new NotOursException(
                type.equals("sriov")
                        ? "it is for the CNI plugin sriov (apply the SriovNetwork that it is made of)"
                        : "it is for the CNI plugin "
                                + type
                                + " (cnv-bridge and bridge are taken)");
    }

    private static String type(Fields config) {
        return config.inEitherCase(KEYS).text("type", "");
    }

    private static String cniVersion(Fields head) {
        String version = head.text("cniVersion", "0.1.0"); // what CNI takes a missing one for
        if (OLD_VERSIONS.contains(version)) {
            // a result of these has room for addresses only, and a bridge's port has none
            throw head.error("cniVersion", "cannot convert: no valid IP addresses", version);
        }
        if (!VERSIONS.contains(version)) {
            throw head.error(
                    "cniVersion",
                    "must be one of " + String.join(", ", VERSIONS.stream().sorted().toList()),
                    version);
        }
        return version;
    }

    /** The resource is what the scheduler finds a node by; that of another bridge finds a wrong. */
    private static void checkResource(Metadata metadata, CniBridge bridge) {
        String resource = metadata.annotations().text(RESOURCE, "");
        if (!resource.isEmpty() && !resource.equals(BRIDGE_RESOURCE + bridge.bridge())) {
            throw metadata.annotations()
                    .error(RESOURCE, "must be " + BRIDGE_RESOURCE + bridge.bridge(), resource);
        }
    }
}
