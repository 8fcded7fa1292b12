package io.virtdataplane.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The programs of Kubernetes that {@code src/test/kubernetes/build-servers} has built, outside the
 * source tree.
 */
record KubernetesServers(Path directory) {
    private static final String BUILD = "e2e/src/test/kubernetes/build-servers";

    /** Aborts the test where they are not there, saying how to get them. */
    static KubernetesServers found() {
        String home = System.getenv().getOrDefault("HOME", "/root");
        String cache =
                Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(home + "/.cache");
        Path directory = Path.of(cache, "virt-dataplane/kubernetes/bin");
        for (String program : new String[] {"etcd", "kube-apiserver", "kube-controller-manager"}) {
            Assumptions.assumeTrue(
                    onPath(directory, program).isPresent(),
                    () -> "NOT RUN: no " + program + " in " + directory + ": run " + BUILD);
        }
        return new KubernetesServers(directory);
    }

    String program(String name) {
        return onPath(directory, name).orElseThrow().toString();
    }

    /** Of version 1.24 or later, so that it knows --subresource. */
    Path kubectl() {
        return Path.of(program("kubectl"));
    }

    /** In the directory, or else where the shell would look. */
    private static Optional<Path> onPath(Path directory, String program) {
        return Arrays.stream((directory + ":" + System.getenv("PATH")).split(":"))
                .map(path -> Path.of(path, program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
