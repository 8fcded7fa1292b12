package io.virtdataplane.e2e;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs commands of the client in processes that go on ({@link ClientLoop}): the tests run
 * thousands, and to start a JVM for each took a third of their time. The launcher is what those run
 * that go on by themselves ({@link Lab#startClient}).
 */
final class Clients {
    private static final int LIMIT_SECONDS = 120;
    private static final Deque<Clients> FREE = new ArrayDeque<>();

    private final Process process;
    private final DataOutputStream to;
    private final DataInputStream from;

    private Clients(Path root) {
        try {
            process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                    "--enable-native-access=ALL-UNNAMED",
                                    "--sun-misc-unsafe-memory-access=allow",
                                    "-XX:TieredStopAtLevel=1",
                                    "-Xmx128m",
                                    "-cp",
                                    root.resolve("client/target/lib/*")
                                            + ":"
                                            + ClientLoop.compiled(),
                                    ClientLoop.class.getName())
                            .redirectError(Redirect.INHERIT)
                            .start();
        } catch (IOException e) {
            throw new AssertionError("cannot start the client", e);
        }
        to = new DataOutputStream(process.getOutputStream());
        from = new DataInputStream(process.getInputStream());
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Runs to the end; output and errors together. Threads may call it at the same time. */
    static Shell.Result run(Path root, String... arguments) {
        Clients client;
        synchronized (FREE) {
            client = FREE.poll();
        }
        if (client == null) {
            client = new Clients(root);
        }
        Shell.Result result = client.await(arguments);
        synchronized (FREE) {
            FREE.push(client);
        }
        return result;
    }

    private Shell.Result await(String... arguments) {
        try {
            return CompletableFuture.supplyAsync(
                            () -> ask(arguments), task -> Thread.ofPlatform().daemon().start(task))
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", arguments), e);
        }
    }

    private Shell.Result ask(String... arguments) {
        try {
            to.writeInt(arguments.length);
            for (String argument : arguments) {
                to.writeUTF(argument);
            }
            to.flush();
            int code = from.readInt();
            byte[] printed = from.readNBytes(from.readInt());
            return new Shell.Result(code, new String(printed, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new AssertionError("the client's process has ended", e);
        }
    }
}
