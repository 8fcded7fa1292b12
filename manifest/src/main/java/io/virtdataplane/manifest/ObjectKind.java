package io.virtdataplane.manifest;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * The kinds of objects: how a manifest names them, how kubectl does, and who reads them. A new kind
 * is a line here and its reader.
 */
public enum ObjectKind {
    VIRTUAL_MACHINE(
            List.of("VirtualMachine", "VirtualMachineInstance"),
            "default",
            (root, defaults) -> MachineNics.read(MachineSpec.of(root, defaults)),
            "virtualmachine.kubevirt.io",
            "virtualmachine",
            "vm"),
    NODE_NETWORK_POLICY(
            List.of("NodeNetworkConfigurationPolicy"),
            "",
            (root, defaults) -> NodeNetworkPolicyManifest.read(root),
            "nodenetworkconfigurationpolicy.nmstate.io",
            "nodenetworkconfigurationpolicy",
            "nncp"),
    NETWORK_DEFINITION(
            List.of("NetworkAttachmentDefinition"),
            NetworkDefinition.DEFAULT_NAMESPACE,
            (root, defaults) -> NetworkDefinitionManifest.read(root),
            "network-attachment-definition.k8s.cni.cncf.io",
            "network-attachment-definition",
            "net-attach-def",
            "nad"),
    SRIOV_POLICY(
            List.of(SriovNetworkNodePolicyManifest.KIND),
            "",
            (root, defaults) ->
                    new SriovManifest.Policy(SriovNetworkNodePolicyManifest.read(root, defaults)),
            "sriovnetworknodepolicy.sriovnetwork.openshift.io",
            "sriovnetworknodepolicy",
            "sriov-policy"),
    SRIOV_NETWORK(
            List.of(SriovNetworkManifest.KIND),
            ManifestDefaults.DEFAULT.operatorNamespace(),
            (root, defaults) ->
                    new SriovManifest.Network(SriovNetworkManifest.read(root, defaults)),
            "sriovnetwork.sriovnetwork.openshift.io",
            "sriovnetwork",
            "sriov-network"),
    SERVICE(
            List.of(ServiceManifest.KIND),
            ServiceManifest.DEFAULT_NAMESPACE,
            (root, defaults) -> ServiceManifest.read(root),
            "service",
            "services",
            "svc");

    private final List<String> kinds;
    private final String defaultNamespace;
    private final BiFunction<Fields, ManifestDefaults, Manifest> reader;
    private final List<String> names;

    /**
     * @param kinds as manifests say
     * @param defaultNamespace of names without one; empty: the kind has no namespaces
     * @param names in full, with the group; then the shorter ones
     */
    ObjectKind(
            List<String> kinds,
            String defaultNamespace,
            BiFunction<Fields, ManifestDefaults, Manifest> reader,
            String... names) {
        this.kinds = kinds;
        this.defaultNamespace = defaultNamespace;
        this.reader = reader;
        this.names = List.of(names);
    }

    Manifest read(Fields root, ManifestDefaults defaults) {
        return reader.apply(root, defaults);
    }

    /** As a manifest's field kind says. */
    public static Optional<ObjectKind> ofManifest(String kind) {
        return Arrays.stream(values()).filter(each -> each.kinds.contains(kind)).findFirst();
    }

    /** As manifests say, of all kinds. */
    static List<String> manifestKinds() {
        return Arrays.stream(values()).flatMap(kind -> kind.kinds.stream()).toList();
    }

    /** "A, B or C". */
    static String names(Set<ObjectKind> of) {
        List<String> all = of.stream().sorted().flatMap(kind -> kind.kinds.stream()).toList();
        return all.size() == 1
                ? all.getFirst()
                : String.join(", ", all.subList(0, all.size() - 1)) + " or " + all.getLast();
    }

    /** The command that takes it. */
    String command() {
        return this == VIRTUAL_MACHINE ? "attach" : "apply";
    }

    boolean hasNamespaces() {
        return !defaultNamespace.isEmpty();
    }

    /** By any of the names that kubectl knows. */
    public static ObjectKind of(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.names.contains(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "kind must be one of "
                                                + Arrays.stream(values())
                                                        .filter(kind -> kind != VIRTUAL_MACHINE)
                                                        .map(kind -> kind.names.getLast())
                                                        .collect(Collectors.joining(", "))
                                                + ": kind="
                                                + name));
    }

    /** NAMESPACE/NAME of a name that may come without the first; the name where there are none. */
    public String fullName(String name) {
        return defaultNamespace.isEmpty() || name.contains("/")
                ? name
                : defaultNamespace + "/" + name;
    }

    /** As a manifest says. */
    public String manifestKind() {
        return kinds.getFirst();
    }

    /** In full, with its group. */
    @Override
    public String toString() {
        return names.getFirst();
    }
}
