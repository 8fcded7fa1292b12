package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The webhook's keys, in a Secret that all replicas share: an authority of ten years and a serving
 * key of ninety days, which is made anew when a third of its time is left. A new serving key needs
 * nothing else to change. A new authority, a year before the old one ends, is told to the API
 * server beside the old one before anybody serves by it.
 */
final class Certificates {
    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
    private static final String STORE = "keystore.p12";
    private static final String PASSWORD = "password";
    private static final String AUTHORITIES = "ca.crt";
    private static final int SERVING_DAYS = 90;
    private static final Duration SERVING_LEFT = Duration.ofDays(30);
    private static final Duration AUTHORITY_LEFT = Duration.ofDays(365);
    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final List<String> names;
    private final ServingKey key;
    private final Consumer<String> trust;
    private String loaded = "";

    /**
     * @param name of the Secret
     * @param names that the API server calls us by
     * @param trust tells the API server whom to trust: certificates in PEM
     */
    Certificates(
            KubernetesClient client,
            String namespace,
            String name,
            List<String> names,
            ServingKey key,
            Consumer<String> trust) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.names = List.copyOf(names);
        this.key = key;
        this.trust = trust;
    }

    /** What the Secret holds. */
    private record Content(byte[] store, String password, String authorities) {
        static Content of(Secret secret) {
            Map<String, String> data = secret.getData();
            return new Content(
                    Base64.getDecoder().decode(data.getOrDefault(STORE, "")),
                    text(data.getOrDefault(PASSWORD, "")),
                    text(data.getOrDefault(AUTHORITIES, "")));
        }

        private static String text(String base64) {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        }

        KeyStore open() throws GeneralSecurityException {
            return Keytool.open(store, password);
        }
    }

    /**
     * Serves by what the Secret holds, which is made where there is none. Every replica does it.
     */
    void load() throws GeneralSecurityException {
        Secret secret = filled();
        String version = secret.getMetadata().getResourceVersion();
        if (!version.equals(loaded)) {
            Content content = Content.of(secret);
            key.set(content.open(), content.password().toCharArray());
            loaded = version;
        }
    }

    /** Renews what ends soon, and tells the API server whom to trust. The leader does it. */
    void tend() throws GeneralSecurityException {
        Secret secret = filled();
        Content content = Content.of(secret);
        Content wanted = renewed(content);
        trust.accept(wanted.authorities()); // before anybody serves by a new authority
        if (wanted != content && write(secret, wanted)) {
            LOG.info("certificate renewed: secret={}/{}", namespace, name);
        }
    }

    /** The same where nothing ends soon. */
    private Content renewed(Content content) throws GeneralSecurityException {
        KeyStore store = content.open();
        if (left(store, Keytool.AUTHORITY).compareTo(AUTHORITY_LEFT) < 0) {
            Content fresh = make();
            String both = fresh.authorities() + content.authorities();
            return new Content(fresh.store(), fresh.password(), both);
        }
        boolean isGood =
                left(store, Keytool.SERVING).compareTo(SERVING_LEFT) >= 0 && isNamed(store);
        return isGood ? content : withNewServing(content);
    }

    private Content withNewServing(Content content) {
        byte[] without = Keytool.withoutServing(content.store(), content.password());
        return new Content(
                Keytool.serving(without, content.password(), names, SERVING_DAYS),
                content.password(),
                content.authorities());
    }

    private Content make() throws GeneralSecurityException {
        String password = new BigInteger(128, new SecureRandom()).toString(Character.MAX_RADIX);
        byte[] authority = Keytool.authority(name + "-ca", password);
        byte[] store = Keytool.serving(authority, password, names, SERVING_DAYS);
        byte[] certificate =
                Keytool.open(store, password).getCertificate(Keytool.AUTHORITY).getEncoded();
        String pem =
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
                        + "\n-----END CERTIFICATE-----\n";
        return new Content(store, password, pem);
    }

    private Secret read() {
        return client.secrets().inNamespace(namespace).withName(name).get();
    }

    /**
     * It is installed empty, so that nobody needs the right to make secrets.
     *
     * @throws KubernetesClientException it is missing, and we have not that right
     */
    private Secret filled() throws GeneralSecurityException {
        Secret secret = read();
        while (secret == null || secret.getData() == null || !secret.getData().containsKey(STORE)) {
            if (secret == null) {
                create();
            } else if (write(secret, make())) {
                LOG.info("certificate made: secret={}/{} names={}", namespace, name, names);
            }
            secret = read();
        }
        return secret;
    }

    /** Empty, as making a key is work that would be lost where it is forbidden. */
    private void create() {
        Secret empty =
                new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withType("Opaque")
                        .build();
        try {
            client.resource(empty).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
                throw new KubernetesClientException(
                        "Secret %s/%s is missing: apply deploy again, which holds it; the controller may not make it"
                                .formatted(namespace, name),
                        e.getCode(),
                        e.getStatus());
            }
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) { // another replica was first
                throw e;
            }
        }
    }

    /** False where another replica was first. */
    private boolean write(Secret old, Content content) {
        try {
            client.resource(secret(content, old)).update();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            return false;
        }
    }

    private static Secret secret(Content content, Secret old) {
        return new SecretBuilder(old)
                .addToData(STORE, Base64.getEncoder().encodeToString(content.store()))
                .addToData(PASSWORD, base64(content.password()))
                .addToData(AUTHORITIES, base64(content.authorities()))
                .build();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Duration left(KeyStore store, String alias) throws GeneralSecurityException {
        X509Certificate certificate = (X509Certificate) store.getCertificate(alias);
        return certificate == null
                ? Duration.ZERO
                : Duration.between(Instant.now(), certificate.getNotAfter().toInstant());
    }

    private boolean isNamed(KeyStore store) throws GeneralSecurityException {
        X509Certificate certificate = (X509Certificate) store.getCertificate(Keytool.SERVING);
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        Set<Object> has = new HashSet<>();
        for (List<?> each :
                alternatives == null ? Collections.<List<?>>emptyList() : alternatives) {
            has.add(each.get(1));
        }
        return has.containsAll(names);
    }
}
