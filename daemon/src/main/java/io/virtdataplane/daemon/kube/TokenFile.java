package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A token in a file, which is made anew before it expires: a service account's by the kubelet. It
 * is read again with the requests, at most once a second. The library reads it once.
 */
final class TokenFile implements OAuthTokenProvider {
    private static final Logger LOG = LoggerFactory.getLogger(TokenFile.class);
    private static final long FRESH_NS = 1_000_000_000L;
    private final Path file;
    private String token = "";
    private long readNs = Long.MIN_VALUE;

    private TokenFile(Path file) {
        this.file = file;
    }

    /** The service account's of the pod that this runs in; empty where it has none. */
    static Optional<TokenFile> inPod() {
        return of(Path.of(Config.KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH));
    }

    /** That of the kubeconfig's user, where he has one. */
    static Optional<TokenFile> of(io.fabric8.kubernetes.api.model.Config kubeconfig, Path beside) {
        return kubeconfig.getContexts().stream()
                .filter(context -> context.getName().equals(kubeconfig.getCurrentContext()))
                .flatMap(
                        context ->
                                kubeconfig.getUsers().stream()
                                        .filter(
                                                user ->
                                                        user.getName()
                                                                .equals(
                                                                        context.getContext()
                                                                                .getUser())))
                .map(user -> user.getUser().getTokenFile())
                .filter(file -> file != null && !file.isEmpty())
                .findFirst()
                .flatMap(file -> of(beside.toAbsolutePath().resolveSibling(file)));
    }

    private static Optional<TokenFile> of(Path file) {
        return Files.isReadable(file) ? Optional.of(new TokenFile(file)) : Optional.empty();
    }

    /** The one before, where the file cannot be read now. */
    @Override
    public synchronized String getToken() {
        long nowNs = System.nanoTime();
        if (readNs == Long.MIN_VALUE || nowNs - readNs > FRESH_NS) {
            readNs = nowNs;
            try {
                token = Files.readString(file).trim();
            } catch (IOException e) {
                LOG.warn("token not read: file={} {}", file, e.toString());
            }
        }
        return token;
    }
}
