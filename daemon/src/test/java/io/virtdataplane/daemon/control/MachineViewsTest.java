package io.virtdataplane.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import io.virtdataplane.api.GuestAddress;
import io.virtdataplane.api.Lease;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.MachineInterface;
import io.virtdataplane.api.Nic;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.dataplane.SeenAddresses.Seen;
import io.virtdataplane.wire.AddressText;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NICs and their addresses as KubeVirt's status shows them, here without an agent. */
class MachineViewsTest {
    private static final long NOW_MS = 1_000_000;
    private static final String MAC = "52:54:00:00:00:01";
    private static final Seen SEEN = seen("192.0.2.9", MAC);
    private static final Seen NESTED = seen("192.0.2.66", "52:54:00:00:00:99");

    @TempDir private Path directory;
    private EventJournal journal;
    private GuestAgents agents;

    private static Seen seen(String address, String mac) {
        long[] ip = AddressText.ip(address);
        return new Seen(ip[0], ip[1], AddressText.mac(mac), 2_000_000_000L);
    }

    @BeforeEach
    void start() {
        journal = new EventJournal(directory, 1 << 20);
        agents = new GuestAgents(journal);
    }

    @AfterEach
    void close() {
        agents.close();
        journal.close();
    }

    private static Nic masquerade() {
        Nic.Builder view =
                Nic.newBuilder()
                        .setName("vm/default")
                        .setMachine("vm")
                        .setInterface("default")
                        .setUplink("eth0")
                        .setGuestMac("52:54:00:00:00:02")
                        .setGuestAddress("10.0.2.2")
                        .setPrefixLength(24)
                        .setPodAddress("10.244.1.5")
                        .setPodPrefixLength(23);
        AddressViews.add(view, List.of(seen("10.0.2.2", "52:54:00:00:00:02")), NOW_MS);
        return view.build();
    }

    private static Nic.Builder bridged(String name) {
        return Nic.newBuilder()
                .setName("vm/" + name)
                .setMachine("vm")
                .setInterface(name)
                .setBridge("br1")
                .setGuestMac(MAC);
    }

    private static Nic leased() {
        Nic.Builder view =
                bridged("a1")
                        .setGuestAddress("10.100.0.50")
                        .setPrefixLength(24)
                        .setLease(
                                Lease.newBuilder()
                                        .setAddress("10.100.0.50")
                                        .setMac(MAC)
                                        .setAgeSeconds(60));
        AddressViews.add(view, List.of(SEEN, NESTED), NOW_MS);
        return view.build();
    }

    @Test
    void eachSourceHasItsEntryWithItsTime() {
        assertThat(leased().getAddressesList())
                .extracting(
                        GuestAddress::getAddress,
                        GuestAddress::getPrefixLength,
                        GuestAddress::getSource,
                        GuestAddress::getLastSeenUnixMs,
                        GuestAddress::getMac)
                .containsExactly(
                        tuple("10.100.0.50", 24, "lease", NOW_MS - 60_000, MAC),
                        tuple("192.0.2.9", 0, "observed", NOW_MS - 2000, MAC),
                        tuple("192.0.2.66", 0, "observed", NOW_MS - 2000, "52:54:00:00:00:99"));
    }

    private static org.assertj.core.groups.Tuple tuple(Object... values) {
        return org.assertj.core.groups.Tuple.tuple(values);
    }

    @Test
    void leaseOfAnotherServerIsALeaseOfUnknownTime() {
        Nic.Builder view = bridged("a1").setGuestAddress("192.0.2.10");
        AddressViews.add(view, List.of(), NOW_MS);
        assertThat(view.getAddressesList())
                .extracting(GuestAddress::getSource, GuestAddress::getLastSeenUnixMs)
                .containsExactly(tuple("lease", 0L));
    }

    @Test
    void podsNicIsFirstAndPrefixesAreApart() {
        List<Machine> machines = MachineViews.machines(List.of(leased(), masquerade()), agents);
        assertThat(machines).hasSize(1);
        List<MachineInterface> interfaces = machines.getFirst().getStatus().getInterfacesList();
        assertThat(interfaces)
                .containsExactly(
                        read(
                                """
                                ip_address: "10.244.1.5" ip_addresses: "10.244.1.5"
                                mac: "52:54:00:00:00:02" name: "default" pod_interface_name: "eth0"
                                info_source: "domain" queue_count: 1 link_state: "up"
                                ip_prefixes: "10.244.1.5/23"
                                """),
                        read(
                                """
                                ip_address: "10.100.0.50"
                                ip_addresses: "10.100.0.50" ip_addresses: "192.0.2.9"
                                mac: "52:54:00:00:00:01" name: "a1"
                                info_source: "domain" queue_count: 1 link_state: "up"
                                ip_prefixes: "10.100.0.50/24" ip_prefixes: "192.0.2.9"
                                """));
        assertThat(machines.getFirst().hasGuestAgent()).isFalse();
    }

    private static MachineInterface read(String text) {
        try {
            return TextFormat.parse(text, MachineInterface.class);
        } catch (TextFormat.ParseException e) {
            throw new AssertionError(e);
        }
    }
}
