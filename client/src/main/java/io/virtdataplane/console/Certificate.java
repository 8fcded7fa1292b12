package io.virtdataplane.console;

import io.grpc.util.AdvancedTlsX509KeyManager;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/**
 * The server's certificate and key, in PEM. Both files are looked at once a minute: a renewed
 * certificate counts for new connections. Any thread.
 */
final class Certificate implements AutoCloseable {
    private static final int DNS_NAME = 2; // RFC 5280 4.2.1.6
    private static final int IP_ADDRESS = 7;

    private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
    private final ScheduledExecutorService reader =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("certificate").factory());
    private final SSLContext context;

    /**
     * Reads both.
     *
     * @throws IllegalArgumentException where they are no certificate of a host and its key
     */
    Certificate(Path certificate, Path key) {
        if (!Files.isReadable(certificate)) {
            throw new IllegalArgumentException(
                    "tls-cert must be readable: tls-cert=" + certificate);
        }
        SecretFile.mustBeSecret("tls-key", key);
        try {
            keys.updateIdentityCredentials(
                    certificate.toFile(), key.toFile(), 1, TimeUnit.MINUTES, reader);
            context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, null, null);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            reader.shutdownNow();
            throw new IllegalArgumentException(
                    "tls-cert and tls-key must be a certificate and its key in PEM, the key as PKCS #8: tls-cert="
                            + certificate
                            + " tls-key="
                            + key,
                    e);
        }
        if (names().isEmpty()) {
            reader.shutdownNow();
            throw new IllegalArgumentException(
                    "tls-cert must name its hosts in subjectAltName, as browsers ask for: tls-cert="
                            + certificate);
        }
    }

    SSLContext context() {
        return context;
    }

    /** A name for the address that is printed. */
    String host() {
        String name = names().getFirst();
        return name.contains(":") ? "[" + name + "]" : name;
    }

    /**
     * True where the certificate is for this host.
     *
     * @param host as in a request's header, with a port or without
     */
    boolean isFor(String host) {
        String name = host.replaceFirst(":\\d{1,5}$", "").toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            name = literal(name.substring(1, name.length() - 1));
        }
        int dot = name.indexOf('.');
        String wildcard = dot > 0 ? "*" + name.substring(dot) : name;
        List<String> names = names();
        return names.contains(name) || names.contains(wildcard);
    }

    private static String literal(String address) {
        try {
            return InetAddress.ofLiteral(address).getHostAddress();
        } catch (IllegalArgumentException e) {
            return ""; // of no host
        }
    }

    private List<String> names() {
        String alias =
                keys.chooseServerAlias(null, null, null); // there is one, of what was read last
        X509Certificate own = keys.getCertificateChain(alias)[0];
        Collection<List<?>> alternatives;
        try {
            alternatives = own.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return alternatives == null
                ? List.of()
                : alternatives.stream()
                        .filter(
                                one ->
                                        one.getFirst().equals(DNS_NAME)
                                                || one.getFirst().equals(IP_ADDRESS))
                        .map(
                                one ->
                                        one.getFirst().equals(DNS_NAME)
                                                ? one.get(1).toString().toLowerCase(Locale.ROOT)
                                                : literal(one.get(1).toString()))
                        .toList();
    }

    @Override
    public void close() {
        reader.shutdownNow();
    }
}
