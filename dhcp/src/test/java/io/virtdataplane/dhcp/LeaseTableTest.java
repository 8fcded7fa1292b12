package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who gets which address of a range. */
class LeaseTableTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int FIRST = 0x0a64_0032;
    private final LeaseTable leases = new LeaseTable(FIRST, FIRST + 9, 3600);

    @Test
    void everyClientHasAnAddressOfItsOwnUntilNoneIsLeft() {
        Set<Integer> given = new HashSet<>();
        for (long client = 1; client <= 10; client++) {
            int address = leases.offer(client, 0, true, SECOND);
            assertThat(leases.take(client, address, SECOND)).isTrue();
            given.add(address);
            assertThat(leases.offer(client, 0, true, SECOND))
                    .as("the same again")
                    .isEqualTo(address);
        }
        assertThat(given).hasSize(10).allMatch(a -> a >= FIRST && a <= FIRST + 9);
        assertThat(leases.offer(11, 0, true, SECOND)).isEqualTo(Leases.NONE);
        assertThat(leases.take(11, FIRST, SECOND)).as("another's").isFalse();
        assertThat(leases.offer(11, 0, true, 3602 * SECOND))
                .as("expired")
                .isNotEqualTo(Leases.NONE);
    }

    @Test
    void leasesInForceAreCountedAndNoOthers() {
        assertThat(leases.take(1, FIRST, SECOND)).isTrue();
        assertThat(leases.take(2, FIRST + 1, SECOND)).isTrue();
        assertThat(leases.take(3, FIRST + 2, SECOND)).isTrue();
        leases.offer(4, FIRST + 3, true, SECOND);
        assertThat(leases.count(2 * SECOND)).as("an offer is none yet").isEqualTo(3);
        leases.release(1, FIRST);
        leases.decline(2, FIRST + 1, 2 * SECOND);
        assertThat(leases.count(2 * SECOND)).isOne();
        assertThat(leases.count(3602 * SECOND)).as("expired").isZero();
    }

    @Test
    void anOfferIsHeldForTenSecondsAndAClientGetsWhatItAsksForWhereThatIsFree() {
        assertThat(leases.offer(1, FIRST + 7, true, SECOND)).isEqualTo(FIRST + 7);
        assertThat(leases.offer(2, FIRST + 7, true, SECOND)).isNotEqualTo(FIRST + 7);
        assertThat(leases.offer(3, FIRST + 7, true, 12 * SECOND)).isEqualTo(FIRST + 7);
        assertThat(leases.offer(4, FIRST + 99, true, SECOND)).isBetween(FIRST, FIRST + 9);
    }

    @Test
    void afterARestartAClientKeepsItsAddress() {
        int address = leases.offer(5, 0, true, SECOND);
        LeaseTable fresh = new LeaseTable(FIRST, FIRST + 9, 3600);
        assertThat(fresh.offer(5, 0, true, SECOND)).as("by its hash").isEqualTo(address);
        assertThat(fresh.take(6, FIRST + 3, SECOND)).as("it renews").isTrue();
        assertThat(fresh.take(6, FIRST + 4, SECOND)).as("it has one").isFalse();
    }

    @Test
    void aDeclinedAddressIsLeftAloneAndAReleasedOneIsFree() {
        leases.take(1, FIRST, SECOND);
        leases.release(2, FIRST);
        assertThat(leases.addressOf(1, SECOND)).as("another cannot release it").isEqualTo(FIRST);
        leases.release(1, FIRST);
        assertThat(leases.take(2, FIRST, SECOND)).isTrue();
        leases.decline(2, FIRST, SECOND);
        assertThat(leases.take(3, FIRST, 2 * SECOND)).isFalse();
        assertThat(leases.take(3, FIRST, 700 * SECOND)).isTrue();
    }

    @Test
    void whatWasOnlyOfferedCannotBeDeclined() {
        for (int i = 0; i < 100; i++) {
            leases.decline(1, leases.offer(1, 0, true, SECOND), SECOND);
        }
        assertThat(leases.offer(2, 0, true, SECOND)).isNotEqualTo(Leases.NONE);
        LeaseTable fresh = new LeaseTable(FIRST, FIRST + 9, 3600);
        assertThat(fresh.offer(3, FIRST + 5, false, SECOND)).isEqualTo(FIRST + 5);
        assertThat(fresh.offer(4, FIRST + 5, true, SECOND)).as("not held").isEqualTo(FIRST + 5);
    }

    @Test
    void noTwoClientsHoldOneAddress() {
        Random random = new Random(7);
        Map<Long, Integer> held = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            long client = 1 + random.nextInt(20);
            int address = FIRST + random.nextInt(12) - 1;
            switch (random.nextInt(4)) {
                case 0 -> leases.offer(client, random.nextBoolean() ? address : 0, true, SECOND);
                case 1 -> {
                    leases.release(client, address);
                    held.remove(client, address);
                }
                default -> {
                    if (leases.take(client, address, SECOND)) {
                        held.remove(client);
                        assertThat(held).doesNotContainValue(address);
                        held.put(client, address);
                    }
                }
            }
            held.forEach((c, a) -> assertThat(leases.addressOf(c, SECOND)).isEqualTo(a));
        }
    }
}
