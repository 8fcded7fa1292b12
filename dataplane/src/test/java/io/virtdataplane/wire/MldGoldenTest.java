package io.virtdataplane.wire;

import static io.virtdataplane.wire.GoldenBytes.assertFitsFrom;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * MLD of both versions: a host of Linux (force_mld_version), and its bridge as the querier. In
 * whole packets, each with the router alert of RFC 2711.
 */
@GoldenBytes.Of(Mld.class)
class MldGoldenTest {
    private static final int AT = Ipv6.HEADER + 8;
    private static final long MILLISECOND_NS = 1_000_000L;
    private static final String HOST = " 00 01 fe8000000000000002005efffe005301 ";
    private static final String QUERIER = " 00 01 fe8000000000000002005efffe00530a ";
    private static final String ALL_NODES = "ff020000000000000000000000000001 ";
    private static final String ALL_ROUTERS = "ff020000000000000000000000000002 ";
    private static final String GROUP = "ff0e000000000000000000000db80001 ";
    private static final String ALERT = "3a 00 0502 0000 0100 ";
    private static final String NONE = "00000000000000000000000000000000 ";

    private static final String V1_QUERY =
            "60000000 0020" + QUERIER + ALL_NODES + ALERT + "82 00 a70d 2710 0000" + NONE;

    private static final String V1_QUERY_OF_GROUP =
            "60000000 0020" + QUERIER + ALL_NODES + ALERT + "82 00 bd6d 03e8 0000" + GROUP;

    private static final String V1_REPORT =
            "60000000 0020" + HOST + GROUP + ALERT + "83 00 b29a 0000 0000" + GROUP;

    private static final String DONE =
            "60000000 0020" + HOST + ALL_ROUTERS + ALERT + "84 00 bf5d 0000 0000" + GROUP;

    private static final String V2_QUERY =
            "60000000 0024"
                    + QUERIER
                    + ALL_NODES
                    + ALERT
                    + "82 00 9104 3a98 0000"
                    + NONE
                    + "02 7d 0000";

    private static final String V2_QUERY_OF_SOURCE =
            "60000000 0034"
                    + QUERIER
                    + "ff3e000000000000000000000db80002"
                    + ALERT
                    + "82 00 7ef5 03e8 0000 ff3e000000000000000000000db80002"
                    + "02 7d 0001 20010db8000000000000000000000007";

    private static final String V2_REPORT =
            "60000000 0024"
                    + HOST
                    + "ff020000000000000000000000000016"
                    + ALERT
                    + "8f 00 b044 0000 0001 04 00 0000"
                    + GROUP;

    /** By hand after RFC 4286 2: every 20 s; tshark 4.0 finds its checksum good. */
    private static final String ROUTER_ADVERTISEMENT =
            "60000000 0010"
                    + QUERIER
                    + "ff02000000000000000000000000006a"
                    + ALERT
                    + "97 14 b89a 0014 0002";

    @Test
    void typesAreRead() {
        assertMessage(V1_QUERY, Mld.QUERY);
        assertMessage(V1_QUERY_OF_GROUP, Mld.QUERY);
        assertMessage(V1_REPORT, Mld.V1_REPORT);
        assertMessage(DONE, Mld.DONE);
        assertMessage(V2_QUERY, Mld.QUERY);
        assertMessage(V2_QUERY_OF_SOURCE, Mld.QUERY);
        assertMessage(V2_REPORT, Mld.V2_REPORT);
        assertMessage(ROUTER_ADVERTISEMENT, Mld.ROUTER_ADVERTISEMENT);
    }

    private static void assertMessage(String golden, int type) {
        MemorySegment b = GoldenBytes.of(golden);
        int end = Ipv6.HEADER + Ipv6.payloadLength(b, 0);
        long chain = Ipv6Chain.walk(b, 0, end);
        assertThat(Ipv6Chain.protocol(chain)).isEqualTo(Protocols.ICMPV6);
        assertThat(Ipv6Chain.l4(chain)).isEqualTo(AT);
        assertThat(Icmpv6.type(b, AT)).isEqualTo(type);
        assertThat(Mld.isType(type)).isTrue();
        assertThat(Mld.fits(b, AT, end)).isTrue();
        assertThat(Icmpv6.isIntact(b, 0, AT, end - AT)).isTrue();
    }

    @Test
    void groupsAreWhereTheyAreSaidToBe() {
        for (String golden : new String[] {V1_QUERY_OF_GROUP, V1_REPORT, DONE}) {
            MemorySegment b = GoldenBytes.of(golden);
            assertThat(Bytes.u64(b, AT + Mld.GROUP)).isEqualTo(0xff0eL << 48);
            assertThat(Bytes.u64(b, AT + Mld.GROUP + 8)).isEqualTo(0x0db8_0001L);
        }
    }

    @Test
    void queriesAreRead() {
        assertQuery(V1_QUERY, 10_000, false);
        assertQuery(V1_QUERY_OF_GROUP, 1_000, false);
        assertQuery(V2_QUERY, 15_000, false);
        assertQuery(V2_QUERY_OF_SOURCE, 1_000, true);
    }

    private static void assertQuery(String golden, int milliseconds, boolean isOfSources) {
        MemorySegment b = GoldenBytes.of(golden);
        int end = (int) b.byteSize();
        assertThat(Mld.maxResponseNs(b, AT, end)).isEqualTo(milliseconds * MILLISECOND_NS);
        assertThat(Mld.isOfSources(b, AT, end)).isEqualTo(isOfSources);
        assertThat(Mld.isQueryLength(end - AT)).isTrue();
    }

    /** RFC 3810 5.1.3: from 32768 on a mantissa of 12 bits and an exponent of 3. */
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "32767, 32767",
        "32768, 32768",
        "36863, 65528",
        "50000, 632832",
        "65535, 8387584"
    })
    void responseTimeOfVersion2MayBeAFloat(int code, long milliseconds) {
        MemorySegment b = GoldenBytes.of(V2_QUERY);
        Bytes.put16(b, AT + 4, code);
        assertThat(Mld.maxResponseNs(b, AT, AT + 28)).isEqualTo(milliseconds * MILLISECOND_NS);
        assertThat(Mld.maxResponseNs(b, AT, AT + 24)).isEqualTo(code * MILLISECOND_NS);
    }

    @Test
    void messageFitsFromItsLastFieldOn() {
        assertFitsFrom(AT + 24, V1_QUERY, MldGoldenTest::readAll);
        assertFitsFrom(AT + 24, V1_REPORT, MldGoldenTest::readAll);
        assertFitsFrom(AT + 24, DONE, MldGoldenTest::readAll);
        assertFitsFrom(AT + 24, V2_QUERY, MldGoldenTest::readAll);
        assertFitsFrom(AT + 24, V2_QUERY_OF_SOURCE, MldGoldenTest::readAll);
        assertFitsFrom(AT + 8, V2_REPORT, MldGoldenTest::readAll);
        assertFitsFrom(AT + 8, ROUTER_ADVERTISEMENT, MldGoldenTest::readAll);
    }

    private static boolean readAll(MemorySegment b, int end) {
        boolean fits = Icmpv6.fits(AT, end) && Mld.fits(b, AT, end);
        if (fits) {
            Mld.maxResponseNs(b, AT, end);
            Mld.isOfSources(b, AT, end);
            boolean isWhole = end == Ipv6.HEADER + Ipv6.payloadLength(b, 0);
            assertThat(Icmpv6.isIntact(b, 0, AT, end - AT)).isEqualTo(isWhole);
        }
        return fits;
    }

    /** RFC 3810 8.1: 24 bytes, or 28 and more; what is between is no query. */
    @ParameterizedTest
    @CsvSource({"23, false", "24, true", "25, false", "27, false", "28, true", "44, true"})
    void lengthSaysTheVersion(int length, boolean isQuery) {
        assertThat(Mld.isQueryLength(length)).isEqualTo(isQuery);
    }

    @ParameterizedTest
    @CsvSource({
        "129, false",
        "130, true",
        "132, true",
        "133, false",
        "142, false",
        "143, true",
        "144, false",
        "150, false",
        "151, true",
        "152, false"
    })
    void otherTypesAreNotItsOwn(int type, boolean isType) {
        assertThat(Mld.isType(type)).isEqualTo(isType);
    }
}
