package io.virtdataplane.bridge;

import static io.virtdataplane.bridge.GroupFrames.FF15;
import static io.virtdataplane.bridge.GroupFrames.GROUP;
import static io.virtdataplane.bridge.GroupFrames.H0;
import static io.virtdataplane.bridge.GroupFrames.H1;
import static io.virtdataplane.bridge.GroupFrames.LINK_LOCAL;
import static io.virtdataplane.bridge.GroupFrames.OTHER;
import static io.virtdataplane.bridge.GroupFrames.ROUTER;
import static io.virtdataplane.bridge.GroupFrames.data4;
import static io.virtdataplane.bridge.GroupFrames.data6;
import static io.virtdataplane.bridge.GroupFrames.query4;
import static io.virtdataplane.bridge.GroupFrames.query6;
import static io.virtdataplane.bridge.GroupFrames.report4;
import static io.virtdataplane.bridge.GroupFrames.report6;
import static io.virtdataplane.bridge.SnoopingTest.ask;
import static io.virtdataplane.bridge.SnoopingTest.bench;
import static io.virtdataplane.bridge.SnoopingTest.members;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a guest sends about groups, others keep theirs. */
class SnoopingAbuseTest {
    private static final PortPolicy PORT = PortPolicy.DEFAULT;

    @Test
    void aGuestThatJoinsTooManyGetsAllGroupsAndOthersLoseNothing() {
        SwitchBench bench = bench(true);
        for (int i = 0; i < 100_000; i++) {
            bench.send(0, report4(H0, 0xef00_0000 + i));
        }
        assertThat(members(bench)).hasSizeLessThanOrEqualTo(Groups.OF_A_PORT + 3);
        bench.send(1, report4(H1, GROUP));
        assertThat(bench.send(2, data4(H1, GROUP))).containsExactlyInAnyOrder(0, 1, 3);
        assertThat(bench.send(2, data4(H1, 0xef00_0000 + 99_999))).containsExactly(0, 3);
    }

    @Test
    void whereNoGroupsCanBeNotedMoreAllIsDelivered() {
        BridgePolicy two = SnoopingTest.bridge(new GroupPolicy(true, 2));
        SwitchBench bench = new SwitchBench(two).port(PORT);
        bench.port(PORT).port(PORT).port(PORT);
        ask(bench);
        bench.pass(11);
        bench.send(0, report4(H0, OTHER));
        bench.send(0, report4(H0, OTHER + 1));
        bench.send(1, report4(H1, GROUP));
        assertThat(bench.send(2, data4(H1, GROUP))).containsExactlyInAnyOrder(1, 3);
    }

    @Test
    void messagesThatContradictThemselvesAreDropped() {
        SwitchBench bench = bench(true);
        byte[] wrongSum = report4(H1, GROUP);
        wrongSum[14 + 20 + 7] ^= 1;
        assertThat(bench.send(1, wrongSum)).isEmpty();
        byte[] mld = report6(H1, FF15, 5);
        mld[mld.length - 1] ^= 1;
        assertThat(bench.send(1, mld)).isEmpty();
        byte[] farHost = report6(H1, FF15, 5);
        farHost[14 + 7] = 64;
        assertThat(bench.send(1, farHost)).as("hop limit").isEmpty();
        assertThat(bench.count(1, Verdict.DROP_MALFORMED)).isEqualTo(3);
        assertThat(members(bench)).as("the routers").hasSize(2);
    }

    /** Who is not asked cannot answer, and would lose its groups. */
    @Test
    void queriesThatMembersDoNotHearAreDropped() {
        SwitchBench bench = bench(true);
        bench.send(1, report4(H1, GROUP));
        bench.send(1, report6(H1, FF15, 5));
        byte[] astray = query4(H0, 0, 1, ROUTER, false);
        astray[5] = 9;
        assertThat(bench.send(2, astray)).as("to another MAC address").isEmpty();
        byte[] toGroup = query4(H0, GROUP, 1, ROUTER, false);
        toGroup[5] = 9;
        assertThat(bench.send(2, toGroup)).isEmpty();
        byte[] mld = query6(H0, LINK_LOCAL, FF15, 5, 0);
        mld[5] = 9;
        assertThat(bench.send(2, mld)).isEmpty();
        assertThat(bench.count(2, Verdict.DROP_MALFORMED)).isEqualTo(3);
        bench.pass(1);
        assertThat(bench.send(0, data4(H0, GROUP))).containsExactlyInAnyOrder(1, 3);
        assertThat(bench.send(0, data6(H0, FF15, 5))).containsExactlyInAnyOrder(1, 3);
    }

    /** Groups whose address could be mistaken for an entry of the table itself. */
    @Test
    void noGroupIsTheRoutersOne() {
        SwitchBench bench = bench(true);
        for (long low = 0; low < 20_000; low++) {
            bench.send(1, report6(H1, -1L, low));
        }
        assertThat(members(bench)).hasSizeLessThanOrEqualTo(Groups.OF_A_PORT + 3);
        bench.send(2, query6(H1, LINK_LOCAL, -1L, 4, 0));
        bench.send(2, query6(H1, LINK_LOCAL, -1L, 6, 0));
        bench.pass(1);
        assertThat(bench.send(0, data4(H0, OTHER))).as("routers are routers still").contains(3);
        assertThat(bench.send(0, data6(H0, FF15, 5))).contains(3);
    }

    /** Nothing fails, and the frames come back to the pool (SwitchBench.send). */
    @Test
    void noMutationOfAMessageDoesHarm() {
        SwitchBench bench = bench(true);
        Random random = new Random(4541);
        List<byte[]> seeds =
                List.of(
                        query4(H1, 0, 100, ROUTER, true),
                        report4(H1, GROUP),
                        report4(H1, 4, 3, GROUP, OTHER),
                        query6(H1, LINK_LOCAL, FF15, 5, 1000),
                        report6(H1, FF15, 5),
                        report6(H1, 4, FF15, 5));
        for (int i = 0; i < 200_000; i++) {
            byte[] frame = seeds.get(i % seeds.size()).clone();
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                frame[14 + random.nextInt(frame.length - 14)] = (byte) random.nextInt();
            }
            int length =
                    random.nextInt(4) == 0 ? 14 + random.nextInt(frame.length - 14) : frame.length;
            bench.send(i % 4, java.util.Arrays.copyOf(frame, length));
        }
        for (int port = 0; port < 4; port++) {
            assertThat(bench.count(port, Verdict.DROP_FAULT)).isZero();
        }
    }
}
