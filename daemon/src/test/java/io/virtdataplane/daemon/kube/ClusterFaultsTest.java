package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an API server can do to a watcher: nothing is lost, and nothing is said to be gone. */
@Timeout(120)
class ClusterFaultsTest {
    private static final String ANEW = "/apis/k8s.cni.cncf.io/v1/network-attachment-definitions";
    private static final String LIST = ANEW + "?resourceVersion=0";
    private static final String WATCH =
            ANEW + "?allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=600&watch=true";
    private final KubernetesMockServer server = new KubernetesMockServer(false);
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private KubernetesClient client;
    private Followed followed;

    @BeforeEach
    void start() {
        server.init();
        client = server.createClient();
        followed =
                new Followed(
                        client,
                        ClusterKind.NETWORK_DEFINITION,
                        Map.of(),
                        new Followed.Listener() {
                            @Override
                            public void changed(ObjectKey key) {
                                told.add("changed " + key.path());
                            }

                            @Override
                            public void deleted(ObjectKey key) {
                                told.add("deleted " + key.path());
                            }

                            @Override
                            public void listed() {
                                told.add("listed");
                            }
                        });
    }

    @AfterEach
    void close() {
        followed.close();
        client.close();
        server.destroy();
    }

    private String next() throws InterruptedException {
        return told.poll(60, TimeUnit.SECONDS);
    }

    private static GenericKubernetesResource network(String name, String version) {
        GenericKubernetesResource object = new GenericKubernetesResource();
        object.setApiVersion("k8s.cni.cncf.io/v1");
        object.setKind("NetworkAttachmentDefinition");
        object.setMetadata(
                new ObjectMetaBuilder()
                        .withNamespace("default")
                        .withName(name)
                        .withUid(name)
                        .withResourceVersion(version)
                        .build());
        return object;
    }

    private static GenericKubernetesResourceList list(
            String version, GenericKubernetesResource... items) {
        GenericKubernetesResourceList list = new GenericKubernetesResourceList();
        list.setMetadata(new ListMetaBuilder().withResourceVersion(version).build());
        list.setItems(List.of(items));
        return list;
    }

    @Test
    void anExpiredWatchIsListedAnewAndWhatIsMissingIsNotSaidToBeDeleted() throws Exception {
        server.expect()
                .get()
                .withPath(LIST)
                .andReturn(200, list("1", network("a", "1"), network("b", "1")))
                .once();
        server.expect()
                .get()
                .withPath(WATCH.formatted("1"))
                .andUpgradeToWebSocket()
                .open()
                .waitFor(10)
                .andEmit(
                        new WatchEvent(
                                new StatusBuilder().withCode(410).withReason("Expired").build(),
                                "ERROR"))
                .done()
                .once();
        server.expect().get().withPath(ANEW).andReturn(500, "").once();
        server.expect().get().withPath(ANEW).andReturn(429, "").once();
        server.expect().get().withPath(ANEW).andReturn(200, list("9", network("b", "1"))).always();
        followed.start();
        assertThat(List.of(next(), next(), next()))
                .containsExactlyInAnyOrder("changed default/a", "changed default/b", "listed");
        assertThat(next()).as("missing, to be looked at again").isEqualTo("changed default/a");
        assertThat(next()).isEqualTo("listed");
        assertThat(followed.all()).hasSize(1);
    }
}
