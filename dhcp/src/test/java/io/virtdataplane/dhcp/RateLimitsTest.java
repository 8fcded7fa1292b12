package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateLimitsTest {
    @Test
    void onePortThatAsksTooMuchTakesNothingFromAnother() {
        RateLimits limits = new RateLimits(10);
        for (int i = 0; i < 10; i++) {
            assertThat(limits.allow(3, 1)).isTrue();
        }
        assertThat(limits.allow(3, 1)).isFalse();
        assertThat(limits.allow(2000, 1)).isTrue();
        assertThat(limits.allow(3, 1_000_000_000)).as("a second later").isTrue();
    }
}
