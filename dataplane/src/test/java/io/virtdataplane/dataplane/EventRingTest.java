package io.virtdataplane.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventRingTest {
    @Test
    void eventsComeInOrderAndAFullRingCountsWhatItLoses() {
        EventRing ring = new EventRing();
        for (int i = 0; i < 1100; i++) {
            ring.emit(EventKind.LEASE, 7, i, -1);
        }
        List<Long> seen = new ArrayList<>();
        int count =
                ring.drain(
                        (kind, nic, first, second) -> {
                            assertThat(kind).isEqualTo(EventKind.LEASE);
                            assertThat(nic).isEqualTo(7);
                            seen.add(first);
                        });
        assertThat(count).isEqualTo(1024);
        assertThat(seen).startsWith(0L, 1L).endsWith(1023L);
        assertThat(ring.lost()).isEqualTo(76);
        ring.emit(EventKind.FAULT, 1, 5, 0);
        assertThat(ring.drain((kind, nic, first, second) -> assertThat(first).isEqualTo(5)))
                .isEqualTo(1);
    }
}
