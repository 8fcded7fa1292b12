package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * systemd of this machine as PID 1 of namespaces of its own, over this machine's files: what is
 * installed there is gone with it. It ends with the shell.
 */
final class BootedSystem {
    private static final int BOOT_SECONDS = 40;
    private static final int SERVICE_SECONDS = 60;
    private final Shell shell;
    private final String first;

    private BootedSystem(Shell shell, String first) {
        this.shell = shell;
        this.first = first;
    }

    /** Where there is no systemd the test is left out. */
    static void assume() {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/lib/systemd/systemd")), "systemd is not installed");
    }

    /**
     * @param layer its files are in the system, too
     */
    static BootedSystem boot(Shell shell, Path layer) throws IOException {
        Path system = Files.createDirectory(shell.directory().resolve("system"));
        shell.start(
                shell.directory().resolve("boot.log"),
                Path.of("src/test/systemd/boot").toAbsolutePath().toString(),
                system.toString(),
                layer.toString());
        Path pid = system.resolve("pid");
        String first =
                Wait.until(
                        "PID 1",
                        BOOT_SECONDS,
                        () -> Shell.text(pid).strip(),
                        said -> !said.isEmpty());
        BootedSystem booted = new BootedSystem(shell, first);
        Wait.until(
                "a system that runs",
                BOOT_SECONDS,
                () -> booted.inside("systemctl is-system-running || true"),
                said -> said.startsWith("running") || said.startsWith("degraded"));
        return booted;
    }

    /** Runs a script there, which must succeed. */
    String inside(String script) {
        String[] enter = {"nsenter", "-t", first, "-m", "-u", "-i", "-n", "-p", "-C"};
        String[] run = {"env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "bash", "-ec", script};
        return shell.must(Stream.of(enter, run).flatMap(Stream::of).toArray(String[]::new));
    }

    /** Before a command: it runs in that network namespace, with this machine's files. */
    List<String> enter(String namespace) {
        return List.of("nsenter", "--net=/proc/" + first + "/root/run/netns/" + namespace);
    }

    /** A file below /run; its path. */
    String write(String name, String text) {
        return inside("cat > /run/%1$s <<'END'\n%2$sEND\necho /run/%1$s".formatted(name, text))
                .strip();
    }

    /** The daemon of the unit answers. */
    void awaitActive() {
        Wait.until(
                "the service",
                SERVICE_SECONDS,
                () ->
                        inside(
                                "systemctl is-active virt-dataplane || true; virt-dataplane get nics 2>&1 || true"),
                said -> said.startsWith("active") && said.contains("NAME"));
    }

    /**
     * Kills the daemon, and returns when systemd has started it anew. Ready is what systemd is
     * told; a client would take the processor from the daemon.
     */
    void kill() {
        inside(
                """
                before=$(systemctl show -P MainPID virt-dataplane)
                systemctl kill -s KILL virt-dataplane
                for i in $(seq 300); do
                  sleep 0.1
                  case $(systemctl show -P MainPID,ActiveState virt-dataplane | tr '\\n' ' ') in
                    *"$before"*) ;;
                    *" active "*|active*) exit 0 ;;
                  esac
                done
                exit 1
                """);
    }

    /** A file of the system, as this machine sees it. */
    Path file(String path) {
        return Path.of("/proc/" + first + "/root" + path);
    }

    /** What the daemon's events say. */
    void awaitEvents(String text, int times) {
        Wait.until(
                text + ", " + times + " times",
                SERVICE_SECONDS,
                () -> inside("virt-dataplane events 2>&1 || true"),
                said -> Wait.count(said, text) >= times);
    }
}
