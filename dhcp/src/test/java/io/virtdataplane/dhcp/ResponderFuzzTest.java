package io.virtdataplane.dhcp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.virtdataplane.dataplane.Verdict;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any frame of the guest to the responders (ARP, ND, ping, DHCP), coverage-guided by bin/fuzz. */
class ResponderFuzzTest {
    private static final ResponderBench BENCH = new ResponderBench();
    private static final int LONGEST = 60_000;

    @MethodSource("seeds")
    @FuzzTest
    void respond(byte[] frame) {
        BENCH.on.later(1_000_000L); // no more than the responders answer in a second
        if (frame.length <= LONGEST) {
            BENCH.send(frame);
        }
        if (BENCH.count(Verdict.DROP_FAULT) != 0) {
            throw new AssertionError(BENCH.worker.describeFault(0));
        }
    }

    static Stream<byte[]> seeds() {
        String ethernet = "020000000000525400000001";
        String dhcp =
                "01010600deadbeef0000800000000000000000000000000000000000525400000001"
                        + "00".repeat(202)
                        + "63825363"
                        + "350101"
                        + "3d0701525400000001"
                        + "37080103060c0f1a7779"
                        + "ff";
        return Stream.of(
                        ethernet
                                + "0806"
                                + "00010800060400015254000000010a000202"
                                + "0000000000000a000201",
                        ethernet
                                + "0800"
                                + "4500001c00000000400162dd0a0002020a000201"
                                + "0800f7f600080001",
                        ethernet
                                + "0800"
                                + "450001400000000040117aae00000000ffffffff"
                                + "00440043012c0000"
                                + dhcp,
                        ethernet
                                + "86dd"
                                + "6000000000203aff"
                                + "fd100000000200000000000000000002"
                                + "ff0200000000000000000001ff000001"
                                + "87000000"
                                + "00000000"
                                + "fd100000000200000000000000000001"
                                + "0101525400000001")
                .map(HexFormat.of()::parseHex);
    }
}
