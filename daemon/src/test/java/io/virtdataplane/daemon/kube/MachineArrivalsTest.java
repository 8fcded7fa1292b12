package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.api.Counters;
import io.virtdataplane.api.Nic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MachineArrivalsTest {
    private static final String COMING =
            """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachineInstance
            metadata: {name: vm, namespace: default}
            status:
              nodeName: one
              interfaces: [{name: default, ipAddress: 10.244.1.5, ipAddresses: [10.244.1.5, 'fd00::5']}]
              migrationState: {migrationUid: m1, sourceNode: one, targetNode: two, targetPod: virt-launcher-vm-b}
            """;

    private final List<String> expected = new ArrayList<>();
    private final List<Nic> nics = new ArrayList<>();
    private String machine = COMING;
    private final MachineArrivals arrivals =
            new MachineArrivals(
                    "two",
                    this::machines,
                    () -> nics,
                    (name, keeps) -> expected.add(name + (keeps ? " keeps" : " other")));

    private Map<String, GenericKubernetesResource> machines() {
        GenericKubernetesResource read =
                Serialization.unmarshal(machine, GenericKubernetesResource.class);
        return new HashMap<>(Map.of("virt-launcher-vm-b", read));
    }

    private static Nic.Builder nic(String address) {
        return Nic.newBuilder()
                .setName("virt-launcher-vm-b/default")
                .setMachine("virt-launcher-vm-b")
                .setInterface("default")
                .setPodAddress(address)
                .setState("active");
    }

    private List<String> follow(Nic.Builder nic) {
        nics.clear();
        nics.add(nic.build());
        arrivals.follow();
        return expected;
    }

    @Test
    void nicOfATargetPodAwaitsItsGuestOnce() {
        follow(nic("10.244.2.9"));
        assertThat(follow(nic("10.244.2.9"))).containsExactly("virt-launcher-vm-b/default other");
    }

    @Test
    void sameAddressInAnyFamilyIsKept() {
        assertThat(follow(nic("10.244.2.9").setPodIpv6Address("fd00::5")))
                .containsExactly("virt-launcher-vm-b/default keeps");
    }

    @Test
    void withoutAWordOfItsAddressesNothingIsReset() {
        machine = COMING.replaceAll("interfaces: .*", "interfaces: []");
        assertThat(follow(nic("10.244.2.9"))).containsExactly("virt-launcher-vm-b/default keeps");
    }

    @Test
    void nextMigrationIsAnotherOne() {
        follow(nic("10.244.1.5"));
        machine = COMING.replace("m1", "m2");
        assertThat(follow(nic("10.244.1.5"))).hasSize(2);
    }

    @Test
    void guestThatHasComeIsNotAwaited() {
        Counters counters = Counters.newBuilder().setGuestFrames(1).build();
        assertThat(follow(nic("10.244.2.9").setCounters(counters))).isEmpty();
        assertThat(follow(nic("10.244.2.9").setState("incoming"))).isEmpty();
    }

    @Test
    void otherMigrationsAreNotOfThisNode() {
        for (String other :
                List.of(
                        COMING.replace("targetNode: two", "targetNode: three"),
                        COMING.replace("m1,", "m1, completed: true,"),
                        COMING.replace("m1,", "m1, failed: true,"),
                        COMING.replaceAll("migrationState: .*", "migrationState: {}"))) {
            machine = other;
            assertThat(follow(nic("10.244.2.9"))).isEmpty();
        }
    }

    @Test
    void failureIsTriedAgain() {
        List<String> tries = new ArrayList<>();
        MachineArrivals failing =
                new MachineArrivals(
                        "two",
                        this::machines,
                        () -> List.of(nic("10.244.2.9").build()),
                        (name, keeps) -> {
                            tries.add(name);
                            throw new IllegalStateException("the disk is full");
                        });
        for (int i = 0; i < 2; i++) {
            try {
                failing.follow();
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("disk");
            }
        }
        assertThat(tries).hasSize(2);
    }
}
