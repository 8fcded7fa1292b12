package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes as iproute2 sends and the kernel answers them on a little-endian machine. */
class VfMessagesTest {
    private static final String LINK_7 = "00000000 07000000 00000000 00000000";

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String packed(String spaced) {
        return spaced.replaceAll("\\s", "");
    }

    private static String set(VfSetting setting) {
        return hex(VfMessages.set(7, 3, setting).body());
    }

    @Test
    void getAsksForVfsWithoutStatistics() {
        assertThat(hex(VfMessages.get(7).body())).isEqualTo(packed(LINK_7 + "0800 1d00 09000000"));
    }

    @Test
    void alternativeNamesAreRead() {
        // ip link property add dev eth7 altname enp2s0f0 altname x: what the kernel then answers
        String reply =
                LINK_7
                        + "0900 0300 65746837 00000000" // IFLA_IFNAME
                        + "1c00 3480 0d00 3500 656e7032 73306630 00000000 0600 3500 78000000";
        byte[] body = HexFormat.of().parseHex(packed(reply));
        assertThat(VfMessages.altNames(body)).containsExactly("enp2s0f0", "x");
        for (int length = 0; length < body.length; length++) {
            assertThat(VfMessages.altNames(java.util.Arrays.copyOf(body, length)))
                    .as("cut to %d", length)
                    .hasSizeLessThan(3);
        }
    }

    @Test
    void macIsPaddedTo32Bytes() {
        assertThat(set(new VfSetting.Mac(0x0211_2233_4455L)))
                .isEqualTo(
                        packed(
                                LINK_7
                                        + "3000 1680 2c00 0180 2800 0100 03000000 021122334455 0000"
                                        + "00000000".repeat(6)));
    }

    @Test
    void vlanGoesAsAListWithItsProtocolInNetworkOrder() {
        assertThat(set(new VfSetting.Vlan(100, 3, VfSetting.VlanProtocol.DOT1Q)))
                .isEqualTo(
                        packed(
                                LINK_7
                                        + "2000 1680 1c00 0180 1800 0c80 1400 0100"
                                        + "03000000 64000000 03000000 8100 0000"));
        assertThat(set(new VfSetting.Vlan(100, 0, VfSetting.VlanProtocol.DOT1AD)))
                .endsWith(packed("64000000 00000000 88a8 0000"));
    }

    @Test
    void rateHasBothLimits() {
        assertThat(set(new VfSetting.Rate(100, 500)))
                .isEqualTo(
                        packed(
                                LINK_7
                                        + "1800 1680 1400 0180 1000 0600 03000000 64000000 f4010000"));
    }

    @Test
    void switchesAreNumbers() {
        String list = LINK_7 + "1400 1680 1000 0180 0c00 ";
        assertThat(set(new VfSetting.SpoofCheck(true)))
                .isEqualTo(packed(list + "0400 03000000 01000000"));
        assertThat(set(new VfSetting.Trust(false)))
                .isEqualTo(packed(list + "0900 03000000 00000000"));
        assertThat(set(VfSetting.LinkState.of("disable")))
                .isEqualTo(packed(list + "0500 03000000 02000000"));
    }

    private static final String ANSWER =
            packed(
                    "00000100 07000000 43100100 00000000"
                            + "0800 1500 01000000" // IFLA_NUM_VF
                            + "8c00 1680 8800 0180"
                            + "2800 0100 03000000 021122334455 0000"
                            + "00000000".repeat(6)
                            + "1000 0200 03000000 64000000 03000000"
                            + "1800 0c80 1400 0100 03000000 64000000 03000000 88a8 0000"
                            + "0c00 0400 03000000 01000000"
                            + "0c00 0500 03000000 01000000"
                            + "1000 0600 03000000 64000000 f4010000"
                            + "0c00 0900 03000000 ffffffff");

    @Test
    void answerIsReadWhole() {
        assertThat(VfMessages.parse(HexFormat.of().parseHex(ANSWER)))
                .isEqualTo(
                        Map.of(
                                3,
                                new VfAttributes(
                                        0x0211_2233_4455L,
                                        new VfSetting.Vlan(100, 3, VfSetting.VlanProtocol.DOT1AD),
                                        new VfSetting.Rate(100, 500),
                                        new VfAttributes.Switches(
                                                VfSetting.Switch.ON,
                                                VfSetting.Switch.UNKNOWN,
                                                VfSetting.LinkState.of("enable")))));
    }

    @Test
    void truncatedAnswersAreSafe() {
        byte[] whole = HexFormat.of().parseHex(ANSWER);
        for (int length = 0; length < whole.length; length++) {
            assertThat(VfMessages.parse(java.util.Arrays.copyOf(whole, length))).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "22 | the driver refuses the value, or has no such VF",
                "95 | the driver does not support this attribute",
                "93 | the driver does not support this VLAN protocol",
                "34 | the value is out of the driver's range",
                "19 | the PF does not exist any more"
            })
    void refusalNamesPfVfAndAttribute(int errno, String reason) {
        assertThat(RtnetlinkVfLink.reason(new VfSetting.Trust(true), errno)).isEqualTo(reason);
        assertThat(RtnetlinkVfLink.refusal("ens1f0", 3, new VfSetting.Trust(true), errno))
                .isEqualTo(
                        "VF attribute must be one that the card accepts: pf=ens1f0 vf=3 trust=on: "
                                + reason);
    }
}
