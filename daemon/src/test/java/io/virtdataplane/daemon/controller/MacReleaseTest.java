package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.mac.MacHolder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When an address is nobody's any more, and above all when it is not yet. */
class MacReleaseTest {
    private static final long MAC = 0x0200_0000_0001L;
    private static final long WAIT = 1_000;
    private static final MacHolder HOLDER = new MacHolder("ns/a", "net1");
    private final Machines machines = new Machines();
    private final Map<String, Machine> cluster = new HashMap<>();
    private final AtomicLong now = new AtomicLong();
    private final MacRelease release =
            new MacRelease(
                    machines,
                    (namespace, name) -> Optional.ofNullable(cluster.get(namespace + "/" + name)),
                    WAIT,
                    now::get);

    private static Machine machine(String name, long mac, String claim) {
        return new Machine("ns", name, List.of(new Machine.Nic(0, "net1", mac, claim)));
    }

    private static MacLease lease(String claim, String version) {
        return new MacLease(MAC, HOLDER, claim, version);
    }

    @Test
    void machineThatIsBeingMadeKeepsItsAddressForTheTime() {
        assertThat(release.isFree(lease("t1", "1"))).isFalse();
        now.set(WAIT - 1);
        assertThat(release.isFree(lease("t1", "1"))).isFalse();
        now.set(WAIT);
        assertThat(release.isFree(lease("t1", "1"))).isTrue();
    }

    @Test
    void anotherAdmissionBeginsTheTimeAnew() {
        assertThat(release.isFree(lease("t1", "1"))).isFalse();
        now.set(WAIT);
        assertThat(release.isFree(lease("t2", "2"))).isFalse();
        now.set(2 * WAIT);
        assertThat(release.isFree(lease("t2", "2"))).isTrue();
    }

    @Test
    void addressOfDeletedMachineIsFreeAtOnce() {
        machines.put(machine("a", MAC, "t1"));
        assertThat(release.isFree(lease("t1", "1"))).isFalse();
        machines.remove("ns/a");
        assertThat(release.isFree(lease("t1", "1"))).isTrue();
    }

    @Test
    void deletedMachineThatIsMadeAgainKeepsItsAddress() {
        machines.put(machine("a", MAC, "t1"));
        machines.remove("ns/a");
        assertThat(release.isFree(lease("t2", "2"))).as("admitted again, not there yet").isFalse();
    }

    @Test
    void cacheThatLagsBehindDoesNotCount() {
        machines.put(machine("a", MAC, "t1"));
        machines.remove("ns/a");
        cluster.put("ns/a", machine("a", MAC, "t1")); // as the API server says
        assertThat(release.isFree(lease("t1", "1"))).isFalse();
    }

    @Test
    void onlySoManyOfThoseThatAreGoneAreRemembered() {
        machines.put(machine("a", MAC, "t1"));
        machines.remove("ns/a");
        for (int i = 0; i < Machines.MOST_PAST_USES; i++) {
            assertThat(machines.lastClaim(MAC, "ns/a")).contains("t1");
            machines.put(machine("b" + i, MAC, "t2"));
            machines.remove("ns/b" + i);
        }
        assertThat(machines.lastClaim(MAC, "ns/a")).isEmpty();
        assertThat(release.isFree(lease("t1", "1"))).as("it may be under way").isFalse();
        now.set(WAIT);
        assertThat(release.isFree(lease("t1", "1"))).isTrue();
    }

    @Test
    void leaseOfMachineFromBeforeUsIsFreeOnceItIsGone() {
        machines.put(machine("a", MAC, ""));
        assertThat(release.isFree(lease("", "1"))).isFalse();
        machines.remove("ns/a");
        assertThat(release.isFree(lease("", "1"))).isTrue();
    }

    @Test
    void machineThatGotItsNameLaterKeepsItsAddress() {
        MacLease lease = new MacLease(MAC, new MacHolder("ns/web-", "net1"), "t1", "1");
        machines.put(machine("web-x7z", MAC, "t1"));
        now.set(10 * WAIT);
        assertThat(release.isFree(lease)).isFalse();
    }

    @Test
    void copyOfAMachineWithItsClaimsIsAnotherMachine() {
        machines.put(new Machine("other", "a", machine("a", MAC, "t1").nics()));
        machines.remove("other/a");
        assertThat(release.isFree(lease("t1", "1"))).as("the first one is being made").isFalse();
    }

    @Test
    void anotherMachineWithTheAddressDoesNotKeepItForAHolderThatIsGone() {
        machines.put(machine("b", MAC, "other"));
        assertThat(release.isFree(lease("t1", "1"))).isFalse();
        now.set(WAIT);
        assertThat(release.isFree(lease("t1", "1"))).isTrue();
    }
}
