package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FlowNotes;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A NAT goes on where an earlier one has left off. */
class EarlierSessionsTest {
    private static final String WEB = "203.0.113.7";
    private static final long SECOND = 1_000_000_000L;
    private static final int SESSIONS = 64;
    private static final NatPolicy POLICY =
            NatPolicy.DEFAULT.with(new NatPolicy.Limits(SESSIONS, 0, 256));

    private final MemorySegment flows = Arena.ofAuto().allocate(64 * FlowTable.BUCKET, 64);
    private final MemorySegment shared = Arena.ofAuto().allocate(FlowTable.NIC, 8);
    private final Bench bench = new Bench(POLICY, 1500, 1500, flowTable());
    private final Set<String> inSession = new HashSet<>();

    private FlowTable flowTable() {
        return new FlowTable(
                flows,
                shared,
                Arena.ofAuto().allocate(64, 64),
                Arena.ofAuto().allocate(FlowNotes.BYTES, 8),
                42);
    }

    /** What the next run steers. */
    private final class Steered implements PodPorts {
        @Override
        public void steer(boolean ipv6, int protocol, int port, int bits) {
            if ((bits & IN_SESSION) != 0) {
                inSession.add(protocol + "/" + port);
            }
        }

        @Override
        public void steerPing(boolean ipv6, boolean toUs) {}

        @Override
        public void steerOthers(boolean ipv6, boolean toUs) {}

        @Override
        public boolean isPodFlow(int protocol, int local, long high, long low, int remote) {
            return false;
        }

        @Override
        public int movedPort(int protocol, int local, long high, long low, int remote) {
            return NOT_MOVED;
        }

        @Override
        public void keepPodFlow(int protocol, int local, long high, long low, int remote) {}

        @Override
        public void movePodFlow(int protocol, int local, long high, long low, int remote, int to) {}
    }

    private Nat next(byte[] sessions) {
        NatPlan plan = new NatPlan(Bench.addresses(), new int[0], 1500, 1500);
        return new Nat(
                plan,
                POLICY,
                new Steered(),
                Arena.ofAuto().allocate(Nat.bytes(plan), 64),
                Arena.ofAuto().allocate(Nat.tableBytes(SESSIONS), 64),
                flowTable(),
                43,
                new Nat.Earlier(sessions, bench.on.nowNs()),
                VifState.ACTIVE);
    }

    private byte[] kept() {
        return bench.nat.keep(bench.on.nowNs());
    }

    private List<SessionView> listed(Nat nat) {
        return nat.list(100, bench.on.nowNs());
    }

    private void open() {
        bench.fromGuest(Packets.tcp(Bench.GUEST, 40000, WEB, 443, "S"));
        bench.fromOutside(Packets.tcp(WEB, 443, Bench.POD, 40000, "SA"));
        bench.fromGuest(Packets.tcp(Bench.GUEST, 40000, WEB, 443, "A"));
        bench.fromGuest(Packets.udp(Bench.GUEST, 5000, WEB, 53));
        bench.fromOutside(Packets.udp(WEB, 53, Bench.POD, 5000));
        bench.fromGuest(Packets.udp(Bench.GUEST6, 5001, "2001:db8::7", 53));
    }

    @Test
    void sessionsAreTheSameAsBefore() {
        open();
        bench.pass(3);
        Nat next = next(kept());
        assertThat(next.setAside()).isEmpty();
        assertThat(listed(next)).isEqualTo(listed(bench.nat));
        assertThat(next.carriedCount()).isEqualTo(2);
        assertThat(inSession).containsExactlyInAnyOrder("6/40000", "17/5000", "17/5001");
    }

    @Test
    void killedRunsSessionsAreThoseThatTheKernelCarries() {
        open();
        Nat next = next(EarlierSessions.NONE);
        assertThat(next.carriedCount()).isEqualTo(2);
        assertThat(listed(next))
                .extracting(SessionView::protocol)
                .containsExactlyInAnyOrder(Protocols.TCP, Protocols.UDP);
        assertThat(listed(next)).allMatch(view -> view.use().idleSeconds() == 0);
        assertThat(stateOfTcp(next)).isEqualTo("ESTABLISHED");
    }

    @Test
    void killedRunsSessionsByServicesStayWithTheirEndpoints() {
        FrontEnd.Endpoint endpoint = ServicesTest.at("10.244.9.1", 8443);
        bench.services(
                ServiceTable.of(
                        List.of(
                                ServicesTest.front("10.96.0.10", Protocols.TCP, 443, 0, endpoint),
                                ServicesTest.front(
                                        "10.96.0.10", Protocols.UDP, 443, 0, endpoint))));
        bench.fromGuest(Packets.tcp(Bench.GUEST, 40000, "10.96.0.10", 443, "S"));
        bench.fromOutside(Packets.tcp("10.244.9.1", 8443, Bench.POD, 40000, "SA"));
        bench.fromGuest(Packets.tcp(Bench.GUEST, 40000, "10.96.0.10", 443, "A"));
        bench.fromGuest(Packets.udp(Bench.GUEST, 5000, "10.96.0.10", 443));
        bench.fromOutside(Packets.udp("10.244.9.1", 8443, Bench.POD, 5000));
        assertThat(bench.nat.carriedCount()).isEqualTo(2);
        List<SessionView.Endpoints> before = endpoints(bench.nat);
        byte[] kept = kept();
        for (byte[] written : List.of(EarlierSessions.NONE, kept)) {
            Nat next = next(written);
            assertThat(next.carriedCount()).isEqualTo(2);
            assertThat(endpoints(next)).containsExactlyInAnyOrderElementsOf(before);
            assertThat(addressed(next.keep(bench.on.nowNs())))
                    .hasSize(2)
                    .containsExactlyInAnyOrderElementsOf(addressed(kept));
        }
    }

    /** What the guest addresses in sessions by a Service. */
    private static List<String> addressed(byte[] written) {
        List<String> addressed = new ArrayList<>();
        for (int at = Long.BYTES; at < written.length; at += EarlierSessions.BYTES) {
            byte[] entry = Arrays.copyOfRange(written, at, at + EarlierSessions.BYTES);
            if ((entry[23] & 0xff) == EarlierSessions.FRONT_END) {
                addressed.add(HexFormat.of().formatHex(entry));
            }
        }
        return addressed;
    }

    private List<SessionView.Endpoints> endpoints(Nat nat) {
        return listed(nat).stream().map(SessionView::endpoints).toList();
    }

    private String stateOfTcp(Nat nat) {
        return listed(nat).stream()
                .filter(view -> view.protocol() == Protocols.TCP)
                .findFirst()
                .orElseThrow()
                .state();
    }

    @Test
    void connectionThatKernelMayOpenIsTakenOverAsItIs() {
        bench.fromGuest(Packets.tcp(Bench.GUEST, 40000, WEB, 443, "S"));
        Nat next = next(EarlierSessions.NONE);
        assertThat(next.carriedCount()).isEqualTo(1);
        assertThat(stateOfTcp(next)).isEqualTo("OPENING");
    }

    @Test
    void flowOfNoSessionOrWithoutItsOtherHalfIsWalked() {
        open();
        byte[] kept = kept();
        FlowTable table = flowTable();
        int removed = 0;
        for (int place = 0; place < table.capacity(); place++) {
            boolean isTcp = table.isUsed(place) && table.protocol(place) == Protocols.TCP;
            if (isTcp && !table.isOutward(place)) {
                table.remove(place);
                removed++;
            }
        }
        assertThat(removed).isEqualTo(1);
        assertThat(next(kept).carriedCount()).isEqualTo(1);
        assertThat(next(kept).carriedCount()).as("again").isEqualTo(1);
    }

    @Test
    void whoseTimeIsOverIsNotTakenOver() {
        open();
        byte[] kept = kept();
        bench.on.later(600 * SECOND);
        assertThat(listed(next(kept)))
                .extracting(SessionView::protocol)
                .containsOnly(Protocols.TCP);
    }

    @Test
    void cutOrForeignBytesCostNothingButThemselves() {
        open();
        byte[] kept = kept();
        for (int length = 1; length < kept.length; length++) {
            Nat next = next(Arrays.copyOf(kept, length));
            boolean isWhole = length % EarlierSessions.BYTES == Long.BYTES;
            assertThat(next.setAside().isEmpty()).as("length " + length).isEqualTo(isWhole);
            assertThat(next.carriedCount()).isEqualTo(2);
        }
        byte[] otherVersion = kept.clone();
        otherVersion[7]++;
        assertThat(next(otherVersion).setAside()).contains("layout");
        Random random = new Random(7);
        for (int i = 0; i < 50; i++) {
            byte[] damaged = kept.clone();
            for (int at = Long.BYTES; at < damaged.length; at += 1 + random.nextInt(40)) {
                damaged[at] = (byte) random.nextInt();
            }
            assertThat(next(damaged).sessionCount()).isLessThanOrEqualTo(SESSIONS);
        }
    }

    @Test
    void noMoreAreTakenOverThanThereMayBe() {
        for (int port = 1000; port < 1000 + SESSIONS; port++) {
            bench.fromGuest(Packets.udp(Bench.GUEST, port, WEB, 53));
        }
        byte[] kept = kept();
        assertThat(next(kept).sessionCount()).isEqualTo(SESSIONS);
        byte[] twice = Arrays.copyOf(kept, 2 * kept.length - Long.BYTES);
        System.arraycopy(kept, Long.BYTES, twice, kept.length, kept.length - Long.BYTES);
        assertThat(next(twice).sessionCount()).isEqualTo(SESSIONS);
    }
}
