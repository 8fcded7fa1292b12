package io.virtdataplane.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Controllers, as they are installed and with the rights of deploy/, against a real API server that
 * asks them over TLS. A balancer stands for their Service.
 */
final class ControllerLab implements AutoCloseable {
    private static final int READY_SECONDS = 60;
    final ApiServer api = ApiServer.start();
    private final Shell shell = new Shell(api.directory());
    private final TcpBalancer balancer = new TcpBalancer();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private int started;

    /** A process of a controller. */
    final class Controller {
        private final Process process;
        private final int webhookPort = freePort();
        private final int statusPort = freePort();
        final Path log;

        private Controller(String... options) {
            log = api.directory().resolve("controller-" + started++ + ".log");
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    "../bin/virt-dataplane",
                                    "controller",
                                    "--kubeconfig=" + api.kubeconfig(ApiServer.CONTROLLER),
                                    "--namespace=virt-dataplane",
                                    "--webhook-name=127.0.0.1",
                                    "--webhook-port=" + webhookPort,
                                    "--status-port=" + statusPort));
            command.addAll(List.of(options));
            process = shell.start(log, command.toArray(String[]::new));
        }

        boolean isReady() {
            if (!process.isAlive()) {
                throw new AssertionError("controller ended:\n" + Shell.text(log));
            }
            return get("readyz").equals("ok\n");
        }

        boolean leads() {
            return metric("virt_dataplane_controller_leader") == 1;
        }

        /** Of a metric without labels, or with those in the name. */
        double metric(String name) {
            return get("metrics")
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElse(0);
        }

        String get(String path) {
            URI uri = URI.create("http://127.0.0.1:" + statusPort + "/" + path);
            try {
                return http.send(
                                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
            } catch (IOException e) {
                return e.toString();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        /** SIGKILL, as a node that dies. */
        void kill() {
            process.destroyForcibly();
            balancer.remove(webhookPort);
        }

        /** SIGTERM; must end by itself. */
        void stop() {
            balancer.remove(webhookPort);
            process.destroy();
            Wait.until("the end", 20, process::isAlive, alive -> !alive);
        }
    }

    ControllerLab() {
        api.applyUpstreamDefinitions();
        api.kubectl("apply", "-k", "../deploy");
        for (String hook : List.of("mutat", "validat")) {
            String path = hook.equals("mutat") ? "mutate" : "validate";
            api.kubectl(
                    "patch",
                    hook + "ingwebhookconfiguration/virt-dataplane",
                    "--type=json",
                    "-p",
                    "[{\"op\": \"replace\", \"path\": \"/webhooks/0/clientConfig\", \"value\": {\"url\": \"https://127.0.0.1:%d/%s\"}}]"
                            .formatted(balancer.port(), path));
        }
    }

    /** Runs, answers, and the API server trusts it. */
    Controller start(String... options) {
        Controller controller = new Controller(options);
        Wait.until("readiness", READY_SECONDS, controller::isReady, ready -> ready);
        balancer.add(controller.webhookPort);
        Wait.until(
                "the API server's trust",
                READY_SECONDS,
                () ->
                        api.kubectl(
                                "get",
                                "mutatingwebhookconfiguration,validatingwebhookconfiguration",
                                "-o",
                                "jsonpath={.items[*].webhooks[*].clientConfig.caBundle}"),
                bundles -> bundles.split(" ").length == 2);
        return controller;
    }

    /** A machine with a NIC on the pod network and one on a bridge. */
    static String machine(String namespace, String name, String more) {
        return """
               apiVersion: kubevirt.io/v1
               kind: VirtualMachine
               metadata: {name: %s, namespace: %s}
               spec:
                 running: false
                 template:
                   spec:
                     domain: {devices: {interfaces: [{name: default, masquerade: {}}, {name: net1, bridge: {}%s}]}}
                     networks: [{name: default, pod: {}}, {name: net1, multus: {networkName: br1}}]
               """
                .formatted(name, namespace, more.isEmpty() ? "" : ", " + more);
    }

    /** The words of the refusal. */
    String refusal(String yaml) {
        Shell.Result result = tryApply(yaml);
        if (result.ok()) {
            throw new AssertionError("was taken:\n" + yaml);
        }
        return result.out();
    }

    Shell.Result tryApply(String yaml, String... more) {
        try {
            Path file = java.nio.file.Files.createTempFile(api.directory(), "try", ".yaml");
            java.nio.file.Files.writeString(file, yaml);
            List<String> command = new ArrayList<>(List.of("apply", "-f", file.toString()));
            command.addAll(List.of(more));
            return api.kubectlAs(ApiServer.ADMIN, command.toArray(String[]::new));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Of the machine's NICs in their order; those without are empty. */
    List<String> macs(String namespace, String name) {
        String all =
                api.kubectl(
                        "-n",
                        namespace,
                        "get",
                        "vm",
                        name,
                        "-o",
                        "jsonpath={range .spec.template.spec.domain.devices.interfaces[*]}{.macAddress},{end}");
        return List.of(all.split(",", -1)).subList(0, all.split(",", -1).length - 1);
    }

    /** Of leases: "mac-02-... NAMESPACE/MACHINE/NIC", one a line. */
    String leases() {
        return api.kubectl(
                "-n",
                "virt-dataplane",
                "get",
                "leases",
                "-l",
                "virtdataplane.io/kind=mac",
                "-o",
                "jsonpath={range .items[*]}{.metadata.name} {.spec.holderIdentity}{'\\n'}{end}");
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        shell.close();
        balancer.close();
        api.close();
    }
}
