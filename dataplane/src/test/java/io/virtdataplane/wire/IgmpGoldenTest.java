package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * IGMP of three versions: a host of Linux (force_igmp_version), and its bridge as the querier. In
 * whole packets; groups are those for documentation (RFC 6676).
 */
@GoldenBytes.Of(Igmp.class)
class IgmpGoldenTest {
    private static final int AT = Ipv4.HEADER + 4; // behind the option of RFC 2113
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int GROUP_1 = 0xe9fc_0001; // 233.252.0.1
    private static final int GROUP_2 = 0xe9fc_0002;

    /** By hand after RFC 1112 appendix I; tshark 4.0 finds both checksums good. */
    private static final String V1_QUERY =
            "46c0 0020 0000 0000 01 02 8215 c0000201 e0000001 94040000 11 00 eeff 00000000";

    private static final String V1_REPORT =
            "46c0 0020 0000 4000 01 02 3818 c0000202 e9fc0001 94040000 12 00 0402 e9fc0001";

    private static final String V2_QUERY =
            "46c0 0020 0000 4000 01 02 4215 c0000201 e0000001 94040000 11 64 ee9b 00000000";

    private static final String V2_QUERY_OF_GROUP =
            "46c0 0020 0000 4000 01 02 4215 c0000201 e0000001 94040000 11 0a 04f8 e9fc0001";

    private static final String V2_REPORT =
            "46c0 0020 0000 4000 01 02 3818 c0000202 e9fc0001 94040000 16 00 0002 e9fc0001";

    private static final String LEAVE =
            "46c0 0020 0000 4000 01 02 4213 c0000202 e0000002 94040000 17 00 ff01 e9fc0001";

    /** Its code 0x96 is 35.2 s, as tcpdump says too. */
    private static final String V3_QUERY =
            "46c0 0024 0000 4000 01 02 4211 c0000201 e0000001 94040000"
                    + "11 96 ebec 00000000 02 7d 0000";

    private static final String V3_QUERY_OF_SOURCE =
            "46c0 0028 0000 4000 01 02 3810 c0000201 e9fc0002 94040000"
                    + "11 0a d83d e9fc0002 02 7d 0001 c6336407";

    /** Two groups, of one of them a single sender. */
    private static final String V3_REPORT =
            "46c0 0034 0000 4000 01 02 41eb c0000202 e0000016 94040000"
                    + "22 00 d6c4 0000 0002 05 00 0001 e9fc0002 c6336407 04 00 0000 e9fc0001";

    /** By hand after RFC 4286 2: every 20 s; its checksum as computed apart from this code. */
    private static final String ROUTER_ADVERTISEMENT =
            "46c0 0020 0000 0000 01 02 81ac c0000201 e000006a 94040000 30 14 cfd5 0014 0002";

    @Test
    void typesAreRead() {
        assertThat(type(V1_QUERY)).isEqualTo(Igmp.QUERY);
        assertThat(type(V1_REPORT)).isEqualTo(Igmp.V1_REPORT);
        assertThat(type(V2_QUERY)).isEqualTo(Igmp.QUERY);
        assertThat(type(V2_REPORT)).isEqualTo(Igmp.V2_REPORT);
        assertThat(type(LEAVE)).isEqualTo(Igmp.LEAVE);
        assertThat(type(V3_QUERY)).isEqualTo(Igmp.QUERY);
        assertThat(type(V3_REPORT)).isEqualTo(Igmp.V3_REPORT);
        assertThat(type(ROUTER_ADVERTISEMENT)).isEqualTo(Igmp.ROUTER_ADVERTISEMENT);
    }

    private static int type(String golden) {
        MemorySegment b = GoldenBytes.of(golden);
        assertThat(Ipv4.protocol(b, 0)).isEqualTo(Protocols.IGMP);
        return Igmp.type(b, Ipv4.headerLength(b, 0));
    }

    @Test
    void groupsAreRead() {
        assertThat(Igmp.group(GoldenBytes.of(V1_REPORT), AT)).isEqualTo(GROUP_1);
        assertThat(Igmp.group(GoldenBytes.of(V2_REPORT), AT)).isEqualTo(GROUP_1);
        assertThat(Igmp.group(GoldenBytes.of(LEAVE), AT)).isEqualTo(GROUP_1);
        assertThat(Igmp.group(GoldenBytes.of(V2_QUERY), AT)).isZero();
        assertThat(Igmp.group(GoldenBytes.of(V2_QUERY_OF_GROUP), AT)).isEqualTo(GROUP_1);
        assertThat(Igmp.group(GoldenBytes.of(V3_QUERY_OF_SOURCE), AT)).isEqualTo(GROUP_2);
        assertThat(Bytes.u32(GoldenBytes.of(LEAVE), AT + Igmp.GROUP)).isEqualTo(GROUP_1);
    }

    @Test
    void queriesAreRead() {
        assertQuery(V1_QUERY, 10 * SECOND_NS, false); // RFC 2236 4
        assertQuery(V2_QUERY, 10 * SECOND_NS, false);
        assertQuery(V2_QUERY_OF_GROUP, SECOND_NS, false);
        assertQuery(V3_QUERY, 35_200_000_000L, false);
        assertQuery(V3_QUERY_OF_SOURCE, SECOND_NS, true);
    }

    private static void assertQuery(String golden, long maxResponseNs, boolean isOfSources) {
        MemorySegment b = GoldenBytes.of(golden);
        int end = Ipv4.totalLength(b, 0);
        assertThat(Igmp.maxResponseNs(b, AT, end)).isEqualTo(maxResponseNs);
        assertThat(Igmp.isOfSources(b, AT, end)).isEqualTo(isOfSources);
        assertThat(Igmp.isQueryLength(end - AT)).isTrue();
    }

    /** RFC 3376 4.1.1: from 128 on a mantissa of 4 bits and an exponent of 3; in tenths. */
    @ParameterizedTest
    @CsvSource({"1, 1", "127, 127", "128, 128", "143, 248", "144, 256", "244, 20480", "255, 31744"})
    void responseTimeOfVersion3MayBeAFloat(int code, long tenths) {
        MemorySegment b = GoldenBytes.of(V3_QUERY);
        Bytes.put8(b, AT + 1, code);
        assertThat(Igmp.maxResponseNs(b, AT, AT + 12)).isEqualTo(tenths * 100_000_000);
        assertThat(Igmp.maxResponseNs(b, AT, AT + 8))
                .as("version 2")
                .isEqualTo(code * 100_000_000L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                V1_QUERY,
                V1_REPORT,
                V2_QUERY,
                V2_REPORT,
                LEAVE,
                V3_QUERY,
                V3_QUERY_OF_SOURCE,
                V3_REPORT,
                ROUTER_ADVERTISEMENT
            })
    void fitsFromItsHeaderOnAndIsIntactWhenWhole(String golden) {
        assertFitsFrom(
                AT + Igmp.HEADER,
                golden,
                (b, end) -> {
                    boolean fits = Igmp.fits(AT, end);
                    if (fits) {
                        Igmp.type(b, AT);
                        Igmp.group(b, AT);
                        Igmp.maxResponseNs(b, AT, end);
                        Igmp.isOfSources(b, AT, end);
                        if (end == Ipv4.totalLength(b, 0)) {
                            assertThat(Igmp.isIntact(b, AT, end)).isTrue();
                        }
                    }
                    return fits;
                });
    }

    @Test
    void anyOtherByteIsNotIntact() {
        MemorySegment b = GoldenBytes.of(V3_REPORT);
        for (int at = AT; at < AT + 28; at++) {
            int before = Bytes.u8(b, at);
            Bytes.put8(b, at, before ^ 0x20);
            assertThat(Igmp.isIntact(b, AT, AT + 28)).as("at=%d", at).isFalse();
            Bytes.put8(b, at, before);
        }
    }

    /** RFC 3376 7.1: 8 bytes, or 12 and more; what is between is no query. */
    @ParameterizedTest
    @CsvSource({"7, false", "8, true", "9, false", "11, false", "12, true", "13, true", "16, true"})
    void lengthSaysTheVersion(int length, boolean isQuery) {
        assertThat(Igmp.isQueryLength(length)).isEqualTo(isQuery);
    }
}
