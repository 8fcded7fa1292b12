package io.virtdataplane.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What gets through in a time, whatever the frames are, and that it is what came in, in order. */
class ShaperTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MBIT = 1_000_000;
    private final FramePool pool =
            new FramePool(Arena.ofAuto().allocate(FramePool.bytes(2), 4096), 2);
    private final Frame frame = pool.take();
    private final Frame out = pool.take();
    private final Shaping shaping = new Shaping((any, now) -> Verdict.CONTINUE, null);
    private final Vif vif =
            new Vif(0, "vm") {
                @Override
                boolean isGuestSide(Port ingress) {
                    return true;
                }

                @Override
                Port ingress(boolean fromGuest) {
                    return null;
                }
            };
    private Shaper shaper;

    @BeforeEach
    void length() {
        length(1000);
    }

    private void length(int bytes) {
        frame.received(null, new byte[bytes]);
    }

    private void shaper(long bits, long packets) {
        shaper = new Shaper(vif, true, new Rate(bits, packets), shaping);
    }

    private Verdict offer(long nowNs) {
        return shaper.shape(frame, Verdict.DROP_EGRESS_RATE, nowNs);
    }

    /** Bytes that got through of frames that came every so many ns. */
    private long passed(long everyNs, long fromNs, long toNs) {
        long bytes = 0;
        for (long now = fromNs; now < toNs; now += everyNs) {
            while (shaper.dueNs() <= now) {
                shaper.take(out, now);
                bytes += out.length;
            }
            bytes += offer(now) == Verdict.CONTINUE ? frame.length : 0;
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"1000000, 60", "100000000, 1514", "100000000, 60", "10000000, 60000"})
    void bitsOfManyKindsOfFrames(long bits, int length) {
        length(length);
        shaper(bits, 0);
        long everyNs = Math.max(1000, SECOND * 8 * length / bits / 4); // four times too many
        passed(everyNs, 0, 2 * SECOND); // what was saved up is gone
        long bytes = passed(everyNs, 2 * SECOND, 12 * SECOND);
        assertThat(bytes * 8 / 10).isBetween(bits * 98 / 100, bits * 102 / 100 + 8L * length / 10);
    }

    @Test
    void nothingIsLostBelowTheRate() {
        shaper(8 * MBIT, 1100);
        assertThat(passed(SECOND / 990, 0, 5 * SECOND)).isGreaterThanOrEqualTo(4_949_000);
    }

    @Test
    void packetsWhateverTheirLength() {
        shaper(0, 1000);
        length(1514);
        passed(100_000, 0, 2 * SECOND);
        assertThat(passed(100_000, 2 * SECOND, 12 * SECOND) / 1514).isBetween(9_900L, 10_100L);
    }

    @Test
    void aGsoFrameCountsAsThePacketsThatItBecomes() {
        shaper(0, 1000);
        length(54 + 44 * 1460);
        VirtioNetHdr.gso(frame.data, frame.vnet(), 1, 1460);
        assertThat(offer(0)).isEqualTo(Verdict.CONTINUE);
        assertThat(offer(0)).isEqualTo(Verdict.QUEUED);
        assertThat(shaper.dueNs())
                .as("44 packets later, less the burst")
                .isBetween(28_000_000L, 46_000_000L);
    }

    @Test
    void aPauseSavesUpNoMoreThanABurst() {
        shaper(800 * MBIT, 0);
        passed(1000, 0, SECOND);
        long burst = 0;
        while (offer(100 * SECOND) == Verdict.CONTINUE || shaper.dueNs() <= 100 * SECOND) {
            burst += frame.length;
            if (shaper.dueNs() <= 100 * SECOND) {
                shaper.take(out, 100 * SECOND);
            }
        }
        assertThat(burst).as("10 ms of it").isBetween(900_000L, 1_600_000L);
    }

    @Test
    void nothingWaitsLongerThanAFifthOfASecond() {
        shaper(8 * MBIT, 0); // 1000 bytes a millisecond
        int waiting = 0;
        Verdict last = Verdict.CONTINUE;
        while (!last.isDrop()) {
            last = offer(SECOND);
            waiting += last == Verdict.QUEUED ? 1 : 0;
        }
        assertThat(last).isEqualTo(Verdict.DROP_EGRESS_RATE);
        assertThat(waiting).isBetween(200, 202);
        assertThat(shaper.takes(frame, SECOND)).isFalse();
    }

    @Test
    void whatWaitsComesOutAsItCameInAndInOrder() {
        shaper(100 * MBIT, 0);
        Random random = new Random(20261128);
        long now = SECOND;
        int given = 0;
        int got = 0;
        for (int i = 0; i < 200_000; i++) {
            now += 40_000;
            while (shaper.dueNs() <= now) {
                shaper.take(out, now);
                int number = out.data.get(ValueLayout.JAVA_INT_UNALIGNED, out.start + 14);
                assertThat(number).isGreaterThanOrEqualTo(got);
                assertThat(out.tag).isEqualTo(number);
                assertThat(out.data.get(ValueLayout.JAVA_BYTE, out.start + out.length - 1))
                        .isEqualTo((byte) number);
                got = number + 1;
            }
            length(60 + random.nextInt(random.nextInt(10) == 0 ? 65_000 : 1_500));
            frame.tag = given;
            frame.data.set(ValueLayout.JAVA_INT_UNALIGNED, frame.start + 14, given);
            frame.data.set(ValueLayout.JAVA_BYTE, frame.start + frame.length - 1, (byte) given);
            if (offer(now) == Verdict.CONTINUE) {
                got = given + 1;
            }
            given++;
        }
        assertThat(got).isGreaterThan(190_000);
    }

    @Test
    void aLiftedLimitLetsAllGoAtOnce() {
        shaper(MBIT, 0);
        int waiting = 0;
        while (offer(SECOND) != Verdict.DROP_EGRESS_RATE) {
            waiting++;
        }
        assertThat(waiting).isPositive();
        shaper.lift();
        while (shaper.dueNs() <= SECOND) {
            shaper.take(out, SECOND);
        }
        assertThat(shaper.dueNs()).as("none is left").isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void lyingHeaderLengthsCostTheirSenderOnly() {
        shaper(MBIT, 1000);
        length(60);
        VirtioNetHdr.gso(frame.data, frame.vnet(), 1, 1);
        assertThat(offer(0)).isEqualTo(Verdict.CONTINUE);
        length(10);
        VirtioNetHdr.gso(frame.data, frame.vnet(), 1, 0);
        assertThat(offer(SECOND)).isEqualTo(Verdict.CONTINUE);
    }
}
