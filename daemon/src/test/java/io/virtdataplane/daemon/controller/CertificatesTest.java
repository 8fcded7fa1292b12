package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The webhook's Secret, where it is missing or empty. */
@EnableKubernetesMockClient(crud = true)
class CertificatesTest {
    private final ServingKey key = new ServingKey();
    private KubernetesMockServer server;
    private KubernetesClient client;

    private Certificates certificates() {
        List<String> names = List.of("localhost");
        return new Certificates(client, "own", "webhook", names, key, authorities -> {});
    }

    private Secret secret() {
        return client.secrets().inNamespace("own").withName("webhook").get();
    }

    @Test
    void emptySecretIsFilledAndMissingOneIsMadeWhereThatIsAllowed() throws Exception {
        Secret empty =
                new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace("own")
                        .withName("webhook")
                        .addToLabels("kept", "yes")
                        .endMetadata()
                        .build();
        client.resource(empty).create();
        certificates().load();
        assertThat(key.getPrivateKey(Keytool.SERVING)).isNotNull();
        assertThat(secret().getData()).containsKeys("keystore.p12", "password", "ca.crt");
        assertThat(secret().getMetadata().getLabels()).containsEntry("kept", "yes");
        client.resource(empty).delete();
        certificates().load();
        assertThat(secret().getData()).containsKeys("keystore.p12", "password", "ca.crt");
    }

    @Test
    void missingSecretThatMayNotBeMadeIsToldWithTheWayOut() throws InterruptedException {
        server.expect()
                .post()
                .withPath("/api/v1/namespaces/own/secrets")
                .andReturn(403, new StatusBuilder().withCode(403).build())
                .once();
        assertThatThrownBy(() -> certificates().load())
                .isInstanceOf(KubernetesClientException.class) // tried again
                .hasMessageStartingWith("Secret own/webhook is missing: apply deploy again");
        server.takeRequest();
        assertThat(server.takeRequest().getUtf8Body())
                .as("no key was made for it")
                .contains("webhook")
                .doesNotContain("keystore");
    }
}
