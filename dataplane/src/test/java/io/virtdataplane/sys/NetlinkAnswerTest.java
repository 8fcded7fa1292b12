package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams as the kernel sends them on a little-endian machine, to request 7 of port 0x1234. */
class NetlinkAnswerTest {
    private static final String OURS = "07000000 34120000";
    private static final String LINK = "18000000 1000 0000" + OURS + "00000000 07000000";
    private static final String GRANTED = acknowledgement(OURS, "00000000");
    private static final String REFUSED = // ENODEV, and NLMSGERR_ATTR_MSG: "gone"
            "30000000 0200 0003"
                    + OURS
                    + "edffffff"
                    + "20000000 1200 0500"
                    + OURS
                    + "0900 0100 676f6e65 00 000000";
    private final NetlinkAnswer answer = new NetlinkAnswer(7, 0x1234);

    private static String acknowledgement(String whose, String result) {
        return "24000000 0200 0001" + whose + result + "20000000 1200 0500" + OURS;
    }

    private static ByteBuffer bytes(String spaced) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(spaced.replaceAll("\\s", "")));
    }

    @Test
    void bodyIsWhatComesBeforeTheAcknowledgement() {
        assertThat(answer.take(bytes(LINK))).isFalse();
        assertThat(answer.take(bytes(GRANTED))).isTrue();
        assertThat(answer.body()).containsExactly(0, 0, 0, 0, 7, 0, 0, 0);
        assertThat(answer.errno()).isZero();
        assertThat(answer.words()).isEmpty();
    }

    @Test
    void messagesMayShareADatagram() {
        assertThat(answer.take(bytes(LINK + GRANTED))).isTrue();
        assertThat(answer.body()).hasSize(8);
    }

    @Test
    void refusalHasTheNumberAndTheKernelsWords() {
        assertThat(answer.take(bytes(REFUSED))).isTrue();
        assertThat(answer.errno()).isEqualTo(Errno.ENODEV);
        assertThat(answer.words()).isEqualTo("gone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"06000000 34120000", "07000000 35120000", "00000000 00000000"})
    void answersToOthersArePassedOver(String whose) {
        assertThat(answer.take(bytes(LINK.replace(OURS, whose)))).isFalse();
        assertThat(answer.take(bytes(acknowledgement(whose, "edffffff")))).isFalse();
        assertThat(answer.take(bytes(acknowledgement(whose, "edffffff") + GRANTED))).isTrue();
        assertThat(answer.body()).isEmpty();
        assertThat(answer.errno()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {LINK, LINK + LINK, REFUSED})
    void anAnswerThatIsCutOffIsRefusedWhereverItIs(String datagram) {
        ByteBuffer whole = bytes(datagram);
        List<Integer> taken = new ArrayList<>();
        for (int length = 0; length < whole.limit(); length++) {
            try {
                answer.take(whole.slice(0, length));
                taken.add(length);
            } catch (SystemCallException e) {
                assertThat(e.errno()).isEqualTo(Errno.EBADMSG);
            }
        }
        int first = bytes(LINK).limit();
        assertThat(taken)
                .as("whole messages only")
                .isEqualTo(datagram.equals(LINK + LINK) ? List.of(first) : List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000000 0200 0000" + OURS + "00000000", // would be read for ever
                "0f000000 0200 0000" + OURS + "00000000",
                "ffffffff 0200 0000" + OURS + "00000000",
                "14000000 0200 0000" + OURS + "00000000" // no struct nlmsgerr
            })
    void lengthsThatCannotBeAreRefused(String message) {
        assertThatThrownBy(() -> answer.take(bytes(message)))
                .isInstanceOf(SystemCallException.class)
                .hasMessageContaining("cut off");
    }

    @Test
    void attributesThatDoNotFitEndTheWalk() {
        List<String> seen = new ArrayList<>();
        byte[] body = bytes("00000000 0800 0100 07000000 0600 0280 0800 0000 ff00 0300 00").array();
        NetlinkAnswer.attributes(
                body, 4, (type, value) -> seen.add(type + ":" + value.remaining()));
        assertThat(seen).as("without the flag of nested ones").containsExactly("1:4", "2:2");
        NetlinkAnswer.attributes(new byte[3], 4, (type, value) -> seen.add("none"));
        assertThat(seen).hasSize(2);
    }
}
