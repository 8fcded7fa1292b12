package io.virtdataplane.e2e;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The daemon of a {@link Lab}: started by the launcher, ended and started anew. */
final class LabDaemon {
    private static final String JAVA_OPTIONS = "VIRT_DATAPLANE_JAVA_OPTS";

    /** Most daemons of tests end within seconds: half of their processor time was C2's. */
    private static final String QUICK = "-XX:TieredStopAtLevel=1";

    private static final int READY_SECONDS = 30;
    private static boolean hasCache;

    private final Shell shell;
    private final Path bin;
    private final Path log;
    private final Map<String, String> environment = new HashMap<>(Map.of(JAVA_OPTIONS, QUICK));
    private Process process; // null: never started
    private int starts;

    LabDaemon(Shell shell, Path bin) {
        this.shell = shell;
        this.bin = bin;
        this.log = shell.directory().resolve("daemon.log");
    }

    void environment(String name, String value) {
        environment.put(name, value);
    }

    /** With the JVM's flags of an installed one. */
    void asInstalled() {
        environment.remove(JAVA_OPTIONS);
    }

    /** It answers when this returns. {@code prefix}: a command that runs it. */
    void start(List<String> prefix, String... options) {
        makeCache(shell, bin);
        process =
                shell.start(
                        log,
                        environment,
                        Stream.of(
                                        prefix,
                                        List.of(bin.resolve("virt-dataplane").toString(), "run"),
                                        Arrays.asList(options))
                                .flatMap(List::stream)
                                .toArray(String[]::new));
        starts++;
        Wait.until(
                "the daemon",
                READY_SECONDS,
                this::log,
                said -> said.lines().filter(line -> line.contains("ready: ")).count() == starts);
    }

    /** As an installed one has it; made once for all tests. */
    private static synchronized void makeCache(Shell shell, Path bin) {
        if (!hasCache) {
            shell.run(bin.resolve("make-aot-cache").toString());
            hasCache = true;
        }
    }

    void end() {
        if (process != null) {
            shell.end(process);
        }
    }

    /** Without a word to it; it is no more when this returns. */
    void kill() {
        List<ProcessHandle> processes =
                Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(each -> each.onExit().join());
    }

    /** What all of them have said. */
    String log() {
        return Shell.text(log);
    }

    Process process() {
        return process;
    }
}
