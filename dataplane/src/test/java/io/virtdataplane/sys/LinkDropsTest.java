package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LinkDropsTest {
    @Test
    void deviceIsFoundAndCountsFromHereOn() {
        try (LinkDrops drops = new LinkDrops("lo")) {
            assertThat(drops.count()).isNotNegative();
            assertThat(drops.count()).isLessThan(1000);
        }
    }

    @Test
    void deviceThatIsNotThereHasNone() {
        try (LinkDrops drops = new LinkDrops("none-such")) {
            assertThat(drops.count()).isZero();
        }
    }
}
