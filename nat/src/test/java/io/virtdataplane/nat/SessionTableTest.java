package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.wire.Protocols;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random operations with a seed against plain maps. */
class SessionTableTest {
    private static final long SEED = 7;
    private static final int CAPACITY =
            256; // a power of two: the index must not be full when the table is

    private record Flow(int protocol, int port, long remote, int remotePort) {}

    @Test
    void agreesWithAPlainModel() {
        Random random = new Random(SEED);
        SessionTable table =
                new SessionTable(
                        Arena.ofAuto().allocate(SessionTable.bytes(CAPACITY), 64), CAPACITY, 99);
        Map<Flow, Integer> outward = new HashMap<>();
        Map<Flow, Integer> inward = new HashMap<>();
        List<Flow[]> live = new ArrayList<>();
        for (int step = 0; step < 300_000; step++) {
            Flow out = flow(random, 40);
            Flow in = new Flow(out.protocol(), random.nextInt(40), out.remote(), out.remotePort());
            if (random.nextInt(100) < 55
                    && table.size() < table.capacity()
                    && !outward.containsKey(out)
                    && !inward.containsKey(in)) {
                int session =
                        table.insert(
                                out.protocol(),
                                out.port(),
                                in.port(),
                                0,
                                out.remote(),
                                out.remotePort(),
                                random.nextInt(Lifetime.COUNT),
                                0,
                                step);
                outward.put(out, session);
                inward.put(in, session);
                live.add(new Flow[] {out, in});
            } else if (!live.isEmpty() && random.nextInt(100) < 50) {
                Flow[] gone = live.remove(random.nextInt(live.size()));
                table.remove(outward.remove(gone[0]));
                inward.remove(gone[1]);
            } else if (!live.isEmpty()) {
                table.use(
                        outward.get(live.get(random.nextInt(live.size()))[0]),
                        random.nextInt(Lifetime.COUNT),
                        true,
                        true,
                        step * 2_000_000_000L);
            }
            Flow asked = flow(random, 40);
            assertThat(find(table, SessionTable.OUTWARD, asked))
                    .as("seed=%d step=%d", SEED, step)
                    .isEqualTo(outward.getOrDefault(asked, SessionTable.NONE));
            assertThat(find(table, SessionTable.INWARD, asked))
                    .as("seed=%d step=%d", SEED, step)
                    .isEqualTo(inward.getOrDefault(asked, SessionTable.NONE));
            assertThat(table.size()).isEqualTo(live.size());
        }
        assertThat(listed(table)).isEqualTo(table.size());
        assertThat(table.size()).isPositive();
    }

    @Test
    void aSessionTakesAtMost128Bytes() {
        assertThat(SessionTable.bytes(1 << 20) >> 20).isLessThanOrEqualTo(128);
    }

    private static int listed(SessionTable table) {
        int count = 0;
        for (int lifetime = 0; lifetime < Lifetime.COUNT; lifetime++) {
            for (int session = table.oldest(lifetime);
                    session != SessionTable.NONE;
                    session = table.next(session)) {
                assertThat(table.lifetime(session)).isEqualTo(lifetime);
                count++;
            }
        }
        return count;
    }

    private static Flow flow(Random random, int ports) {
        return new Flow(
                random.nextBoolean() ? 6 : 17,
                random.nextInt(ports),
                random.nextInt(8),
                random.nextInt(4));
    }

    private static int find(SessionTable table, int direction, Flow flow) {
        return table.lookup(
                direction, flow.protocol(), flow.port(), 0, flow.remote(), flow.remotePort());
    }

    /** Ports are kept mostly, so a session's two flows are as like as flows can be. */
    @Test
    void aFullTablesLookupsLookAtFewSlots() {
        int capacity = 1 << 14;
        SessionTable table =
                new SessionTable(
                        Arena.ofAuto().allocate(SessionTable.bytes(capacity), 64), capacity, SEED);
        Random random = new Random(SEED);
        for (int i = 0; i < capacity; i++) {
            int port = random.nextInt(1 << 16);
            table.insert(Protocols.UDP, port, port, 0, i, 53, Lifetime.UDP, 0, 1);
        }
        long probes = 0;
        int longest = 0;
        for (int session = 0; session < capacity; session++) {
            for (int direction : new int[] {SessionTable.OUTWARD, SessionTable.INWARD}) {
                int looked = table.index().probes(session, direction);
                probes += looked;
                longest = Math.max(longest, looked);
            }
        }
        assertThat((double) probes / capacity / 2)
                .as("1.5 where all homes are drawn")
                .isLessThan(1.75);
        assertThat(longest).isLessThan(100);
    }
}
