package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which running guests collide, and who is told. */
class CollisionsTest {
    private static final KubernetesSerialization JSON = new KubernetesSerialization();
    private static final String MAC = "02:00:00:00:00:01";
    private final Collisions collisions = new Collisions(name -> !name.equals("ignored"));

    private void run(String name, String phase, String mac, String migration) {
        String[] names = name.split("/");
        collisions.onAdd(
                JSON.unmarshal(
                        """
                        {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                         "metadata": {"namespace": "%s", "name": "%s", "uid": "%s"},
                         "status": {"phase": "%s", "interfaces": [{"name": "x", "mac": "%s"}, {"mac": "broken"}, 7],
                           "migrationState": {"sourceState": {"migrationUID": "%s"}}}}
                        """
                                .formatted(names[0], names[1], name, phase, mac, migration),
                        GenericKubernetesResource.class));
    }

    private List<String> told() {
        List<String> told = new ArrayList<>();
        collisions.tell((machine, words) -> told.add(machine.fullName() + " " + words));
        return told;
    }

    @Test
    void allThatShareAnAddressAreToldOnce() {
        run("b/vm", "Running", MAC, "");
        run("a/vm", "Running", "02-00-00-00-00-01", "");
        String words = " MAC " + MAC + ": Collision between vmi/a/vm, vmi/b/vm";
        assertThat(told()).containsExactly("a/vm" + words, "b/vm" + words);
        assertThat(told()).isEmpty();
        run("c/vm", "Running", MAC, "");
        assertThat(told()).hasSize(3);
        assertThat(collisions.all()).hasSize(1);
    }

    @Test
    void onlyRunningGuestsOfThePoolCount() {
        run("a/vm", "Running", MAC, "");
        run("a/off", "Succeeded", MAC, "");
        run("ignored/vm", "Running", MAC, "");
        assertThat(told()).isEmpty();
    }

    @Test
    void guestThatMovesToAnotherClusterDoesNotCollideWithItself() {
        run("a/vm", "Running", MAC, "m1");
        run("b/vm", "Running", MAC, "m1");
        assertThat(told()).isEmpty();
        run("c/vm", "Running", MAC, "");
        assertThat(told()).hasSize(2);
    }

    @Test
    void sameCollisionIsToldAgainAfterItsEnd() {
        run("a/vm", "Running", MAC, "");
        run("b/vm", "Running", MAC, "");
        assertThat(told()).hasSize(2);
        run("b/vm", "Failed", MAC, "");
        assertThat(told()).isEmpty();
        run("b/vm", "Running", MAC, "");
        assertThat(told()).hasSize(2);
    }
}
