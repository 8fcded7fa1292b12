package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.APIResourceListBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.virtdataplane.daemon.kube.ClusterKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One SriovNetwork that cannot be served keeps no other. */
@EnableKubernetesMockClient
class SriovDefinitionsFaultTest {
    private static final KubernetesSerialization JSON = new KubernetesSerialization();
    private static final String OPERATOR = "openshift-sriov-network-operator";
    private static final String NETWORK =
            """
            {"apiVersion": "sriovnetwork.openshift.io/v1", "kind": "SriovNetwork",
             "metadata": {"name": "%s", "namespace": "openshift-sriov-network-operator", "resourceVersion": "1"%s},
             "spec": {"resourceName": "nics", "networkNamespace": "%s"}}
            """;
    private static final String ENDING =
            ", \"deletionTimestamp\": \"2026-01-01T00:00:00Z\", \"finalizers\": [\"netattdef.finalizers.sriovnetwork.openshift.io\"]";
    private KubernetesMockServer server;
    private KubernetesClient client;

    private static GenericKubernetesResource network(String name, String metadata, String in) {
        return JSON.unmarshal(
                NETWORK.formatted(name, metadata, in), GenericKubernetesResource.class);
    }

    private static String definitions(String namespace) {
        return "/apis/k8s.cni.cncf.io/v1/namespaces/"
                + namespace
                + "/network-attachment-definitions";
    }

    /** What the client asks before it writes: which resources there are. */
    private void serve(ClusterKind kind) {
        var context = kind.context();
        APIResourceList resources =
                new APIResourceListBuilder()
                        .withGroupVersion(context.getGroup() + "/" + context.getVersion())
                        .addNewResource()
                        .withName(context.getPlural())
                        .withKind(context.getKind())
                        .withNamespaced(true)
                        .endResource()
                        .build();
        server.expect()
                .get()
                .withPath("/apis/" + resources.getGroupVersion())
                .andReturn(200, resources)
                .always();
    }

    @Test
    void namespaceThatTakesNoDefinitionKeepsNoOtherNetwork() throws InterruptedException {
        GenericKubernetesResource ending = network("ending", ENDING, "terminating");
        String path =
                "/apis/sriovnetwork.openshift.io/v1/namespaces/%s/sriovnetworks/ending"
                        .formatted(OPERATOR);
        serve(ClusterKind.SRIOV_NETWORK);
        serve(ClusterKind.NETWORK_DEFINITION);
        server.expect().get().withPath(path).andReturn(200, ending).always();
        server.expect().patch().withPath(path).andReturn(200, ending).once();
        server.expect()
                .post()
                .withPath(definitions("terminating"))
                .andReturn(403, new StatusBuilder().withCode(403).build())
                .once();
        server.expect()
                .post()
                .withPath(definitions("guests"))
                .andReturn(201, network("any", "", "guests"))
                .once();
        List<GenericKubernetesResource> networks =
                List.of(
                        network("refused", "", "terminating"),
                        ending,
                        network("good", "", "guests"));
        SriovDefinitions all =
                new SriovDefinitions(
                        client, () -> networks, List::of, namespace -> true, "openshift.io");
        assertThatThrownBy(all::pass)
                .as("the refusal is told")
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(403));
        assertThat(writes())
                .containsExactly(
                        "PATCH " + path,
                        "POST " + definitions("terminating"),
                        "POST " + definitions("guests"));
    }

    private List<String> writes() throws InterruptedException {
        List<String> writes = new ArrayList<>();
        for (int count = server.getRequestCount(); count > 0; count--) {
            var request = server.takeRequest();
            if (!request.getMethod().equals("GET")) {
                writes.add(request.getMethod() + " " + request.getPath().split("\\?", 2)[0]);
            }
        }
        return writes;
    }
}
