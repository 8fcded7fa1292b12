package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A node as a network namespace, in which the daemon runs: eth0 leads to its default gateway, eth1
 * to a trunk port of a switch that is a bridge of the same daemon, with a host on VLAN 100. Guests
 * are namespaces.
 */
final class BridgeLab implements AutoCloseable {
    /** As the documentation prints it. */
    static final String POLICY =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata:
              name: br1-eth1-policy
            spec:
              desiredState:
                interfaces:
                  - name: br1
                    description: Linux bridge with eth1 as a port
                    type: linux-bridge
                    state: up
                    ipv4:
                      enabled: false
                    bridge:
                      options:
                        stp:
                          enabled: false
                      port:
                        - name: eth1
            """;

    private static final String SWITCH =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata:
              name: the-switch
            spec:
              desiredState:
                interfaces:
                  - name: sw
                    type: linux-bridge
                    state: up
                    bridge:
                      port:
                        - name: sw0
                        - name: h0
                          vlan:
                            mode: access
                            tag: 100
            """;

    final Lab lab;
    final String node;
    final String host;
    private final List<String> guests = new ArrayList<>();

    /** {@code options}: of the daemon. */
    BridgeLab(String... options) {
        this(new Lab(), options);
    }

    BridgeLab(Lab lab, String... options) {
        this.lab = lab;
        node = lab.out.replace("-out", "-node");
        host = lab.out.replace("-out", "-host");
        lab.shell.sh(
                """
                for n in %1$s %2$s; do ip netns add $n; ip -n $n link set lo up; done
                ip link add eth9 netns %3$s type veth peer name eth0 netns %1$s
                ip -n %3$s addr add 192.0.2.1/24 dev eth9
                ip -n %1$s addr add 192.0.2.10/24 dev eth0
                ip -n %3$s link set eth9 up
                ip -n %1$s link set eth0 up
                ip -n %1$s route add default via 192.0.2.1
                ip link add eth1 netns %1$s type veth peer name sw0 netns %1$s
                ip link add h0 netns %1$s type veth peer name eth0 netns %2$s
                for d in eth1 sw0 h0; do ip -n %1$s link set $d up; done
                ip -n %2$s link set eth0 up
                ip -n %2$s addr add 10.100.0.9/24 dev eth0
                """
                        .formatted(node, host, lab.out));
        lab.daemonIn(node, options);
    }

    /** The chapter's bridge, and the switch behind eth1. */
    BridgeLab bridges() {
        apply(POLICY + "---\n" + SWITCH);
        return this;
    }

    /** The chapter's network attachment definition with the placeholders filled in. */
    static String network(String name, String keys) {
        return """
               apiVersion: "k8s.cni.cncf.io/v1"
               kind: NetworkAttachmentDefinition
               metadata:
                 name: %1$s
                 annotations:
                   k8s.v1.cni.cncf.io/resourceName: bridge.network.kubevirt.io/br1
               spec:
                 config: |
                   {
                     "cniVersion": "0.3.1",
                     "name": "%1$s",
                     "type": "cnv-bridge",
                     "bridge": "br1",
                     %2$s
                   }
               """
                .formatted(name, keys);
    }

    String apply(String manifest, String... options) {
        List<String> command = new ArrayList<>(List.of("apply", "-f", file(manifest).toString()));
        command.addAll(List.of(options));
        return lab.mustClient(command.toArray(String[]::new));
    }

    Path file(String manifest) {
        try {
            return Files.writeString(lab.shell.directory().resolve("manifest.yaml"), manifest);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A machine's manifest as the documentation has it: on the pod network, and on this one. */
    static String machine(String name, String network) {
        return """
               apiVersion: kubevirt.io/v1
               kind: VirtualMachine
               metadata:
                 name: %1$s
               spec:
                 template:
                   spec:
                     domain:
                       devices:
                         interfaces:
                           - masquerade: {}
                             name: default
                           - name: bridge-net
                             bridge: {}
                     networks:
                       - name: default
                         pod: {}
                       - name: bridge-net
                         multus:
                           networkName: %2$s
               """
                .formatted(name, network);
    }

    /** A guest's namespace whose eth1 is the NIC: one end of a veth, the other in its pod. */
    String guest(String name, String network, String address, String... options) {
        return BridgedGuest.attach(
                lab, guests, name, file(machine(name, network)), address, options);
    }

    String mac(String guest) {
        return lab.mustIn(guest, "cat /sys/class/net/eth1/address").strip();
    }

    /** The daemon has written down where a station is. */
    void awaitKept(String mac) {
        String digits = mac.replace(":", "").replaceFirst("^0+", "");
        Wait.until(
                "a station that is kept",
                20,
                () ->
                        lab.shell
                                .run(
                                        "bash",
                                        "-c",
                                        "cat %s/state/stations/*".formatted(lab.shell.directory()))
                                .out(),
                said -> said.contains(digits));
    }

    @Override
    public void close() {
        guests.add(node);
        guests.add(host);
        lab.endDaemon();
        for (String name : guests) {
            lab.shell.run(
                    "bash",
                    "-c",
                    "ip netns pids %1$s | xargs -r kill -9; ip netns del %1$s".formatted(name));
        }
        lab.close();
    }
}
