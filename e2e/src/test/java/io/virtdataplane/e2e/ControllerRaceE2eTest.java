package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.virtdataplane.daemon.kube.ClusterClient;
import io.virtdataplane.daemon.kube.ClusterKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Two controllers answer the API server at once, from a range so small that they meet all the time;
 * the leader is killed, another comes, and machines come and go throughout. No two machines ever
 * have one address.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class ControllerRaceE2eTest {
    private static final String NAMESPACE = "race";
    private static final int CLIENTS = 4;
    private static final int MACHINES_EACH = 20;
    private static final String[] RANGE = {
        "--mac-start=02:11:11:00:00:00", "--mac-end=02:11:11:00:01:ff", "--mac-wait=70"
    };
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger snapshots = new AtomicInteger();
    private final ConcurrentMap<String, AtomicInteger> refusals = new ConcurrentHashMap<>();
    private final List<String> duplicates = new ArrayList<>();

    @Test
    void noAddressIsGivenTwiceWhileTheLeaderIsKilledUnderLoad() throws InterruptedException {
        try (ControllerLab lab = new ControllerLab();
                KubernetesClient client = ClusterClient.open(lab.api.kubeconfig(ApiServer.ADMIN))) {
            lab.api.kubectl("create", "namespace", NAMESPACE);
            List<ControllerLab.Controller> running = new ArrayList<>();
            running.add(lab.start(RANGE));
            running.add(lab.start(RANGE));
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                threads.add(Thread.ofPlatform().start(() -> comeAndGo(client, number)));
            }
            threads.add(Thread.ofPlatform().start(() -> compare(client)));
            for (int round = 0; round < 2; round++) {
                awaitMachines(100);
                ControllerLab.Controller leader = leader(running);
                leader.kill();
                running.remove(leader);
                awaitMachines(50); // by the other alone
                running.add(lab.start(RANGE));
                Wait.until("a leader", 60, () -> leads(running), leads -> leads);
            }
            awaitMachines(50);
            isOver.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            System.out.printf(
                    "race: machines made %d, compared %d times, refusals %s%n",
                    made.get(), snapshots.get(), refusals);
            assertThat(duplicates).isEmpty();
            assertThat(refusals.keySet())
                    .as("asking for one address was refused, and nothing else but a dead webhook")
                    .contains("held")
                    .isSubsetOf("held", "full", "webhook");
            checkLeases(lab, client);
        }
    }

    private void awaitMachines(int more) {
        int until = made.get() + more;
        Wait.until("machines made", 90, made::get, count -> count >= until);
    }

    private static ControllerLab.Controller leader(List<ControllerLab.Controller> running) {
        Wait.until("a leader", 60, () -> leads(running), leads -> leads);
        return running.stream().filter(ControllerLab.Controller::leads).findFirst().orElseThrow();
    }

    private static boolean leads(List<ControllerLab.Controller> running) {
        return running.stream().anyMatch(ControllerLab.Controller::leads);
    }

    private static NonNamespaceOperation<
                    GenericKubernetesResource,
                    GenericKubernetesResourceList,
                    Resource<GenericKubernetesResource>>
            machines(KubernetesClient client) {
        return client.genericKubernetesResources(ClusterKind.VIRTUAL_MACHINE.context())
                .inNamespace(NAMESPACE);
    }

    /** Makes and deletes machines; each fourth asks for one of three addresses by name. */
    private void comeAndGo(KubernetesClient client, int number) {
        Random random = new Random(number);
        while (!isOver.get()) {
            String name = "vm-" + number + "-" + random.nextInt(MACHINES_EACH);
            String more =
                    random.nextInt(4) == 0
                            ? "macAddress: \"52:54:00:00:00:0%d\"".formatted(random.nextInt(3))
                            : "";
            try {
                if (random.nextInt(3) == 0) {
                    machines(client).withName(name).delete();
                } else {
                    make(client, name, more);
                }
            } catch (KubernetesClientException e) {
                String why = why(String.valueOf(e.getMessage()));
                refusals.computeIfAbsent(why, any -> new AtomicInteger()).incrementAndGet();
            }
        }
    }

    private static String why(String said) {
        if (said.contains("holder=")) {
            return "held";
        }
        if (said.contains("the range is full")) {
            return "full"; // while no leader gives back what the gone had
        }
        return said.contains("failed calling webhook") ? "webhook" : said;
    }

    private void make(KubernetesClient client, String name, String more) {
        if (machines(client).withName(name).get() != null) {
            return;
        }
        GenericKubernetesResource machine =
                client.getKubernetesSerialization()
                        .unmarshal(
                                ControllerLab.machine(NAMESPACE, name, more),
                                GenericKubernetesResource.class);
        machines(client).resource(machine).create();
        made.incrementAndGet();
    }

    /** Each list is what the API server had at one moment. */
    private void compare(KubernetesClient client) {
        while (!isOver.get()) {
            Map<String, String> nicByMac = new HashMap<>();
            for (GenericKubernetesResource machine : machines(client).list().getItems()) {
                macs(machine).forEach((nic, mac) -> add(nicByMac, nic, mac));
            }
            snapshots.incrementAndGet();
        }
    }

    private void add(Map<String, String> nicByMac, String nic, String mac) {
        String other = nicByMac.putIfAbsent(mac, nic);
        if (other != null) {
            duplicates.add(mac + " " + nic + " " + other);
        }
    }

    /** MACHINE/NIC and its address. */
    private static Map<String, String> macs(GenericKubernetesResource machine) {
        Map<String, String> macs = new TreeMap<>();
        List<Map<String, String>> nics =
                machine.get("spec", "template", "spec", "domain", "devices", "interfaces");
        for (Map<String, String> nic : nics) {
            macs.put(
                    machine.getMetadata().getName() + "/" + nic.get("name"), nic.get("macAddress"));
        }
        return macs;
    }

    /** In the end each address has its holder's lease, and those of the gone are given back. */
    private static void checkLeases(ControllerLab lab, KubernetesClient client) {
        List<String> wanted = new ArrayList<>();
        for (GenericKubernetesResource machine : machines(client).list().getItems()) {
            macs(machine)
                    .forEach(
                            (nic, mac) ->
                                    wanted.add(
                                            "mac-%s %s/%s"
                                                    .formatted(
                                                            mac.replace(':', '-'),
                                                            NAMESPACE,
                                                            nic)));
        }
        Wait.until(
                "leases of these and no others",
                120,
                () -> lab.leases().lines().sorted().toList(),
                leases -> leases.equals(wanted.stream().sorted().toList()));
    }
}
