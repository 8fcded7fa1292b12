package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.BridgeService;
import io.virtdataplane.dhcp.ClientOptions;
import io.virtdataplane.dhcp.CustomOptions;
import io.virtdataplane.dhcp.Gateway;
import io.virtdataplane.dhcp.Lease;
import io.virtdataplane.dhcp.Link;
import io.virtdataplane.dhcp.Resolver;
import io.virtdataplane.dhcp.Scope;
import io.virtdataplane.dhcp.ScopeResponders;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NetworkScope;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The DHCP servers of bridge networks: one for a VLAN of a bridge at most. */
public final class DhcpServices {
    /** Of all our servers: each is on a network of its own. */
    private static final long MAC = 0x0200_0000_0043L;

    /**
     * A server of a bridge network, for whoever counts.
     *
     * @param vlan 0 where the bridge filters none
     * @param responders worker's thread only
     */
    public record Server(String bridge, int vlan, ScopeResponders responders) {}

    private record Served(NetworkScope scope, int vlan, ScopeResponders responders) {}

    private final Bridges bridges;
    private final String node;
    private final Map<String, Served> servedByNetwork = new TreeMap<>();

    DhcpServices(Bridges bridges, String node) {
        this.bridges = bridges;
        this.node = node;
    }

    /** Refuses a second server of one VLAN. */
    void check(NetworkDefinition wanted, List<NetworkDefinition> all) {
        for (NetworkDefinition other : all) {
            boolean clashes =
                    wanted.dhcp().isPresent()
                            && other.dhcp().isPresent()
                            && other.bridge().bridge().equals(wanted.bridge().bridge())
                            && Math.max(1, other.bridge().vlan())
                                    == Math.max(1, wanted.bridge().vlan())
                            && !other.name().equals(wanted.name());
            if (clashes) {
                throw new IllegalArgumentException(
                        "a VLAN of a bridge must have at most one DHCP server: name="
                                + wanted.name()
                                + " other="
                                + other.name());
            }
        }
    }

    /** Makes the bridges' servers those of the definitions; one that stays keeps its leases. */
    synchronized void set(List<NetworkDefinition> definitions) {
        Map<String, Served> before = new TreeMap<>(servedByNetwork);
        servedByNetwork.clear();
        bridges.lookAll(
                "",
                open -> {
                    set(open, definitions, before);
                    return open;
                });
    }

    private void set(
            OpenBridge open, List<NetworkDefinition> definitions, Map<String, Served> before) {
        for (NetworkDefinition one : definitions) {
            if (one.dhcp().filter(this::isOurs).isPresent()
                    && one.bridge().bridge().equals(open.name())) {
                serve(open, one, before);
            }
        }
        before.forEach(
                (name, served) -> {
                    if (!servedByNetwork.containsKey(name)) {
                        end(open, name, served);
                    }
                });
    }

    private boolean isOurs(NetworkScope scope) {
        return scope.node().isEmpty() || scope.node().equals(node);
    }

    private static String key(OpenBridge open, int vlan) {
        return open.name() + "/" + vlan;
    }

    private void serve(OpenBridge open, NetworkDefinition one, Map<String, Served> before) {
        NetworkScope scope = one.dhcp().orElseThrow();
        boolean filtering = open.settings().policy().vlanFiltering();
        int vlan = filtering ? Math.max(1, one.bridge().vlan()) : 0;
        Served known = before.get(key(open, vlan));
        boolean stays = known != null && known.scope().equals(scope);
        ScopeResponders responders = stays ? known.responders() : responders(open, scope);
        servedByNetwork.put(key(open, vlan), new Served(scope, vlan, responders));
        open.worker().tell(on -> open.bridge().service(vlan, new BridgeService(MAC, responders)));
    }

    private static ScopeResponders responders(OpenBridge open, NetworkScope scope) {
        int mtu = open.ports().stream().mapToInt(OpenPort::mtu).min().orElse(1500);
        Scope told =
                new Scope(
                        new Gateway(MAC, scope.subnet().server()),
                        0,
                        new Link(scope.subnet().prefixLength(), mtu),
                        scope.leaseSeconds(),
                        new ClientOptions(
                                scope.subnet().router(),
                                new Resolver<>(
                                        scope.answers().nameServers(),
                                        scope.answers().searchDomains()),
                                "",
                                new CustomOptions(
                                        List.of(), "", "", scope.answers().routes(), Map.of())));
        return new ScopeResponders(
                told, scope.range().first(), scope.range().last(), open.worker().events());
    }

    private static void end(OpenBridge open, String name, Served served) {
        if (name.equals(key(open, served.vlan()))) {
            open.worker().tell(on -> open.bridge().service(served.vlan(), null));
        }
    }

    /** The lease of the station behind a port; its address is 0 where it has none. */
    public Lease lease(OpenPort port) {
        Served served = served(port);
        long mac = port.spec().guard().mac();
        return served == null
                ? new Lease(0, 0, 0, 0, 0)
                : port.worker().ask(on -> served.responders().lease(mac, System.nanoTime()));
    }

    /** All of them, in order. */
    public synchronized List<Server> servers() {
        return servedByNetwork.entrySet().stream()
                .map(each -> server(each.getKey(), each.getValue()))
                .toList();
    }

    private static Server server(String key, Served served) {
        return new Server(
                key.substring(0, key.lastIndexOf('/')), served.vlan(), served.responders());
    }

    private synchronized Served served(OpenPort port) {
        boolean filtering = port.bridge().settings().policy().vlanFiltering();
        int vlan = filtering ? port.policy().vlans().pvid() : 0;
        return servedByNetwork.get(key(port.bridge(), vlan));
    }
}
