package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesList;
import io.fabric8.kubernetes.api.model.KubernetesListBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's Services as the API server had them last, in a file: for a start while it is away.
 */
final class KeptServices {
    private static final Logger LOG = LoggerFactory.getLogger(KeptServices.class);
    private static final String FILE = "services";
    private final FileStore store;

    KeptServices(Path stateDirectory) {
        this.store = new FileStore(stateDirectory.resolve("cluster"), ".json");
    }

    /** Where it cannot be written, a later start waits for the server. */
    void put(Collection<Service> services, Collection<EndpointSlice> slices) {
        List<HasMetadata> all =
                Stream.<HasMetadata>concat(
                                services.stream().map(KeptServices::bare),
                                slices.stream().map(KeptServices::bare))
                        .toList();
        KubernetesList list = new KubernetesListBuilder().withItems(all).build();
        try {
            store.put(FILE, Serialization.asJson(list).getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException e) {
            LOG.warn("services of the cluster not kept: {}", e.getMessage());
        }
    }

    /** Without what only the server needs, which is the larger part. */
    private static Service bare(Service of) {
        return new ServiceBuilder(of)
                .editMetadata()
                .withManagedFields()
                .withAnnotations(null)
                .endMetadata()
                .build();
    }

    private static EndpointSlice bare(EndpointSlice of) {
        return new EndpointSliceBuilder(of)
                .withApiVersion("discovery.k8s.io/v1") // also an earlier one, or it is read as such
                .editMetadata()
                .withManagedFields()
                .withAnnotations(null)
                .endMetadata()
                .build();
    }

    /** Services and EndpointSlices; none where there is no file, or none that can be read. */
    List<HasMetadata> get() {
        Path file = store.file(FILE);
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            KubernetesList list =
                    Serialization.unmarshal(Files.readString(file), KubernetesList.class);
            return list == null || list.getItems() == null ? List.of() : list.getItems();
        } catch (IOException | RuntimeException e) {
            LOG.warn("services of the cluster not taken up: {}", e.getMessage());
            return List.of();
        }
    }
}
