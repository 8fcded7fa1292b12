package io.virtdataplane.nat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes from either side, coverage-guided: no fault, verdicts add up, the pool is full again
 * ({@link Bench} checks). {@code bin/fuzz} runs it for as long as one likes; a plain test run goes
 * through the seeds and what the fuzzer once found.
 */
class WalkFuzzTest {
    private static final int HEADER = 2 + VirtioNetHdr.LENGTH;

    /** Made anew now and then, so that sessions of one input meet frames of the next. */
    private static Bench bench = bench();

    private static int uses;

    private static Bench bench() {
        NatPolicy policy =
                NatPolicy.DEFAULT
                        .with(
                                new NatPolicy.Ports(
                                        OpenPorts.listed()
                                                .add(Protocols.TCP, 80)
                                                .add(Protocols.UDP, 53),
                                        UnlistedPolicy.REJECT,
                                        true))
                        .with(new NatPolicy.Limits(64, 0, 16));
        Bench made = new Bench(policy, 1300, 1500);
        made.guest.keep(false);
        made.uplink.keep(false);
        return made;
    }

    /**
     * Byte 0: bit 0 the side, the rest seconds that pass; byte 1: frames to cut the input into;
     * then a virtio_net_hdr for the first frame, then the frames.
     */
    @MethodSource("seeds")
    @FuzzTest
    void walk(byte[] input) {
        if (input.length < HEADER) {
            return;
        }
        if (++uses % 10_000 == 0) {
            bench = bench();
        }
        bench.pass((input[0] & 0xff) >>> 1);
        int frames = 1 + (input[1] & 3);
        int length = (input.length - HEADER) / frames;
        for (int i = 0; i < frames; i++) {
            int from = HEADER + i * length;
            byte[] bytes = Arrays.copyOfRange(input, from, from + length);
            Frame frame = bench.pool.take();
            frame.compose(bytes.length);
            MemorySegment.copy(
                    bytes, 0, frame.data, ValueLayout.JAVA_BYTE, frame.start, bytes.length);
            if (i == 0) {
                MemorySegment.copy(
                        input,
                        2,
                        frame.data,
                        ValueLayout.JAVA_BYTE,
                        frame.vnet(),
                        VirtioNetHdr.LENGTH);
            }
            bench.on.send((input[0] & 1) == 0 ? bench.guest : bench.uplink, frame);
        }
        if (bench.count(Verdict.DROP_FAULT) != 0) {
            String fault = bench.worker.describeFault(0);
            bench = bench();
            throw new AssertionError(fault);
        }
    }

    static Stream<Arguments> seeds() {
        return Stream.of(Family.values())
                .flatMap(
                        family -> {
                            byte[] left = Packets.udp(family.pod, 40000, family.web, 53);
                            return Stream.of(
                                    seed(0, Packets.udp(family.guest, 40000, family.web, 53)),
                                    seed(0, Packets.tcp(family.guest, 40000, family.web, 443, "S")),
                                    seed(0, Packets.ping(family.guest, family.web, 7)),
                                    seed(0, Packets.tcp(family.guest, 40000, family.pod, 80, "S")),
                                    seed(
                                            0,
                                            Packets.raw(
                                                    family.guest,
                                                    family.web,
                                                    Protocols.SCTP,
                                                    new byte[32])),
                                    seed(0, fragment(family, 0)),
                                    seed(0, fragment(family, 1)),
                                    seed(1, Packets.tcp(family.web, 5000, family.pod, 80, "S")),
                                    seed(1, Packets.tcp(family.web, 5000, family.pod, 81, "S")),
                                    seed(1, IcmpPackets.tooBig(family, family.router, left, 1400)),
                                    seed(1, Packets.pong(family.web, family.pod, 7)));
                        });
    }

    private static byte[] fragment(Family family, int number) {
        return Packets.fragments(Packets.udp(family.guest, 40000, family.web, 53), 16, 1)
                .get(number);
    }

    private static Arguments seed(int side, byte[] frame) {
        byte[] input = new byte[HEADER + frame.length];
        input[0] = (byte) side;
        System.arraycopy(frame, 0, input, HEADER, frame.length);
        return Arguments.of((Object) input);
    }
}
