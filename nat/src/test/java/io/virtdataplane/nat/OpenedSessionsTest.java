package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.port.CarriedPrograms;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections that the kernel opens itself, and what the sessions of them are. As root. */
@ParameterizedClass
@EnumSource(Family.class)
class OpenedSessionsTest {
    private static final int SSH = 22;
    private static final int AT_ONCE = 512;
    private static final long CLOSED_SECONDS = 240;

    private final Family family;
    private final CarriedPrograms programs =
            new CarriedPrograms(Bench.addresses(), 1500, 1500, 0x0200_0000_0000L, 4096);
    private final Bench bench = Bench.carried(programs, Protocols.TCP, SSH);

    OpenedSessionsTest(Family family) {
        this.family = family;
    }

    @BeforeEach
    void useTheKernelsClock() {
        bench.useTheKernelsClock();
    }

    @AfterEach
    void close() {
        programs.close();
    }

    private byte[] sent(int port, String flags) {
        return Packets.tcp(family.guest, port, family.web, 443, flags);
    }

    private byte[] got(int port, String flags) {
        return new CarriedFlows().inward(Packets.tcp(family.web, 443, family.pod, port, flags));
    }

    /** Of a client outside. */
    private byte[] asked(int port, String flags) {
        return new CarriedFlows().inward(Packets.tcp(family.web, port, family.pod, SSH, flags));
    }

    private byte[] answered(int port, String flags) {
        return Packets.tcp(family.guest, SSH, family.web, port, flags);
    }

    private byte[] carried(boolean fromGuest, byte[] frame) {
        return programs.carry(fromGuest, frame, 0);
    }

    private boolean isCarried(boolean fromGuest, byte[] frame) {
        return carried(fromGuest, frame) != null;
    }

    private List<SessionView> sessions() {
        bench.worker.breath(0);
        bench.nat.outbound().begin(bench.on.nowNs());
        return bench.nat.list(100, bench.on.nowNs());
    }

    private List<String> states() {
        return sessions().stream().map(SessionView::state).toList();
    }

    @Test
    void connectionToAServerThatTheGuestKnowsIsOpenedInTheKernel() {
        assertThat(isCarried(true, sent(40000, "S"))).isFalse();
        bench.fromGuest(sent(40000, "S"));
        byte[] syn = carried(true, sent(40001, "S"));
        assertThat(Packets.flow(syn))
                .isEqualTo(Packets.flow(Packets.tcp(family.pod, 40001, family.web, 443, "S")));
        assertThat(isCarried(false, got(40001, "A"))).as("before an answer").isFalse();
        assertThat(isCarried(false, got(40001, "SA"))).isTrue();
        assertThat(isCarried(true, sent(40001, "A"))).isTrue();
        assertThat(states()).containsExactlyInAnyOrder("OPENING", "ESTABLISHED");
        assertThat(bench.nat.carriedCount()).isEqualTo(2);
        assertThat(bench.pod.bySession).hasSize(2);
        assertThat(bench.nic.counters().guestFrames).isEqualTo(3);
        assertThat(bench.count(Verdict.FORWARDED)).isEqualTo(4);
    }

    @Test
    void connectionOfAClientThatTheGuestKnowsIsOpenedInTheKernel() {
        assertThat(isCarried(false, asked(50000, "S"))).isFalse();
        bench.fromOutside(asked(50000, "S"));
        assertThat(isCarried(false, asked(50001, "S"))).isTrue();
        assertThat(isCarried(true, answered(50001, "SA"))).isTrue();
        assertThat(isCarried(false, asked(50001, "A"))).isTrue();
        assertThat(states()).containsExactlyInAnyOrder("OPENING", "ESTABLISHED");
        assertThat(sessions()).allMatch(SessionView::inbound);
    }

    @Test
    void othersAreWalked() {
        bench.fromGuest(sent(40000, "S"));
        bench.fromOutside(asked(50000, "S"));
        List<byte[]> toOthers =
                List.of(
                        Packets.tcp(family.guest, 40001, family.web, 80, "S"),
                        Packets.tcp(family.guest, 40001, family.other, 443, "S"),
                        Packets.tcp(family.guest, 40001, family.web, 443, "SR"),
                        Packets.tcp(family.guest, 40001, family.web, 443, "A"));
        List<byte[]> ofOthers =
                List.of(
                        Packets.tcp(family.other, 50001, family.pod, SSH, "S"),
                        Packets.tcp(family.web, 50001, family.pod, 23, "S"),
                        Packets.tcp(family.web, 50001, family.pod, SSH, "A"));
        assertThat(toOthers).noneMatch(frame -> isCarried(true, frame));
        assertThat(ofOthers).noneMatch(frame -> isCarried(false, new CarriedFlows().inward(frame)));
        assertThat(sessions()).hasSize(2);
    }

    @Test
    void someAreOpenedAndTheNextOneWakesTheWorker() {
        bench.fromGuest(sent(40000, "S"));
        for (int i = 1; i <= AT_ONCE; i++) {
            assertThat(isCarried(true, sent(40000 + i, "S"))).as("SYN %d", i).isTrue();
        }
        assertThat(isCarried(true, sent(41000, "S"))).isFalse();
        bench.fromGuest(sent(41000, "S"));
        assertThat(bench.nat.sessionCount()).isEqualTo(AT_ONCE + 2);
        assertThat(isCarried(true, sent(41001, "S"))).isTrue();
    }

    @Test
    void changedPolicyHoldsForTheNextSyn() {
        bench.fromOutside(asked(50000, "S"));
        assertThat(isCarried(false, asked(50001, "S"))).isTrue();
        bench.nat.change(
                bench.nat
                        .policy()
                        .with(
                                new NatPolicy.Ports(
                                        OpenPorts.listed().add(Protocols.TCP, 80),
                                        UnlistedPolicy.POD,
                                        true)));
        assertThat(isCarried(false, asked(50002, "S"))).isFalse();
        assertThat(sessions()).as("it was opened before").hasSize(2);
        bench.fromOutside(asked(50001, "A"));
        assertThat(isCarried(false, asked(50001, "A"))).as("goes on").isFalse();
    }

    @Test
    void whereConnectionsAreCountedByARateAllAreWalked() {
        bench.nat.change(bench.nat.policy().with(new NatPolicy.Limits(1024, 1000, 256)));
        bench.fromGuest(sent(40000, "S"));
        assertThat(isCarried(true, sent(40001, "S"))).isFalse();
    }

    @Test
    void portThatIsMappedToAnotherIsWalked() {
        bench.fromGuest(sent(40000, "S"));
        bench.pod.flows.add("6/40001 " + family.web + ":80"); // the pod has it
        bench.fromGuest(Packets.tcp(family.guest, 40001, family.web, 80, "S"));
        int outside =
                sessions().stream()
                        .filter(session -> session.endpoints().insidePort() == 40001)
                        .findAny()
                        .orElseThrow()
                        .endpoints()
                        .outsidePort();
        assertThat(outside).isNotEqualTo(40001);
        assertThat(isCarried(true, sent(40001, "S"))).isFalse();
        assertThat(isCarried(true, sent(outside, "S"))).as("another's number").isFalse();
        bench.fromGuest(sent(40001, "S"));
        assertThat(sessions())
                .filteredOn(session -> session.endpoints().insidePort() == 40001)
                .allMatch(session -> session.endpoints().outsidePort() == outside);
    }

    @Test
    void flowOfThePodsKernelIsNotOpened() {
        bench.fromGuest(sent(40000, "S"));
        long[] web = AddressText.ip(family.web);
        programs.tables().keepPodFlow(Protocols.TCP, 40001, web[0], web[1], 443);
        assertThat(isCarried(true, sent(40001, "S"))).isFalse();
    }

    @Test
    void closedConnectionWithTheSameEndsIsOpenedAgain() {
        bench.fromGuest(sent(40000, "S"));
        assertThat(isCarried(true, sent(40001, "S"))).isTrue();
        assertThat(isCarried(false, got(40001, "SA"))).isTrue();
        assertThat(isCarried(true, sent(40001, "R"))).isTrue();
        assertThat(states()).containsExactlyInAnyOrder("OPENING", "RESET");
        assertThat(isCarried(true, sent(40001, "S"))).isTrue();
        assertThat(isCarried(true, sent(40001, "S"))).as("said again").isFalse();
        assertThat(states()).containsExactly("OPENING", "OPENING");
        bench.fromGuest(sent(40001, "S"));
        assertThat(isCarried(false, got(40001, "SA"))).isTrue();
    }

    @Test
    void atTheLimitOfSessionsNothingIsOpened() {
        bench.nat.change(bench.nat.policy().with(new NatPolicy.Limits(2, 0, 256)));
        bench.fromGuest(sent(40000, "S"));
        assertThat(isCarried(true, sent(40001, "S"))).isTrue();
        assertThat(isCarried(true, sent(40002, "S"))).isFalse();
        assertThat(sessions()).hasSize(2);
    }

    private void serve(FrontEnd... fronts) {
        bench.services(ServiceTable.of(List.of(fronts)));
    }

    /** A closed session to a Service that is gone, and the same ends once more. */
    @Test
    void connectionWithTheEndsOfOneToAServiceIsWalked() {
        serve(
                ServicesTest.front(
                        family.web, Protocols.TCP, 443, 0, ServicesTest.at(family.other, 8080)));
        bench.fromGuest(sent(40001, "S"));
        bench.fromGuest(sent(40001, "R"));
        serve();
        bench.fromGuest(sent(40000, "S"));
        byte[] again = sent(40001, "S");
        boolean isOpened = isCarried(true, again);
        assertThat(sessions()).hasSize(2);
        if (isOpened) {
            assertThat(isCarried(false, got(40001, "SA"))).as("it was refused").isFalse();
        }
        assertThat(isCarried(true, again)).as("the next try is walked").isFalse();
    }

    /** A guest can have more noted than there is room for. */
    @Test
    void flowWhoseNoteWasLostIsTakenOverWhenItIsWalked() {
        bench.fromGuest(sent(40000, "S"));
        assertThat(isCarried(true, sent(40001, "S"))).isTrue();
        programs.loseNotes();
        bench.fromGuest(sent(40001, "S"));
        assertThat(isCarried(false, got(40001, "SA"))).isTrue();
        assertThat(isCarried(true, sent(40001, "A"))).isTrue();
        bench.fromGuest(sent(40001, "R"));
        assertThat(isCarried(true, sent(40001, "A"))).as("nothing of it is left").isFalse();
        assertThat(isCarried(false, got(40001, "A"))).isFalse();
        for (int i = 0; i < 17; i++) {
            bench.pass(1);
        }
        assertThat(bench.nat.carriedCount()).isEqualTo(1);
    }

    @Test
    void flowWhoseNoteWasLostIsFoundByTheSweep() {
        bench.fromGuest(sent(40000, "S"));
        assertThat(isCarried(true, sent(40001, "S"))).isTrue();
        programs.loseNotes();
        for (int i = 0; i < 17; i++) {
            bench.pass(1);
        }
        assertThat(bench.nat.sessionCount()).isEqualTo(2);
    }

    @Test
    void withoutASessionNothingIsOpened() {
        bench.fromGuest(sent(40000, "S"));
        bench.pass(CLOSED_SECONDS + 1);
        assertThat(bench.nat.sessionCount()).isZero();
        assertThat(isCarried(true, sent(40001, "S"))).as("nobody would see it").isFalse();
    }

    @Test
    void drainedGuestHasNothingOpened() {
        bench.fromOutside(asked(50000, "S"));
        bench.nat.state(VifState.DRAINED);
        assertThat(isCarried(false, asked(50001, "S"))).isFalse();
    }
}
