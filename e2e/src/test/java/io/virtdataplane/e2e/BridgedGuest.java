package io.virtdataplane.e2e;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A guest that is a namespace, with a NIC on a bridge: one end of a veth, the other in its pod. */
final class BridgedGuest {
    private BridgedGuest() {}

    /**
     * Attaches the NIC bridge-net of a machine, and gives the guest its address.
     *
     * @param namespaces the pod's and the guest's are added
     * @param manifest the machine's
     * @return the guest's namespace, whose eth1 is the NIC
     */
    static String attach(
            Lab lab,
            List<String> namespaces,
            String name,
            Path manifest,
            String address,
            String... options) {
        String guest = attachSilent(lab, namespaces, name, manifest, address, options);
        speak(lab, guest);
        return guest;
    }

    /** From now on the guest may send. */
    static void speak(Lab lab, String guest) {
        lab.shell.sh("ip -n " + guest + " link set eth1 up");
    }

    /** The same, but that the guest sends nothing yet. */
    static String attachSilent(
            Lab lab,
            List<String> namespaces,
            String name,
            Path manifest,
            String address,
            String... options) {
        String pod = lab.out.replace("-out", "-p" + name);
        String guest = lab.out.replace("-out", "-g" + name);
        namespaces.add(pod);
        namespaces.add(guest);
        lab.shell.sh(
                """
                ip netns add %1$s
                ip netns add %2$s
                ip link add eth1 netns %2$s type veth peer name net1 netns %1$s
                ip -n %1$s link set net1 up
                """
                        .formatted(pod, guest));
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "attach",
                                "-f",
                                manifest.toString(),
                                "--interface",
                                "bridge-net",
                                "--netns",
                                pod,
                                "--guest",
                                "dev:net1"));
        command.addAll(List.of(options));
        String said = lab.mustClient(command.toArray(String[]::new));
        String mac = said.replaceFirst("(?s).*guest ([0-9a-f:]{17}) on bridge .*", "$1");
        lab.shell.sh(
                """
                ip -n %1$s link set eth1 address %2$s
                ip -n %1$s link set lo up
                ip -n %1$s addr add %3$s dev eth1
                """
                        .formatted(guest, mac, address));
        return guest;
    }
}
