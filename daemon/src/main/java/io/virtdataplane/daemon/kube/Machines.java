package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtdataplane.daemon.cni.CniMachine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which VirtualMachineInstance a machine of ours is. A NIC that a container runtime asked for is
 * known by its pod, one that was attached by hand by its machine.
 */
final class Machines implements AutoCloseable {
    private static final String NODE = "kubevirt.io/nodeName"; // labels, as of KubeVirt
    private static final String TARGET = "kubevirt.io/migrationTargetNodeName";
    private final Followed here;
    private final Followed coming;
    private final SharedIndexInformer<Pod> pods;

    /** What a listener is told nothing of: machines are looked up, not followed one by one. */
    private static final class Quiet implements Followed.Listener {
        @Override
        public void changed(ObjectKey key) {
            // Looked up when it is asked for.
        }

        @Override
        public void deleted(ObjectKey key) {
            // Looked up when it is asked for.
        }

        @Override
        public void listed() {
            // Looked up when it is asked for.
        }
    }

    Machines(KubernetesClient client, String node) {
        ClusterKind kind = ClusterKind.VIRTUAL_MACHINE_INSTANCE;
        here = new Followed(client, kind, Map.of(NODE, node), new Quiet());
        coming = new Followed(client, kind, Map.of(TARGET, node), new Quiet());
        pods =
                client.pods()
                        .inAnyNamespace()
                        .withLabel("kubevirt.io", "virt-launcher")
                        .withField("spec.nodeName", node)
                        .runnableInformer(0);
        pods.exceptionHandler((hasStarted, failure) -> true);
    }

    void start() {
        here.start();
        coming.start();
        var unused = pods.start();
    }

    /** Machines that run on this node, by the name that our NICs' machines have. */
    Map<String, GenericKubernetesResource> running() {
        Map<String, GenericKubernetesResource> byName = ofPods(here);
        for (GenericKubernetesResource machine : here.all()) {
            byName.putIfAbsent(machine.getMetadata().getName(), machine);
        }
        return byName;
    }

    /** Those that run here or are on their way, by the names that NICs in their pods have. */
    Map<String, GenericKubernetesResource> byPod() {
        Map<String, GenericKubernetesResource> byName = ofPods(coming);
        byName.putAll(ofPods(here));
        return byName;
    }

    /** Their pods, by the names that NICs in them have. */
    Map<String, Pod> pods() {
        Map<String, Pod> byName = new HashMap<>();
        for (Pod pod : pods.getStore().list()) {
            byName.put(name(pod), pod);
        }
        return byName;
    }

    private static String name(Pod pod) {
        return CniMachine.name(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
    }

    private Map<String, GenericKubernetesResource> ofPods(Followed followed) {
        Map<String, GenericKubernetesResource> byUid = new HashMap<>();
        Map<String, GenericKubernetesResource> byName = new HashMap<>();
        for (GenericKubernetesResource machine : followed.all()) {
            byUid.put(machine.getMetadata().getUid(), machine);
        }
        for (Pod pod : pods.getStore().list()) {
            GenericKubernetesResource owner =
                    owners(pod).stream()
                            .map(reference -> byUid.get(reference.getUid()))
                            .filter(Objects::nonNull)
                            .findFirst()
                            .orElse(null);
            if (owner != null) {
                byName.put(name(pod), owner);
            }
        }
        return byName;
    }

    private static List<OwnerReference> owners(Pod pod) {
        List<OwnerReference> all = pod.getMetadata().getOwnerReferences();
        return all == null ? List.of() : all;
    }

    @Override
    public void close() {
        here.close();
        coming.close();
        pods.close();
    }
}
