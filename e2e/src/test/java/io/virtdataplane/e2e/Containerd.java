package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A containerd of a test's own, without CRI.
 *
 * @param process to be ended by who started it
 * @param home its directory
 */
record Containerd(Process process, Path home) {
    private static final int SECONDS = 20;
    private static final String CONFIG =
            """
            version = 2
            root = "%1$s/root"
            state = "%1$s/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "%1$s/containerd.sock"
            [ttrpc]
              address = "%1$s/ttrpc.sock"
            """;

    /** It answers when this returns. */
    static Containerd start(Shell shell) throws IOException {
        Path home = Files.createDirectory(shell.directory().resolve("containerd"));
        Path config = home.resolve("config.toml");
        shell.write(config, CONFIG.formatted(home));
        Process process =
                shell.start(home.resolve("containerd.log"), "containerd", "-c", config.toString());
        Containerd started = new Containerd(process, home);
        Wait.until(
                "containerd",
                SECONDS,
                () -> shell.run("bash", "-c", started.ctr() + " version").ok(),
                ok -> ok);
        return started;
    }

    /** The client's command for it. */
    String ctr() {
        return "ctr -a " + home.resolve("containerd.sock");
    }
}
