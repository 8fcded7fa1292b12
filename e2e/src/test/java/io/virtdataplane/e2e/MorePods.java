package io.virtdataplane.e2e;

import java.util.ArrayList;
import java.util.List;

/**
 * Pods of a lab's node beside the lab's own, each a network of its own with a guest in it; and a
 * cable from one node to another, by which both reach each other's pods.
 */
final class MorePods implements AutoCloseable {
    /** A machine of that name, as the Services of the chapter select it. */
    static final String MACHINE =
            """
            kind: VirtualMachine
            metadata: {name: %s, namespace: example-namespace}
            spec:
              template:
                metadata:
                  labels: {special: key}
                spec:
                  domain:
                    devices:
                      interfaces: [{name: default, masquerade: {}, ports: [{name: ssh, port: 22}, {port: 53, protocol: UDP}]}]
                  networks: [{name: default, pod: {}}]
            """;

    private final Lab lab;
    private final String node;
    private final List<String> namespaces = new ArrayList<>();

    /**
     * @param node the namespace that the pods' addresses are behind
     */
    MorePods(Lab lab, String node) {
        this.lab = lab;
        this.node = node;
    }

    /** 10.244.N.5, fd00:10:244:N::5. */
    static String address(int number) {
        return "10.244." + number + ".5";
    }

    static String address6(int number) {
        return "fd00:10:244:" + number + "::5";
    }

    /** A pod without a guest; its namespace. */
    String pod(int number) {
        String pod = lab.pod + number;
        namespaces.add(pod);
        lab.shell.sh(
                """
                ip netns add %1$s
                ip -n %1$s link set lo up
                ip link add eth0 netns %1$s type veth peer name pod%3$d netns %2$s
                ip -n %1$s addr add 10.244.%3$d.5/24 dev eth0
                ip -n %2$s addr add 10.244.%3$d.1/24 dev pod%3$d
                ip -n %1$s addr add fd00:10:244:%3$d::5/64 dev eth0 nodad
                ip -n %2$s addr add fd00:10:244:%3$d::1/64 dev pod%3$d nodad
                ip -n %1$s link set eth0 up
                ip -n %2$s link set pod%3$d up
                ip -n %1$s route add default via 10.244.%3$d.1
                ip -n %1$s route add default via fd00:10:244:%3$d::1
                ip netns exec %2$s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
                """
                        .formatted(pod, node, number));
        return pod;
    }

    /** A pod with the guest of the machine vmN; the guest's namespace. */
    String guest(int number) {
        String pod = pod(number);
        String guest = lab.guest + number;
        namespaces.add(guest);
        lab.shell.sh(
                """
                ip netns add %1$s
                ip -n %1$s link set lo up
                ip link add eth0 netns %1$s type veth peer name tap0 netns %2$s
                ip -n %2$s link set tap0 up
                ip -n %1$s link set eth0 up
                ip -n %1$s addr add 10.0.2.2/24 dev eth0
                ip -n %1$s route add default via 10.0.2.1
                ip -n %1$s addr add fd10:0:2::2/120 dev eth0 nodad
                ip -n %1$s route replace default via fd10:0:2::1
                """
                        .formatted(guest, pod));
        attach(number);
        return guest;
    }

    void attach(int number) {
        lab.mustClient(
                "attach",
                "-f",
                lab.manifest(MACHINE.formatted("vm" + number)).toString(),
                "--netns",
                lab.pod + number,
                "--guest",
                "dev:tap0");
    }

    void detach(int number) {
        lab.mustClient("detach", "vm" + number);
    }

    /** One link between two nodes; each has a route to that pod of the other. */
    static void cable(Lab lab, String one, int ofOne, String other, int ofOther) {
        lab.shell.sh(
                """
                ip link add cable0 netns %1$s type veth peer name cable0 netns %3$s
                ip -n %1$s addr add 198.18.0.1/24 dev cable0
                ip -n %3$s addr add 198.18.0.2/24 dev cable0
                ip -n %1$s link set cable0 up
                ip -n %3$s link set cable0 up
                ip -n %1$s route add 10.244.%4$d.0/24 via 198.18.0.2
                ip -n %3$s route add 10.244.%2$d.0/24 via 198.18.0.1
                """
                        .formatted(one, ofOne, other, ofOther));
    }

    @Override
    public void close() {
        for (String name : namespaces) {
            lab.shell.run(
                    "bash",
                    "-c",
                    "ip netns pids %1$s | xargs -r kill -9; ip netns del %1$s".formatted(name));
        }
    }
}
