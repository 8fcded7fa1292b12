package io.virtdataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The table against a plain map, and the rules of its entries. */
class FdbTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long AGEING = 300 * SECOND;
    private static final int ANY = Integer.MAX_VALUE;

    private record Entry(int port, long seenNs, boolean isStatic, boolean sticky) {}

    private final Fdb fdb = new Fdb(2000, 8, AGEING, Stations.none());

    @Test
    void behavesAsAPlainMapDoes() {
        long seed = 20261124;
        Random random = new Random(seed);
        Map<Long, Entry> model = new HashMap<>();
        long now = SECOND;
        for (int i = 0; i < 300_000; i++) {
            now += random.nextInt(20) * 10_000_000L;
            int vlan = random.nextInt(4);
            long mac = 0x0200_0000_0000L | random.nextInt(400);
            int port = random.nextInt(8);
            long key = (long) vlan << 48 | mac;
            long at = now;
            switch (random.nextInt(20)) {
                case 0 -> {
                    boolean sticky = random.nextBoolean();
                    fdb.put(vlan, mac, port, sticky ? Fdb.STICKY : 0, now);
                    model.put(key, new Entry(port, now, true, sticky));
                }
                case 1 -> {
                    fdb.remove(vlan, mac);
                    model.remove(key);
                }
                case 2 -> fdb.age(now);
                case 3 -> {
                    if (random.nextInt(50) == 0) {
                        fdb.flush(port, vlan);
                        model.entrySet()
                                .removeIf(
                                        e ->
                                                e.getKey() >>> 48 == vlan
                                                        && e.getValue().port == port);
                    }
                }
                default -> {
                    fdb.learn(vlan, mac, port, ANY, now);
                    Entry old = model.get(key);
                    if (old == null) {
                        model.put(key, new Entry(port, now, false, false));
                    } else if (!old.sticky || old.port == port) {
                        model.put(key, new Entry(port, now, old.isStatic, old.sticky));
                    }
                }
            }
            model.values()
                    .removeIf(e -> !e.isStatic && ticks(at) - ticks(e.seenNs) > ticks(AGEING));
            long asked = (long) random.nextInt(4) << 48 | 0x0200_0000_0000L | random.nextInt(400);
            Entry expected = model.get(asked);
            assertThat(fdb.lookup((int) (asked >>> 48), asked & 0xffff_ffff_ffffL, now))
                    .as("seed %d step %d", seed, i)
                    .isEqualTo(expected == null ? Fdb.UNKNOWN : expected.port);
        }
    }

    private static long ticks(long ns) {
        return ns >> 26;
    }

    @Test
    void anEntryIsForgottenAfterItsAgeingTimeAndItsSlotIsFreedLater() {
        fdb.learn(1, 0x02, 3, ANY, SECOND);
        assertThat(fdb.lookup(1, 0x02, AGEING)).isEqualTo(3);
        assertThat(fdb.lookup(1, 0x02, AGEING + 3 * SECOND)).isEqualTo(Fdb.UNKNOWN);
        assertThat(fdb.size()).isOne();
        for (int i = 0; i < 10; i++) {
            fdb.age(AGEING + 3 * SECOND);
        }
        assertThat(fdb.size()).isZero();
        assertThat(fdb.learned(3)).isZero();
    }

    @Test
    void atTheLimitAFrameIsNotLearnedAndOperatorsEntriesStillAre() {
        Fdb small = new Fdb(8, 4, AGEING, Stations.none());
        for (int i = 1; i <= 16; i++) {
            assertThat(small.learn(0, i, 1, ANY, SECOND))
                    .isEqualTo(i <= 8 ? Fdb.Learned.NEW : Fdb.Learned.FULL);
        }
        assertThat(small.learned()).isEqualTo(8);
        assertThat(small.put(0, 0x99, 2, 0, SECOND)).isTrue();
        assertThat(small.lookup(0, 0x99, SECOND)).isEqualTo(2);
        assertThat(small.learn(0, 1, 1, ANY, SECOND)).isEqualTo(Fdb.Learned.KNOWN);
    }

    @Test
    void aPortLearnsNoMoreThanItsOwnLimit() {
        for (int i = 1; i <= 10; i++) {
            fdb.learn(1, i, 2, 4, SECOND);
        }
        assertThat(fdb.learned(2)).isEqualTo(4);
        assertThat(fdb.learn(1, 99, 3, 4, SECOND)).isEqualTo(Fdb.Learned.NEW);
        assertThat(fdb.learn(1, 99, 2, 4, SECOND)).as("a move counts").isEqualTo(Fdb.Learned.FULL);
    }

    @Test
    void withoutAgeingTimeNothingIsLearned() {
        Fdb none = new Fdb(8, 4, 0, Stations.none());
        none.learn(1, 1, 1, ANY, SECOND);
        assertThat(none.lookup(1, 1, SECOND)).isEqualTo(Fdb.UNKNOWN);
    }

    @Test
    void stationsThatAGuestInventsFillTheTableAndHarmNothing() {
        Fdb small = new Fdb(1024, 4, AGEING, Stations.none());
        small.learn(1, 0x5254_0000_0001L, 1, ANY, SECOND);
        for (long i = 0; i < 1_000_000; i++) {
            small.learn(1, i * 0x1_0001 & 0xfeff_ffff_ffffL | 2, 2, 512, SECOND);
        }
        assertThat(small.learned(2)).isEqualTo(512);
        assertThat(small.lookup(1, 0x5254_0000_0001L, SECOND)).isEqualTo(1);
        assertThat(small.learn(1, 0x5254_0000_0002L, 3, ANY, SECOND))
                .as("another port finds room")
                .isEqualTo(Fdb.Learned.NEW);
    }
}
