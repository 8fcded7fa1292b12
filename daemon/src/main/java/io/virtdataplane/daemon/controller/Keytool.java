package io.virtdataplane.daemon.controller;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Makes keys and certificates. The JDK has no public class that writes a certificate, but each Java
 * has keytool beside its java; that is done a few times a year, so that a library for it would be
 * more than is needed.
 */
final class Keytool {
    /** The authority's name in a key store. */
    static final String AUTHORITY = "ca";

    /** The server's. */
    static final String SERVING = "serving";

    private static final String PASSWORD = "VDP_STORE_PASSWORD";
    private static final int AUTHORITY_DAYS = 3650;
    private static final int SECONDS = 60;

    private Keytool() {}

    /** A store with a new authority. */
    static byte[] authority(String name, String password) {
        return run(
                new byte[0],
                password,
                List.of(
                        "-genkeypair",
                        "-alias",
                        AUTHORITY,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + name,
                        "-startdate",
                        "-1H", // the clocks of other computers
                        "-validity",
                        Integer.toString(AUTHORITY_DAYS),
                        "-ext",
                        "bc:critical=ca:true,pathlen:0",
                        "-ext",
                        "ku:critical=keyCertSign,cRLSign"));
    }

    /**
     * The store with a new serving key, signed by its authority.
     *
     * @param names DNS names and IPv4 addresses, one at least
     */
    static byte[] serving(byte[] store, String password, List<String> names, int days) {
        String alternatives =
                names.stream()
                        .map(name -> (name.matches("[0-9.]+") ? "ip:" : "dns:") + name)
                        .collect(Collectors.joining(","));
        return run(
                store,
                password,
                List.of(
                        "-genkeypair",
                        "-alias",
                        SERVING,
                        "-signer",
                        AUTHORITY,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=virt-dataplane-controller",
                        "-startdate",
                        "-1H",
                        "-validity",
                        Integer.toString(days),
                        "-ext",
                        "san=" + alternatives,
                        "-ext",
                        "ku:critical=digitalSignature",
                        "-ext",
                        "eku=serverAuth"));
    }

    /** The store without its serving key. */
    static byte[] withoutServing(byte[] store, String password) {
        return run(store, password, List.of("-delete", "-alias", SERVING));
    }

    static KeyStore open(byte[] store, String password) throws GeneralSecurityException {
        try {
            KeyStore opened = KeyStore.getInstance("PKCS12");
            opened.load(new ByteArrayInputStream(store), password.toCharArray());
            return opened;
        } catch (IOException e) {
            throw new GeneralSecurityException("key store cannot be read", e);
        }
    }

    private static byte[] run(byte[] store, String password, List<String> arguments) {
        try {
            Path directory = Files.createTempDirectory("virt-dataplane-keys"); // mode 0700
            Path file = directory.resolve("store.p12");
            try {
                if (store.length > 0) {
                    Files.write(file, store);
                }
                run(file, password, arguments);
                return Files.readAllBytes(file);
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("keytool", e);
        }
    }

    private static void run(Path file, String password, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        command.addAll(List.of("-keystore", file.toString(), "-storetype", "PKCS12"));
        command.addAll(List.of("-storepass:env", PASSWORD)); // not for all to see in /proc
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put(PASSWORD, password);
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("keytool failed: " + said.strip());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
