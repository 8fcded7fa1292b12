package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes as tc(8) sends them on a little-endian machine. */
class NetlinkRequestTest {
    private static final String QDISC =
            "30000000 2400 0506 09000000 00000000" // type 36, request, ack, exclusive, create
                    + "00000000 07000000 0000ffff f1ffffff 00000000"
                    + "0b00 0100 636c7361637400 00";
    private static final String FILTER =
            "54000000 2c00 0506 0a000000 00000000"
                    + "00000000 07000000 00000000 f2ffffff 00039210"
                    + "0800 0100 62706600"
                    + "2800 0200"
                    + "0800 0600 2a000000"
                    + "1300 0700 766972742d64617461706c616e6500 00"
                    + "0800 0800 01000000";
    private static final int NEW_QDISC = 36;
    private static final int NEW_FILTER = 44;
    private static final int INGRESS = 0xffff_fff2;

    private static String packed(String spaced) {
        return spaced.replaceAll("\\s", "");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void clsactIsAskedForAsTcDoes() {
        NetlinkRequest request = TcFilter.qdisc(NEW_QDISC, NetlinkRequest.CREATE, 7);
        assertThat(hex(request.message(9))).isEqualTo(packed(QDISC));
    }

    @Test
    void filterHasItsProgramInNestedAttributes() {
        NetlinkRequest request =
                TcFilter.filter(NEW_FILTER, NetlinkRequest.CREATE, 7, INGRESS, 4242);
        assertThat(hex(TcFilter.run(request, 42).message(10))).isEqualTo(packed(FILTER));
    }

    @Test
    void bodyIsTheMessageWithoutItsHeader() {
        NetlinkRequest request = TcFilter.qdisc(NEW_QDISC, NetlinkRequest.CREATE, 7);
        assertThat(hex(request.body())).isEqualTo(packed(QDISC).substring(2 * 16));
    }
}
