package io.virtdataplane.daemon.mac;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Machines come, change their NICs quickly and go; a plain map says what must hold. */
class MacPoolModelTest {
    private static final MacRange RANGE =
            MacRange.of("02:00:00:00:00:00", "02:00:00:00:00:0f", "site");
    private static final int STEPS = 20_000;
    private static final List<String> NICS = List.of("net0", "net1", "net2", "net3");
    private final Map<String, SequencedMap<String, Long>> model = new HashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void bookKeepingIsRightWhateverComes(long seed) {
        Random random = new Random(seed);
        MacPool pool = new MacPool(RANGE, random);
        int full = 0;
        int conflicts = 0;
        for (int step = 0; step < STEPS; step++) {
            String machine = "default/vm" + random.nextInt(8);
            switch (random.nextInt(4)) {
                case 0 -> {
                    pool.release(machine);
                    model.remove(machine);
                }
                case 1 -> releaseOne(pool, machine, random);
                default -> {
                    try {
                        assign(pool, machine, wanted(random));
                    } catch (MacRangeFullException e) {
                        full++;
                    } catch (MacConflictException e) {
                        conflicts++;
                    }
                }
            }
            check(pool);
        }
        assertThat(full).isPositive();
        assertThat(conflicts).isPositive();
    }

    private static SequencedMap<String, Long> wanted(Random random) {
        SequencedMap<String, Long> wanted = new LinkedHashMap<>();
        for (String nic : NICS) {
            if (random.nextBoolean()) {
                boolean explicit = random.nextInt(4) == 0;
                wanted.put(nic, explicit ? RANGE.first() + 1 + random.nextInt(20) : 0L);
            }
        }
        return wanted;
    }

    private void releaseOne(MacPool pool, String machine, Random random) {
        String nic = NICS.get(random.nextInt(NICS.size()));
        pool.release(new MacHolder(machine, nic));
        SequencedMap<String, Long> macs = model.getOrDefault(machine, new LinkedHashMap<>());
        macs.remove(nic);
        if (macs.isEmpty()) {
            model.remove(machine);
        }
    }

    private void assign(MacPool pool, String machine, SequencedMap<String, Long> wanted) {
        SequencedMap<String, Long> before = model.getOrDefault(machine, new LinkedHashMap<>());
        SequencedMap<String, Long> given = pool.assign(machine, wanted);
        assertThat(given.sequencedKeySet()).containsExactlyElementsOf(wanted.sequencedKeySet());
        wanted.forEach(
                (nic, mac) -> {
                    if (mac != 0) {
                        assertThat(given.get(nic)).isEqualTo(mac);
                    } else if (before.containsKey(nic)) {
                        assertThat(given.get(nic)).isEqualTo(before.get(nic));
                    } else {
                        assertThat(RANGE.contains(given.get(nic))).isTrue();
                    }
                });
        if (given.isEmpty()) {
            model.remove(machine);
        } else {
            model.put(machine, given);
        }
    }

    private void check(MacPool pool) {
        Set<Long> macs = new HashSet<>();
        for (Map.Entry<String, SequencedMap<String, Long>> machine : model.entrySet()) {
            machine.getValue()
                    .forEach(
                            (nic, mac) -> {
                                assertThat(macs.add(mac)).as("given twice: %x", mac).isTrue();
                                assertThat(pool.holder(mac))
                                        .contains(new MacHolder(machine.getKey(), nic));
                            });
        }
        assertThat(pool.entries()).hasSize(macs.size());
        assertThat(macs).doesNotContain(MacRange.GATEWAY);
    }
}
