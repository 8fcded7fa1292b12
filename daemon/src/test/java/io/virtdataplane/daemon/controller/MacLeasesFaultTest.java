package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.virtdataplane.daemon.mac.MacConflictException;
import io.virtdataplane.daemon.mac.MacCursor;
import io.virtdataplane.daemon.mac.MacHolder;
import io.virtdataplane.daemon.mac.MacRange;
import io.virtdataplane.daemon.mac.MacRangeFullException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an API server says in bad moments, which a real one does not say when a test wants it. */
@EnableKubernetesMockClient
class MacLeasesFaultTest {
    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/own/leases";
    private static final long MAC = 0x0200_0000_0001L;
    private static final String LEASE = LEASES + "/mac-02-00-00-00-00-01";
    private static final MacHolder HOLDER = new MacHolder("ns/a", "net1");
    private KubernetesMockServer server;
    private KubernetesClient client;

    private MacLeases leases() {
        Machines machines = new Machines();
        MacRelease release =
                new MacRelease(
                        machines, (namespace, name) -> Optional.empty(), Long.MAX_VALUE, () -> 0);
        return new MacLeases(client, "own", release);
    }

    private MacLease lease(String machine, String version) {
        return new MacLease(MAC, new MacHolder(machine, "net1"), "t", version);
    }

    private void says(String path, int code, Object body) {
        server.expect().get().withPath(path).andReturn(code, body).once();
    }

    private void postSays(int code) {
        server.expect()
                .post()
                .withPath(LEASES)
                .andReturn(code, new StatusBuilder().withCode(code).build())
                .once();
    }

    private void putSays(int code) {
        server.expect()
                .put()
                .withPath(LEASE)
                .andReturn(code, new StatusBuilder().withCode(code).build())
                .once();
    }

    @Test
    void leaseThatChangesUnderItsClaimIsReadAgain() {
        postSays(409);
        says(LEASE, 200, lease("ns/a", "1").object("own"));
        putSays(409); // somebody was faster
        postSays(409);
        says(LEASE, 200, lease("ns/b", "2").object("own"));
        assertThatThrownBy(() -> leases().claim(MAC, HOLDER, "mine"))
                .isInstanceOf(MacConflictException.class)
                .hasMessageContaining("holder=ns/b/net1");
    }

    @Test
    void leaseThatIsGoneUnderItsClaimIsMadeAgain() {
        postSays(409);
        says(LEASE, 404, new StatusBuilder().withCode(404).build());
        server.expect()
                .post()
                .withPath(LEASES)
                .andReturn(201, lease("ns/a", "3").object("own"))
                .once();
        assertThat(leases().claim(MAC, HOLDER, "mine")).isTrue();
    }

    @Test
    void serverThatIsTooBusyIsAskedAgainAndThenNothingIsGiven() {
        for (int i = 0; i < 3; i++) {
            postSays(429); // once, and the client's two retries
        }
        assertThatThrownBy(() -> leases().claim(MAC, HOLDER, "mine"))
                .isInstanceOf(KubernetesClientException.class);
    }

    @Test
    void deletionOfALeaseThatHasChangedDoesNotHappen() {
        server.expect()
                .delete()
                .withPath(LEASE)
                .andReturn(409, new StatusBuilder().withCode(409).build())
                .once();
        assertThat(leases().delete(lease("ns/a", "1"))).isFalse();
    }

    @Test
    void machineThatCannotHaveAllItsAddressesGivesBackTheFirst() {
        server.expect()
                .post()
                .withPath(LEASES)
                .andReturn(201, lease("ns/a", "1").object("own"))
                .once();
        postSays(409); // the only other address is taken meanwhile
        MacRange two = MacRange.of("02:00:00:00:00:01", "02:00:00:00:00:02", "");
        ClusterMacs macs =
                new ClusterMacs(new MacCursor(two, new Random(0)), leases(), mac -> false, fixed());
        Machine machine =
                new Machine(
                        "ns",
                        "a",
                        List.of(
                                new Machine.Nic(0, "net1", 0, ""),
                                new Machine.Nic(1, "net2", 0, "")));
        postSays(409);
        String claim = Long.toUnsignedString(fixed().nextLong(), Character.MAX_RADIX);
        for (String name : List.of("01", "02")) {
            long mac = MAC + Integer.parseInt(name) - 1;
            String path = LEASES + "/mac-02-00-00-00-00-" + name;
            says(path, 200, new MacLease(mac, HOLDER, claim, "1").object("own"));
            server.expect()
                    .delete()
                    .withPath(path)
                    .andReturn(200, new StatusBuilder().build())
                    .once();
        }
        assertThatThrownBy(() -> macs.assign(machine, Optional.empty()))
                .isInstanceOf(MacRangeFullException.class);
        assertThat(methods()).containsExactly("POST", "POST", "POST", "GET", "DELETE");
    }

    @Test
    void machineWithTooManyNicsIsRefusedBeforeAnAddressIsTaken() {
        MacRange range = MacRange.of("02:00:00:00:00:00", "02:00:00:ff:ff:ff", "");
        ClusterMacs macs =
                new ClusterMacs(
                        new MacCursor(range, new Random(0)), leases(), mac -> false, fixed());
        Machine large = new Machine("ns", "a", nics(257, 0));
        String words =
                "VirtualMachine ns/a: spec.template.spec.domain.devices.interfaces must be at most 256: 257";
        for (Optional<Machine> old : List.of(Optional.<Machine>empty(), Optional.of(large))) {
            assertThatThrownBy(() -> macs.assign(large, old)).hasMessage(words);
            assertThatThrownBy(() -> macs.check(large, old)).hasMessage(words);
        }
        Machine before = new Machine("ns", "a", nics(257, MAC));
        assertThat(macs.assign(before, Optional.of(before))).as("one from before").hasSize(257);
        assertThat(server.getRequestCount()).isZero();
    }

    private static List<Machine.Nic> nics(int count, long firstMac) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Machine.Nic(i, "net" + i, firstMac == 0 ? 0 : firstMac + i, ""))
                .toList();
    }

    private static Random fixed() {
        return new Random(7);
    }

    private List<String> methods() {
        java.util.ArrayList<String> methods = new java.util.ArrayList<>();
        try {
            for (int count = server.getRequestCount(); count > 0; count--) {
                methods.add(server.takeRequest().getMethod());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return methods;
    }
}
