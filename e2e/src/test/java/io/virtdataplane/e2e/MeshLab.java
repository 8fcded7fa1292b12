package io.virtdataplane.e2e;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A guest whose pod is in a service mesh: the mesh's rules in the pod, and a transparent proxy
 * there, which says by whom and to where it was asked. Servers in the guest and outside say whom
 * they see.
 */
final class MeshLab implements AutoCloseable {
    static final String POD = Lab.POD_ADDRESS;
    static final String POD6 = Lab.POD_ADDRESS6;
    static final List<String> PODS = List.of(POD, POD6);
    private static final Path SCRIPTS = Path.of("src/test/mesh").toAbsolutePath();
    private static final String MANIFEST =
            """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: vm}
            spec:
              template:
                metadata:
                  labels: {app: vm}
                  annotations:
            %s
                spec:
                  domain:
                    devices:
                      interfaces:
                      - name: default
                        masquerade: {}
                        ports: %s
                  networks:
                  - name: default
                    pod: {}
            """;

    final Lab lab = new Lab();
    private Process proxy;

    static String manifest(String ports, String... annotations) {
        StringBuilder lines = new StringBuilder();
        Arrays.stream(annotations)
                .forEach(each -> lines.append("        ").append(each).append('\n'));
        return MANIFEST.formatted(lines.toString().stripTrailing(), ports);
    }

    /** The rules as the mesh's own tools leave them; they are there before the guest. */
    MeshLab rules(String mesh) {
        lab.mustIn(lab.pod, SCRIPTS.resolve("rules.sh") + " " + mesh);
        return this;
    }

    /** All that the mesh has in the pod. */
    String rulesNow() {
        return lab.mustIn(lab.pod, "nft list ruleset; ip rule; ip -6 rule; ip addr show lo")
                .replaceAll("valid_lft .*", "")
                .replaceAll("counter packets \\d+ bytes \\d+", "");
    }

    /**
     * In place of the one before.
     *
     * @param user its number; 0: root, with marks on its sockets
     */
    MeshLab proxy(int user, String... arguments) {
        endProxy();
        String[] run = {"python3", SCRIPTS.resolve("proxy.py").toString(), "as:" + user};
        proxy =
                lab.startIn(
                        lab.pod,
                        Stream.of(run, arguments).flatMap(Arrays::stream).toArray(String[]::new));
        for (String each : arguments) {
            if (each.contains("=")) {
                String port = each.replaceAll(".*=(\\d+):.*", "$1");
                Wait.until(
                        "the proxy's sockets at " + port,
                        10,
                        () -> lab.in(lab.pod, "ss -Hltn sport = :" + port).out(),
                        seen -> seen.lines().count() == 2);
            }
        }
        return this;
    }

    void endProxy() {
        if (proxy != null) {
            lab.shell.end(proxy);
        }
    }

    void serve(String namespace, String name, int... ports) {
        List<String> command =
                new ArrayList<>(List.of("python3", SCRIPTS.resolve("talk.py").toString()));
        command.addAll(List.of("serve", name));
        Arrays.stream(ports).mapToObj(Integer::toString).forEach(command::add);
        lab.startIn(namespace, command.toArray(String[]::new));
        for (int port : ports) {
            lab.awaitSocket(namespace, "tcp sport = :" + port);
        }
    }

    /** What is said at each HOST:PORT, asked one after the other. */
    Map<String, String> ask(String namespace, List<String> targets) {
        String script =
                "python3 " + SCRIPTS.resolve("talk.py") + " ask " + String.join(" ", targets);
        Map<String, String> said = new TreeMap<>();
        lab.mustIn(namespace, script)
                .lines()
                .forEach(
                        line ->
                                said.put(
                                        line.substring(0, line.indexOf(' ')),
                                        line.substring(line.indexOf(' ') + 1)));
        return said;
    }

    String ask(String namespace, String host, int port) {
        String target = host + ":" + port;
        return ask(namespace, List.of(target)).get(target);
    }

    /** A conversation that goes on until the file is there; what it says is in {@code log}. */
    Process hold(String namespace, Path log, String host, int port, Path end) {
        Process process =
                lab.shell.start(
                        log,
                        "ip",
                        "netns",
                        "exec",
                        namespace,
                        "python3",
                        SCRIPTS.resolve("talk.py").toString(),
                        "hold",
                        host,
                        "" + port,
                        end.toString());
        Wait.until("the conversation", 10, () -> Shell.text(log), text -> text.contains("saw"));
        return process;
    }

    String servers() {
        return Shell.text(lab.shell.directory().resolve("servers.log"));
    }

    @Override
    public void close() {
        lab.close();
    }
}
