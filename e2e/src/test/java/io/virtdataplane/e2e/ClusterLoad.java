package io.virtdataplane.e2e;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.daemon.kube.ClusterClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Fills one namespace of an {@link ApiServer} with many objects, so many at a time as the server
 * takes well. The custom resources are there: {@link ApiServer#applyUpstreamDefinitions}. Names
 * have a number of five digits from 0 on, "vm-00000", "net-00000", "svc-00000". On two cores that
 * had other work, 5,000 objects took 12 s: a network or machine 2 ms, a Service 3 ms.
 */
final class ClusterLoad implements AutoCloseable {
    private static final int AT_A_TIME = 24;
    private final KubernetesClient client;
    private final ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
    private final String namespace;

    /** The namespace is made where it is not there. */
    ClusterLoad(ApiServer api, String namespace) {
        this.client = ClusterClient.open(api.kubeconfig(ApiServer.ADMIN));
        this.namespace = namespace;
        api.applyText(
                """
                apiVersion: v1
                kind: Namespace
                metadata: {name: %s}
                """
                        .formatted(namespace));
    }

    /**
     * Instances that run, in turn on each of the nodes, with two NICs: masquerade on the pod
     * network, and bridge on the network of {@link #networks} with the same number.
     *
     * @return how long it took
     */
    Duration machines(int count, List<String> nodes) {
        return create(count, number -> machine(number, nodes.get(number % nodes.size())));
    }

    /**
     * NetworkAttachmentDefinitions of a bridge, each with a VLAN of its own as far as there are.
     */
    Duration networks(int count) {
        return create(count, this::network);
    }

    /** Services with a cluster address, each for the machine of the same number. */
    Duration services(int count) {
        return create(count, this::service);
    }

    private Duration create(int count, IntFunction<String> yaml) {
        long startNs = System.nanoTime();
        List<CompletableFuture<Void>> all =
                IntStream.range(0, count)
                        .mapToObj(
                                number ->
                                        CompletableFuture.runAsync(
                                                () -> create(yaml.apply(number)), threads))
                        .toList();
        all.forEach(CompletableFuture::join);
        return Duration.ofNanos(System.nanoTime() - startNs);
    }

    private void create(String yaml) {
        HasMetadata object = Serialization.unmarshal(yaml, GenericKubernetesResource.class);
        client.resource(object).inNamespace(namespace).create();
    }

    private String machine(int number, String node) {
        int low = number % 250 + 1;
        int high = number / 250;
        return """
        apiVersion: kubevirt.io/v1
        kind: VirtualMachineInstance
        metadata:
          name: vm-%1$05d
          labels: {kubevirt.io/nodeName: %2$s, app: vm-%1$05d}
        spec:
          domain:
            devices:
              interfaces:
                - {name: default, masquerade: {}, macAddress: "02:00:00:00:%4$02x:%3$02x", ports: [{port: 80}]}
                - {name: second, bridge: {}, macAddress: "02:00:00:01:%4$02x:%3$02x"}
            resources: {requests: {memory: 1Gi}}
          networks:
            - {name: default, pod: {}}
            - {name: second, multus: {networkName: net-%1$05d}}
        status:
          phase: Running
          nodeName: %2$s
          interfaces:
            - {name: default, mac: "02:00:00:00:%4$02x:%3$02x", ipAddress: 10.244.%4$d.%3$d, ipAddresses: [10.244.%4$d.%3$d], queueCount: 1}
            - {name: second, mac: "02:00:00:01:%4$02x:%3$02x", queueCount: 1}
        """
                .formatted(number, node, low, high);
    }

    private String network(int number) {
        return """
        apiVersion: k8s.cni.cncf.io/v1
        kind: NetworkAttachmentDefinition
        metadata:
          name: net-%1$05d
          annotations: {k8s.v1.cni.cncf.io/resourceName: bridge.network.kubevirt.io/br1}
        spec:
          config: '{"cniVersion": "1.0.0", "name": "net-%1$05d", "type": "cnv-bridge", "bridge": "br1", "vlan": %2$d}'
        """
                .formatted(number, number % 4094 + 1);
    }

    private String service(int number) {
        return """
        apiVersion: v1
        kind: Service
        metadata: {name: svc-%1$05d}
        spec: {selector: {app: vm-%1$05d}, ports: [{port: 80, targetPort: 80}]}
        """
                .formatted(number);
    }

    @Override
    public void close() {
        threads.shutdownNow();
        client.close();
    }
}
