package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptServicesTest {
    private static final Service SERVICE =
            Serialization.unmarshal(
                    "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {clusterIP: 10.96.0.1, ports: [{port: 1}]}\n",
                    Service.class);
    private static final String SLICE =
            """
            apiVersion: discovery.k8s.io/%s
            kind: EndpointSlice
            metadata: {name: a, namespace: b}
            addressType: IPv4
            ports: [{name: '', port: 1}]
            endpoints: [{addresses: [10.1.1.1], topology: {kubernetes.io/hostname: node1}}]
            """;
    @TempDir private Path directory;

    @Test
    void areAsTheyWereOfEachVersion() {
        EndpointSlice now = Serialization.unmarshal(SLICE.formatted("v1"), EndpointSlice.class);
        EndpointSlice earlier =
                Serialization.unmarshal(SLICE.formatted("v1beta1"), EarlierEndpointSlice.class);
        for (EndpointSlice each : List.of(now, earlier)) {
            new KeptServices(directory).put(List.of(SERVICE), List.of(each));
            assertThat(new KeptServices(directory).get()).hasSize(2);
            Service service = (Service) new KeptServices(directory).get().getFirst();
            assertThat(service.getSpec()).isEqualTo(SERVICE.getSpec());
            EndpointSlice kept = (EndpointSlice) new KeptServices(directory).get().getLast();
            assertThat(kept.getEndpoints()).isEqualTo(each.getEndpoints());
        }
    }

    @Test
    void aDamagedFileIsAsGoodAsNone() throws IOException {
        assertThat(new KeptServices(directory).get()).isEmpty();
        new KeptServices(directory).put(List.of(SERVICE), List.of());
        Path file = directory.resolve("cluster/services.json");
        Files.writeString(file, Files.readString(file).substring(0, 60));
        assertThat(new KeptServices(directory).get()).isEmpty();
    }
}
