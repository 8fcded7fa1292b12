package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.CarriedPrograms;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** UDP sessions that the kernel opens itself, such as those of a resolver's queries. As root. */
@ParameterizedClass
@EnumSource(Family.class)
class OpenedDatagramsTest {
    private static final int DNS = 53;

    private final Family family;
    private final CarriedPrograms programs =
            new CarriedPrograms(Bench.addresses(), 1500, 1500, 0x0200_0000_0000L, 64);
    private final Bench bench = Bench.carried(programs, Protocols.UDP, DNS);

    OpenedDatagramsTest(Family family) {
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

    private byte[] query(int port) {
        return Packets.udp(family.guest, port, family.web, DNS);
    }

    private byte[] answer(int port) {
        return inward(Packets.udp(family.web, DNS, family.pod, port));
    }

    /** Of a client outside, to the guest's own port. */
    private byte[] asked(String client, int port) {
        return inward(Packets.udp(client, port, family.pod, DNS));
    }

    private static byte[] inward(byte[] frame) {
        return new CarriedFlows().inward(frame);
    }

    private byte[] carried(boolean fromGuest, byte[] frame) {
        return programs.carry(fromGuest, frame, 0);
    }

    private boolean isCarried(boolean fromGuest, byte[] frame) {
        return carried(fromGuest, frame) != null;
    }

    /** The name server is a Service, behind which is another one. */
    private void serve() {
        FrontEnd front =
                ServicesTest.front(
                        family.web, Protocols.UDP, DNS, 0, ServicesTest.at(family.other, DNS));
        bench.services(ServiceTable.of(List.of(front)));
    }

    private List<SessionView> sessions() {
        bench.worker.breath(0);
        bench.nat.outbound().begin(bench.on.nowNs());
        return bench.nat.list(100, bench.on.nowNs());
    }

    @Test
    void secondQueryToAServerIsOpenedInTheKernel() {
        assertThat(isCarried(true, query(40000))).isFalse();
        bench.fromGuest(query(40000));
        assertThat(Packets.flow(carried(true, query(40001))))
                .isEqualTo(Packets.flow(Packets.udp(family.pod, 40001, family.web, DNS)));
        assertThat(isCarried(false, answer(40001))).isTrue();
        assertThat(sessions()).hasSize(2).noneMatch(SessionView::inbound);
        assertThat(bench.nat.carriedCount()).isEqualTo(1);
        assertThat(bench.pod.bySession).hasSize(2);
        assertThat(bench.nic.counters().guestFrames).isEqualTo(2);
        assertThat(bench.count(Verdict.FORWARDED)).isEqualTo(3);
    }

    @Test
    void secondSessionOfAClientIsOpenedInTheKernel() {
        bench.fromOutside(asked(family.web, 50000));
        assertThat(isCarried(false, asked(family.web, 50001))).isTrue();
        assertThat(isCarried(true, Packets.udp(family.guest, DNS, family.web, 50001))).isTrue();
        assertThat(sessions()).hasSize(2).allMatch(SessionView::inbound);
        assertThat(isCarried(false, asked(family.other, 50001))).as("another client").isFalse();
    }

    /** It has a session that was walked; the kernel carries on with it. */
    @Test
    void nextFrameOfTheFirstSessionBelongsToIt() {
        bench.fromGuest(query(40000));
        assertThat(isCarried(true, query(40000))).isTrue();
        assertThat(isCarried(false, answer(40000))).isTrue();
        assertThat(sessions()).hasSize(1);
        SessionView.Use use = sessions().getFirst().use();
        assertThat(use.framesOut()).isEqualTo(2);
        assertThat(use.framesIn()).isEqualTo(1);
    }

    @Test
    void othersAreWalked() {
        bench.fromGuest(query(40000));
        List<byte[]> others =
                List.of(
                        Packets.udp(family.guest, 40001, family.web, 123),
                        Packets.udp(family.guest, 40001, family.other, DNS),
                        Packets.tcp(family.guest, 40001, family.web, DNS, "S"));
        assertThat(others).noneMatch(frame -> isCarried(true, frame));
        assertThat(isCarried(false, answer(40001))).as("answers nothing").isFalse();
        assertThat(sessions()).hasSize(1);
    }

    /** What it says of itself is looked at. */
    @Test
    void queriesOfADhcpClientAreWalked() {
        bench.fromGuest(Packets.udp(family.guest, 68, family.web, 67));
        assertThat(isCarried(true, Packets.udp(family.guest, 68, family.web, 67))).isFalse();
        assertThat(isCarried(true, Packets.udp(family.guest, 69, family.web, 67))).isFalse();
        bench.fromOutside(asked(family.web, 50000));
        assertThat(isCarried(false, asked(family.web, 67))).isFalse();
    }

    @Test
    void queriesToAServiceAreWalked() {
        serve();
        bench.fromGuest(query(40000));
        assertThat(isCarried(true, query(40001))).isFalse();
        assertThat(isCarried(true, Packets.udp(family.guest, 40001, family.other, DNS))).isFalse();
    }

    /** The guest's port is a server's, too, which the endpoint has asked something. */
    @Test
    void answerOfAServiceIsNoQuestionOfItsEndpoint() {
        serve();
        bench.fromOutside(asked(family.other, 50000));
        assertThat(isCarried(false, asked(family.other, 50001))).isTrue();
        bench.fromGuest(query(DNS));
        assertThat(isCarried(false, inward(Packets.udp(family.other, DNS, family.pod, DNS))))
                .isFalse();
        assertThat(bench.fromOutside(inward(Packets.udp(family.other, DNS, family.pod, DNS))))
                .singleElement()
                .extracting(Packets::flow)
                .isEqualTo(Packets.flow(Packets.udp(family.web, DNS, family.guest, DNS)));
    }

    /** As of a resolver that asks for both families at once. */
    @Test
    void queriesThatComeTogetherGrantTheNextOnes() {
        bench.fromGuest(query(40000), query(40000));
        assertThat(isCarried(true, query(40001))).isTrue();
    }

    @Test
    void whatIsAServiceFromNowOnIsWalked() {
        bench.fromGuest(query(40000));
        assertThat(isCarried(true, query(40001))).isTrue();
        serve();
        assertThat(isCarried(true, query(40002))).isFalse();
    }

    @Test
    void portThatIsMappedToAnotherIsWalked() {
        bench.fromGuest(query(40000));
        bench.pod.flows.add("17/40001 " + family.other + ":" + DNS); // the pod has it
        bench.fromGuest(Packets.udp(family.guest, 40001, family.other, DNS));
        assertThat(isCarried(true, query(40001))).isFalse();
        bench.fromGuest(query(40001));
        assertThat(sessions())
                .filteredOn(session -> session.endpoints().insidePort() == 40001)
                .extracting(session -> session.endpoints().outsidePort())
                .hasSize(2)
                .doesNotContain(40001);
    }

    @Test
    void flowOfThePodsKernelIsNotOpened() {
        bench.fromGuest(query(40000));
        long[] web = AddressText.ip(family.web);
        programs.tables().keepPodFlow(Protocols.UDP, 40001, web[0], web[1], DNS);
        assertThat(isCarried(true, query(40001))).isFalse();
    }

    /** What nobody answers leaves half of the flow table to others, and none is lost. */
    @Test
    void floodOfQueriesLeavesHalfOfTheTableToOthers() {
        int half = programs.flows().capacity() / 4;
        bench.fromGuest(query(1));
        for (int port = 2; port <= 200; port++) {
            if (!isCarried(true, query(port))) {
                bench.fromGuest(query(port));
            }
        }
        assertThat(sessions()).hasSize(100);
        assertThat(bench.nat.sessionCount()).isEqualTo(200);
        assertThat(bench.nat.carriedCount()).isBetween(half / 2, half);
        for (int second = 0; second < 4; second++) {
            bench.pass(1);
        }
        assertThat(bench.nat.carriedCount())
                .as("the idle ones made room")
                .isLessThanOrEqualTo(half / 2);
        bench.fromGuest(query(201));
        assertThat(isCarried(true, query(202))).isTrue();
    }
}
