package io.virtdataplane.e2e;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.Client;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A daemon with a masquerade guest and a bridge, its console, and a browser at it. */
final class ConsoleLab implements AutoCloseable {
    private static final int SECONDS = 20;
    private static final String MACHINE =
            """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata:
              name: example-vm
            spec:
              template:
                spec:
                  domain:
                    devices:
                      interfaces:
                        - name: default
                          masquerade: {}
                          ports:
                            - port: 80
                            - port: 22
                  networks:
                    - name: default
                      pod: {}
            """;
    private static final String BRIDGE =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata:
              name: %1$s-policy
            spec:
              desiredState:
                interfaces:
                  - name: %1$s
                    description: '%2$s'
                    type: linux-bridge
                    state: up
                    bridge:
                      port: []
            """;
    final Lab lab;
    final List<String> namespaces = new ArrayList<>();
    private Browser browser;
    private Client client; // made with the first NIC

    ConsoleLab() {
        this(new Lab());
    }

    ConsoleLab(Lab lab) {
        this.lab = lab;
        lab.daemon().attachTap(MACHINE).configureGuest();
        bridge("br1", "<b>Linux bridge</b>");
        lab.mustIn(lab.guest, "ping -c1 " + Lab.OUTSIDE);
    }

    /** Starts the console, and opens the address that it prints. */
    Browser browser(String... options) {
        browser = new Browser(console(options));
        return browser;
    }

    /** Starts it; the printed address. */
    String console(String... options) {
        List<String> command = new ArrayList<>(List.of("console"));
        command.addAll(List.of(options));
        lab.startClient(command.toArray(String[]::new));
        String said = Wait.until("the console", SECONDS, lab::clientsSaid, s -> s.contains("\n"));
        return said.replaceFirst("(?s).*Console: (\\S+)\n.*", "$1");
    }

    void bridge(String name, String description) {
        String policy = BRIDGE.formatted(name, description);
        lab.mustClient("apply", "-f", lab.manifest(policy).toString());
    }

    /** NICs on the bridge, each of a machine of its own; their taps are in one namespace. */
    void attach(int from, int to) {
        for (int i = from; i < to; i++) {
            attach("machine-" + i, "tap" + i, "");
        }
    }

    /** The same; the guest's agent is asked. */
    void attach(String machine, String tap, String agent) {
        String pod = lab.out.replace("-out", "-many");
        if (!namespaces.contains(pod)) {
            lab.shell.must("ip", "netns", "add", pod);
            namespaces.add(pod);
            String network = BridgeLab.network("many", "\"ipam\": {}");
            lab.mustClient("apply", "-f", lab.manifest(network).toString());
            client = new Client(Path.of(lab.socket()));
        }
        client.call()
                .attach(
                        AttachRequest.newBuilder()
                                .setManifest(BridgeLab.machine(machine, "many"))
                                .setInterface("bridge-net")
                                .setNetns(pod)
                                .setGuest("tap:" + tap)
                                .setGuestAgent(agent)
                                .build());
    }

    /** As a guest that talks to an address that nobody may have. */
    void dropOne() {
        lab.in(lab.guest, "echo x > /dev/udp/240.0.0.1/53");
    }

    @Override
    public void close() {
        if (browser != null) {
            browser.close();
        }
        if (client != null) {
            client.close();
        }
        namespaces.forEach(namespace -> lab.shell.run("ip", "netns", "del", namespace));
        lab.close();
    }
}
