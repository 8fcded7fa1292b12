package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.daemon.object.ApplyOptions;
import org.junit.jupiter.api.Test;

class ObjectTextTest {
    private static GenericKubernetesResource policy(String annotations) {
        return Serialization.unmarshal(
                """
                apiVersion: nmstate.io/v1
                kind: NodeNetworkConfigurationPolicy
                metadata:
                  name: p1
                  uid: 1234
                  resourceVersion: "77"
                  annotations: {%s}
                  managedFields: [{manager: kubectl}]
                spec: {desiredState: {interfaces: []}}
                status: {conditions: []}
                """
                        .formatted(annotations),
                GenericKubernetesResource.class);
    }

    @Test
    void whatTheServerKeepsForItselfIsNoPartOfTheObject() {
        assertThat(
                        ObjectText.of(
                                policy(
                                        "kubectl.kubernetes.io/last-applied-configuration: x, a: b")))
                .contains("\"name\":\"p1\"", "\"a\":\"b\"", "desiredState")
                .doesNotContain(
                        "last-applied", "managedFields", "resourceVersion", "uid", "status");
    }

    @Test
    void annotationsSayWhatFlagsWould() {
        ApplyOptions options =
                ObjectText.options(
                        policy(
                                "virtdataplane.io/uplinks: share, virtdataplane.io/host-port: 'true', virtdataplane.io/probe-seconds: '7'"));
        assertThat(options).isEqualTo(ApplyOptions.of("share", true, 7).ofCluster());
        assertThat(ObjectText.options(policy(""))).isEqualTo(ApplyOptions.DEFAULT.ofCluster());
        assertThatThrownBy(() -> ObjectText.options(policy("virtdataplane.io/uplinks: steal")))
                .hasMessage("uplinks must be take or share: uplinks=steal");
        assertThatThrownBy(() -> ObjectText.options(policy("virtdataplane.io/probe-seconds: soon")))
                .hasMessageContaining("probe-seconds must be a number: soon");
    }
}
