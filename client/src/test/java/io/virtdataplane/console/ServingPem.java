package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A self-signed certificate and its key in PEM files, and a password file. */
final class ServingPem {
    static final String PASSWORD = "correct horse battery";
    private static final String STORE_PASSWORD = "of-the-test";
    final Path certificate;
    final Path key;
    final Path password;
    private final KeyStore store;

    /**
     * @param names "dns:localhost,ip:127.0.0.1"; empty: none
     */
    ServingPem(Path directory, String names) {
        certificate = directory.resolve("tls.crt");
        key = directory.resolve("tls.key");
        password = directory.resolve("password");
        try {
            store = generate(directory.resolve("store.p12"), names);
            write(certificate, "CERTIFICATE", store.getCertificate("own").getEncoded());
            byte[] secret = store.getKey("own", STORE_PASSWORD.toCharArray()).getEncoded();
            write(key, "PRIVATE KEY", secret);
            Files.writeString(password, PASSWORD + "\n");
            allow(key, "rw-r-----");
            allow(password, "rw-------");
        } catch (IOException | GeneralSecurityException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    RemoteAccess access() {
        return RemoteAccess.of(certificate, key, password);
    }

    static void allow(Path file, String permissions) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    /** Of a client that trusts this certificate and no other. */
    SSLContext client() throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("own", store.getCertificate("own"));
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static void write(Path file, String kind, byte[] content) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(
                file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }

    private static KeyStore generate(Path file, String names)
            throws IOException, GeneralSecurityException, InterruptedException {
        Files.deleteIfExists(file);
        ProcessBuilder keytool =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        "own",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=test",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        STORE_PASSWORD);
        if (!names.isEmpty()) {
            keytool.command().addAll(List.of("-ext", "SAN=" + names));
        }
        Process process = keytool.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, STORE_PASSWORD.toCharArray());
        }
        return store;
    }
}
