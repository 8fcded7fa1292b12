package io.virtdataplane.manifest;

import io.virtdataplane.wire.Protocols;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the labels and annotations of a machine say of the service mesh that its pod is in. A mesh
 * may also take a pod by what its namespace says ({@link #in}).
 *
 * @param because the label or annotation, as KEY=VALUE; empty where there is none
 * @param direct TCP ports whose connections the mesh is to leave alone, by kind
 * @param refused meshes that are not to have the machine, whatever its namespace says
 */
public record MachineMesh(
        MeshKind kind, String because, Map<MeshKind, Direct> direct, Set<MeshKind> refused) {
    /**
     * Connections from outside to these ports, and of the guest to these.
     *
     * @param subnets in CIDR notation: whatever comes from there, the guest's own network included
     */
    public record Direct(BitSet inward, BitSet outward, List<String> subnets) {
        static final Direct NONE = new Direct(new BitSet(), new BitSet());

        Direct(BitSet inward, BitSet outward) {
            this(inward, outward, List.of());
        }
    }

    private static final String NAMESPACE_INJECTION = "istio-injection";
    private static final String REVISION = "istio.io/rev";
    private static final String INJECT = "sidecar.istio.io/inject";
    private static final String DATAPLANE_MODE = "istio.io/dataplane-mode";
    private static final String LINKERD_INJECT = "linkerd.io/inject";
    private static final String EXCLUDE = "traffic.sidecar.istio.io/excludeInboundPorts";
    private static final String INCLUDE = "traffic.sidecar.istio.io/includeInboundPorts";
    private static final String BYPASS = "ambient.istio.io/bypass-inbound-capture";
    private static final String SKIP = "config.linkerd.io/skip-inbound-ports";
    private static final String EXCLUDE_OUT = "traffic.sidecar.istio.io/excludeOutboundPorts";
    private static final String SKIP_OUT = "config.linkerd.io/skip-outbound-ports";
    private static final String SKIP_FROM = "config.linkerd.io/skip-subnets";
    private static final int MOST_SUBNETS = 64; // as mesh.h has room for
    private static final int SSH = 22;
    private static final String ALL = "*";

    /** Nothing is said. */
    public static final MachineMesh NONE = of(name -> "", (name, text) -> {});

    /** What of a namespace's labels and annotations matters here. */
    public static final List<String> OF_NAMESPACE =
            List.of(NAMESPACE_INJECTION, REVISION, DATAPLANE_MODE, LINKERD_INJECT);

    /** Told of what cannot be read; the mesh's own injector refuses it. */
    interface Unread {
        void warn(String name, String words);
    }

    /**
     * @param said the label or annotation of that name, or empty
     */
    static MachineMesh of(Function<String, String> said, Unread unread) {
        Map<MeshKind, Direct> direct =
                Map.of(
                        MeshKind.ISTIO,
                        new Direct(ofSidecar(said, unread), ports(EXCLUDE_OUT, said, unread)),
                        MeshKind.AMBIENT,
                        new Direct(ofAmbient(said), new BitSet()),
                        MeshKind.LINKERD,
                        new Direct(
                                ports(SKIP, said, unread),
                                ports(SKIP_OUT, said, unread),
                                subnets(SKIP_FROM, said, unread)));
        if (said.apply(INJECT).equalsIgnoreCase("true")) {
            return found(MeshKind.ISTIO, INJECT, said, direct);
        }
        if (isAmbient(said)) {
            return found(MeshKind.AMBIENT, DATAPLANE_MODE, said, direct);
        }
        if (isLinkerd(said)) {
            return found(MeshKind.LINKERD, LINKERD_INJECT, said, direct);
        }
        return new MachineMesh(MeshKind.NONE, "", direct, refused(said));
    }

    private static boolean isAmbient(Function<String, String> said) {
        return said.apply(DATAPLANE_MODE).equals("ambient");
    }

    private static boolean isLinkerd(Function<String, String> said) {
        return List.of("enabled", "ingress").contains(said.apply(LINKERD_INJECT));
    }

    private static Set<MeshKind> refused(Function<String, String> said) {
        Set<MeshKind> refused = EnumSet.noneOf(MeshKind.class);
        if (said.apply(INJECT).equalsIgnoreCase("false")) {
            refused.add(MeshKind.ISTIO);
        }
        if (said.apply(DATAPLANE_MODE).equals("none")) {
            refused.add(MeshKind.AMBIENT);
        }
        if (said.apply(LINKERD_INJECT).equals("disabled")) {
            refused.add(MeshKind.LINKERD);
        }
        return refused;
    }

    /**
     * The same in a namespace: what the machine says itself comes first. A sidecar is injected by
     * the label istio-injection or, where there is none, by a revision; a pod that has one is not
     * in ambient.
     *
     * @param namespace {@link #OF_NAMESPACE} as KEY=VALUE, separated by commas
     */
    public MachineMesh in(String namespace) {
        if (kind != MeshKind.NONE || namespace.isEmpty()) {
            return this;
        }
        Map<String, String> values =
                Stream.of(namespace.split(",", -1))
                        .map(each -> each.split("=", 2))
                        .filter(each -> each.length == 2)
                        .collect(Collectors.toMap(each -> each[0], each -> each[1], (a, z) -> a));
        Function<String, String> said = name -> values.getOrDefault(name, "");
        if (!refused.contains(MeshKind.ISTIO)) {
            if (said.apply(NAMESPACE_INJECTION).equals("enabled")) {
                return ofNamespace(MeshKind.ISTIO, NAMESPACE_INJECTION, said);
            }
            if (said.apply(NAMESPACE_INJECTION).isEmpty() && !said.apply(REVISION).isEmpty()) {
                return ofNamespace(MeshKind.ISTIO, REVISION, said);
            }
        }
        if (isAmbient(said) && !refused.contains(MeshKind.AMBIENT)) {
            return ofNamespace(MeshKind.AMBIENT, DATAPLANE_MODE, said);
        }
        return isLinkerd(said) && !refused.contains(MeshKind.LINKERD)
                ? ofNamespace(MeshKind.LINKERD, LINKERD_INJECT, said)
                : this;
    }

    private MachineMesh ofNamespace(MeshKind of, String name, Function<String, String> said) {
        String words = name + "=" + said.apply(name) + " of the namespace";
        return new MachineMesh(of, words, direct, refused);
    }

    private static MachineMesh found(
            MeshKind kind,
            String name,
            Function<String, String> said,
            Map<MeshKind, Direct> direct) {
        return new MachineMesh(kind, name + "=" + said.apply(name), direct, Set.of());
    }

    /** As KubeVirt has it, ssh does not go through the proxy. */
    private static BitSet ofSidecar(Function<String, String> said, Unread unread) {
        BitSet direct = ports(EXCLUDE, said, unread);
        direct.set(SSH);
        String included = said.apply(INCLUDE);
        if (!included.isEmpty() && !included.equals(ALL)) {
            BitSet others = MeshPorts.all();
            others.andNot(ports(INCLUDE, said, unread));
            direct.or(others);
        }
        return direct;
    }

    private static BitSet ofAmbient(Function<String, String> said) {
        return said.apply(BYPASS).equalsIgnoreCase("true") ? MeshPorts.all() : new BitSet();
    }

    private static BitSet ports(String name, Function<String, String> said, Unread unread) {
        try {
            return MeshPorts.parse(name, said.apply(name));
        } catch (IllegalArgumentException e) {
            unread.warn(name, e.getMessage());
            return new BitSet();
        }
    }

    private static List<String> subnets(String name, Function<String, String> said, Unread unread) {
        String text = said.apply(name);
        List<String> all = Stream.of(text.split(",", -1)).map(String::strip).toList();
        boolean isRead =
                all.size() <= MOST_SUBNETS
                        && all.stream().allMatch(each -> AddressRules.cidr(each).isEmpty());
        if (!isRead && !text.isEmpty()) {
            unread.warn(
                    name,
                    name
                            + " must be at most "
                            + MOST_SUBNETS
                            + " networks such as 192.0.2.0/24 or 2001:db8::/64, separated by commas: "
                            + name
                            + "="
                            + text);
        }
        return isRead ? all : List.of();
    }

    /** Of this kind. */
    public Direct directOf(MeshKind of) {
        return direct.getOrDefault(of, Direct.NONE);
    }

    /** Ports that the manifest lists and the proxy has: the guest gets nothing by them. */
    public static String taken(MeshKind kind, List<ListedPort> listed) {
        BitSet reserved = kind.reserved();
        return listed.stream()
                .filter(port -> port.protocol() == Protocols.TCP)
                .filter(port -> reserved.get(port.port()))
                .map(port -> Integer.toString(port.port()))
                .collect(Collectors.joining(","));
    }
}
