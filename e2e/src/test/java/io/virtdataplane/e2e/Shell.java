package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Runs commands and keeps what was started, by process, so that it can be ended. */
final class Shell implements AutoCloseable {
    private static final int LIMIT_SECONDS = 120;

    /** What a command left behind. */
    record Result(int code, String out) {
        boolean ok() {
            return code == 0;
        }
    }

    private final Path directory;
    private final List<Process> started = new ArrayList<>();
    private final AtomicInteger outputs = new AtomicInteger();

    Shell(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    /** Runs to the end; output and errors together. Threads may call it at the same time. */
    Result run(String... command) {
        Path output = directory.resolve("output-" + outputs.getAndIncrement());
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .redirectInput(Path.of("/dev/null").toFile())
                            .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(
                        "did not end in "
                                + LIMIT_SECONDS
                                + " s: "
                                + String.join(" ", command)
                                + "\n"
                                + Files.readString(output));
            }
            return new Result(
                    process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command[0], e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Runs to the end and must succeed. */
    String must(String... command) {
        Result result = run(command);
        if (!result.ok()) {
            throw new AssertionError(
                    String.join(" ", command)
                            + " ended with "
                            + result.code()
                            + ":\n"
                            + result.out());
        }
        return result.out();
    }

    String sh(String script) {
        return must("bash", "-ec", script);
    }

    Process start(Path log, String... command) {
        return start(log, Map.of(), command);
    }

    Process start(Path log, Map<String, String> environment, String... command) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .redirectInput(Path.of("/dev/null").toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            started.add(process);
            return process;
        } catch (IOException e) {
            throw new AssertionError("cannot start " + command[0], e);
        }
    }

    /** What is in a file so far; nothing where there is none yet. */
    static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void deleteDirectory() {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        started.reversed().forEach(this::end);
    }
}
