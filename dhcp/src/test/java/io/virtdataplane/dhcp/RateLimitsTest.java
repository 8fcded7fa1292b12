package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
    @Test
    void onePortThatAsksTooMuchTakesNothingFromAnother() {
        RateLimits limits = new RateLimits(10);
        Frame frame = new FramePool(Arena.ofAuto().allocate(FramePool.bytes(1)), 1).take();
        for (int i = 0; i < 10; i++) {
            assertThat(limits.allows(3, frame, 1)).isTrue();
        }
        assertThat(limits.allows(3, frame, 1)).isFalse();
        assertThat(limits.allows(2000, frame, 1)).isTrue();
        assertThat(limits.allows(3, frame, 1_000_000_000)).as("a second later").isTrue();
    }
}
