package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pod that is there has a proxy or has none, whatever labels ask for. */
class NamespaceMeshesOfPodsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "compute; istio-injection=enabled; ''",
                "compute; istio.io/dataplane-mode=ambient; istio.io/dataplane-mode=ambient",
                "compute; 'istio-injection=enabled,istio.io/dataplane-mode=ambient'; istio.io/dataplane-mode=ambient",
                "istio-proxy; ''; istio-injection=enabled",
                "istio-proxy; istio.io/dataplane-mode=ambient; istio-injection=enabled",
                "linkerd-proxy; ''; linkerd.io/inject=enabled",
            })
    void sidecarIsWhatThePodHas(String container, String namespace, String says) {
        for (String list : new String[] {"containers", "initContainers"}) {
            Pod pod =
                    Serialization.unmarshal(
                            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {%s: [{name: %s}]}"
                                    .formatted(list, container),
                            Pod.class);
            assertThat(NamespaceMeshes.ofPod(pod, namespace)).isEqualTo(says);
        }
    }
}
