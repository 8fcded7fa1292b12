package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Opens the way to the API server, patient where the caller can be, else quick to say no. */
public final class ClusterClient {
    private static final int RETRIES = 2;
    private static final int FIRST_RETRY_MILLIS = 200;
    private static final int REQUEST_MILLIS = 10_000;
    private static final int CONNECT_MILLIS = 5_000;
    private static final int WATCH_RETRY_MILLIS = 800;

    private ClusterClient() {}

    /**
     * Makes no connection yet: the API server may be away.
     *
     * @param kubeconfig null: the service account of the pod that this runs in
     * @throws IllegalArgumentException the file is not there or names no server
     */
    public static KubernetesClient open(Path kubeconfig) {
        Config base = kubeconfig == null ? inPod() : fromFile(kubeconfig);
        Config config =
                new ConfigBuilder(base)
                        .withRequestRetryBackoffLimit(RETRIES)
                        .withRequestRetryBackoffInterval(FIRST_RETRY_MILLIS)
                        .withRequestTimeout(REQUEST_MILLIS)
                        .withConnectionTimeout(CONNECT_MILLIS)
                        .withWatchReconnectInterval(spread(WATCH_RETRY_MILLIS))
                        .withWatchReconnectLimit(-1)
                        .build();
        token(kubeconfig).ifPresent(config::setOauthTokenProvider);
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static Optional<TokenFile> token(Path kubeconfig) {
        return kubeconfig == null
                ? TokenFile.inPod()
                : TokenFile.of(KubeConfigUtils.parseConfig(kubeconfig.toFile()), kubeconfig);
    }

    /** It doubles with each retry: the nodes of a cluster are not to come back all at once. */
    private static int spread(int millis) {
        return millis + ThreadLocalRandom.current().nextInt(millis);
    }

    private static Config fromFile(Path kubeconfig) {
        if (!Files.isReadable(kubeconfig)) {
            throw new IllegalArgumentException(
                    "kubeconfig must be a readable file: kubeconfig=" + kubeconfig);
        }
        try {
            return Config.fromKubeconfig(kubeconfig.toFile());
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "kubeconfig must be one that kubectl takes: kubeconfig="
                            + kubeconfig
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private static Config inPod() {
        if (System.getenv("KUBERNETES_SERVICE_HOST") == null) {
            throw new IllegalArgumentException(
                    "kubeconfig must be set outside a pod: --kubeconfig FILE");
        }
        return Config.autoConfigure(null);
    }
}
