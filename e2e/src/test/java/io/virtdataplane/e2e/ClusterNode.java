package io.virtdataplane.e2e;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A node of a cluster as a network namespace: eth0 leads to its default gateway, eth1 to wherever a
 * test wires it. Its daemon is an agent of the API server.
 */
final class ClusterNode implements AutoCloseable {
    static final String KINDS =
            "NodeNetworkConfigurationPolicy,NetworkAttachmentDefinition,SriovNetworkNodePolicy,SriovNetwork,VirtualMachineInstance";
    final Lab lab = new Lab();

    /** The network namespace. */
    final String netns = lab.out.replace("-out", "-node");

    /** Of the Node object. */
    final String name = netns.toLowerCase(Locale.ROOT);

    private static final int BRIDGE_SECONDS = 30;
    private final ApiServer api;
    private final List<String> namespaces = new ArrayList<>(List.of(netns));

    /** Its Node object is made, its daemon not started. */
    ClusterNode(ApiServer api) {
        this.api = api;
        lab.shell.sh(
                """
                ip netns add %1$s
                ip -n %1$s link set lo up
                ip link add eth9 netns %2$s type veth peer name eth0 netns %1$s
                ip -n %2$s addr add 192.0.2.1/24 dev eth9
                ip -n %1$s addr add 192.0.2.10/24 dev eth0
                ip -n %2$s link set eth9 up
                ip -n %1$s link set eth0 up
                ip -n %1$s route add default via 192.0.2.1
                """
                        .formatted(netns, lab.out));
        api.letReachFrom(netns);
        api.applyText(
                """
                apiVersion: v1
                kind: Node
                metadata:
                  name: %1$s
                  labels: {kubernetes.io/hostname: %1$s, node-role.kubernetes.io/worker: ""}
                """
                        .formatted(name));
    }

    /** Kinds, and an agent's rights as they are installed. */
    static void prepare(ApiServer api) {
        api.applyUpstreamDefinitions();
        api.applyOwnDefinitions();
        api.kubectl("apply", "-f", "../deploy/kubernetes/namespace.yaml");
        api.kubectl(
                "apply", "-n", "virt-dataplane", "-f", "../deploy/kubernetes/agent-rights.yaml");
        api.applyText(
                """
                apiVersion: v1
                kind: Namespace
                metadata: {name: openshift-sriov-network-operator}
                """);
    }

    /** What tests have made, in all namespaces. */
    static void deleteObjects(ApiServer api) {
        for (String kind :
                List.of(
                        "nncp",
                        "nnce",
                        "net-attach-def",
                        "vmi",
                        "vmns",
                        "sriovnetworknodepolicies")) {
            api.kubectlAs(ApiServer.ADMIN, "delete", kind, "--all", "-A", "--wait=false");
        }
    }

    /** Starts its daemon, or starts it anew. */
    ClusterNode agent(String... options) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "--kubernetes",
                                "--kubeconfig",
                                api.kubeconfig(ApiServer.AGENT).toString(),
                                "--node-name",
                                name,
                                "--kinds",
                                KINDS));
        all.addAll(List.of(options));
        lab.daemonIn(netns, all.toArray(String[]::new));
        return this;
    }

    /** eth1 of both is one cable. */
    static void cable(ClusterNode one, ClusterNode other) {
        one.lab.shell.sh(
                """
                ip link add eth1 netns %1$s type veth peer name eth1 netns %2$s
                ip -n %1$s link set eth1 up
                ip -n %2$s link set eth1 up
                """
                        .formatted(one.netns, other.netns));
    }

    /** A cable of which the other end, far1, is open. */
    ClusterNode cable() {
        lab.shell.sh(
                """
                ip link add eth1 netns %1$s type veth peer name far1 netns %1$s
                ip -n %1$s link set eth1 up
                ip -n %1$s link set far1 up
                """
                        .formatted(netns));
        return this;
    }

    /** A guest's namespace whose eth1 is a NIC on that network, by {@code attach}. */
    String guest(String machine, String network, String address) {
        String guest = silentGuest(machine, network, address);
        BridgedGuest.speak(lab, guest);
        return guest;
    }

    /** The same, before the guest has sent anything. */
    String silentGuest(String machine, String network, String address) {
        Path file = lab.shell.directory().resolve(machine + ".yaml");
        lab.shell.write(file, BridgeLab.machine(machine, network));
        Wait.until(
                "the policy's bridge",
                BRIDGE_SECONDS,
                () -> lab.client("get", "bridges").out(),
                said -> said.contains("br1"));
        return BridgedGuest.attachSilent(lab, namespaces, machine, file, address);
    }

    @Override
    public void close() {
        lab.endDaemon();
        api.kubectlAs(ApiServer.ADMIN, "delete", "node", name);
        for (String namespace : namespaces) {
            lab.shell.run(
                    "bash",
                    "-c",
                    "ip netns pids %1$s | xargs -r kill -9; ip netns del %1$s"
                            .formatted(namespace));
        }
        lab.close();
    }
}
