package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the API server whom to trust: writes caBundle into the webhook configurations, which were
 * installed without.
 */
final class CaBundles {
    private static final Logger LOG = LoggerFactory.getLogger(CaBundles.class);
    private final KubernetesClient client;
    private final String name;
    private boolean isMissingTold;

    /**
     * @param name of both configurations
     */
    CaBundles(KubernetesClient client, String name) {
        this.client = client;
        this.name = name;
    }

    /**
     * @param authorities certificates in PEM
     */
    void set(String authorities) {
        String bundle =
                Base64.getEncoder().encodeToString(authorities.getBytes(StandardCharsets.UTF_8));
        boolean isMissing = !setMutating(bundle);
        isMissing |= !setValidating(bundle);
        if (isMissing && !isMissingTold) {
            LOG.warn("no machine is admitted by us: webhook configuration missing: name={}", name);
        }
        isMissingTold = isMissing;
    }

    private boolean setMutating(String bundle) {
        MutatingWebhookConfiguration found =
                client.admissionRegistration()
                        .v1()
                        .mutatingWebhookConfigurations()
                        .withName(name)
                        .get();
        if (found == null) {
            return false;
        }
        set(found, found.getWebhooks().stream().map(each -> each.getClientConfig()), bundle);
        return true;
    }

    private boolean setValidating(String bundle) {
        ValidatingWebhookConfiguration found =
                client.admissionRegistration()
                        .v1()
                        .validatingWebhookConfigurations()
                        .withName(name)
                        .get();
        if (found == null) {
            return false;
        }
        set(found, found.getWebhooks().stream().map(each -> each.getClientConfig()), bundle);
        return true;
    }

    private void set(HasMetadata found, Stream<WebhookClientConfig> configs, String bundle) {
        List<WebhookClientConfig> others =
                configs.filter(config -> !bundle.equals(config.getCaBundle())).toList();
        if (!others.isEmpty()) {
            others.forEach(config -> config.setCaBundle(bundle));
            client.resource(found).update();
            LOG.info("caBundle set: {}={}", found.getKind(), name);
        }
    }
}
