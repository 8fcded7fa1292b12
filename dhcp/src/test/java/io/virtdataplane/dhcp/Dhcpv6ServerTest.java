package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 8415, message by message; options in hexadecimal as they lie on the wire. */
class Dhcpv6ServerTest {
    private static final long SEED = 8415;
    static final String CLIENT = "0001000a00030001525400000001";
    static final String SERVER = "0002000a00030001020000000000";
    static final String IA_NA = "0003000c000000070000000000000000";
    private static final String GUEST = "fd100000000200000000000000000002";
    static final String LEASED = // T1, T2, address, preferred, valid: 999 days
            "0003"
                    + "0028"
                    + "00000007"
                    + "02928540"
                    + "041da200"
                    + "0005"
                    + "0018"
                    + GUEST
                    + "05250a80"
                    + "05250a80";
    private static final String DNS =
            "0017"
                    + "0010"
                    + "fd000010009600000000000000"
                    + "00000a"
                    + "0018"
                    + "002a"
                    + "0764656661756c740373766307636c7573746572056c6f63616c00"
                    + "07636c7573746572056c6f63616c00";
    private final ResponderBench bench = new ResponderBench();

    static byte[] message(int type, String options) {
        byte[] body = HexFormat.of().parseHex(String.format("%02x", type) + "abcdef" + options);
        byte[] frame = new byte[62 + body.length];
        System.arraycopy(body, 0, frame, 62, body.length);
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, 0x3333_0001_0002L, ResponderBench.GUEST_MAC);
        Ethernet.type(b, 0, Ethernet.IPV6);
        int length = 8 + body.length;
        Ipv6.emit(b, 14, length, Protocols.UDP, 1);
        long[] src = AddressText.ipv6("fe80::5054:ff:fe00:1");
        long[] dst = AddressText.ipv6("ff02::1:2");
        Ipv6.src(b, 14, src[0], src[1]);
        Ipv6.dst(b, 14, dst[0], dst[1]);
        Udp.emit(b, 54, 546, 547, length, Checksum.pseudo6(b, 14, Protocols.UDP, length));
        return frame;
    }

    /** Type and options of the answer; its envelope is checked on the way. */
    private String answer(int type, String options) {
        byte[] frame = bench.send(message(type, options)).getFirst();
        MemorySegment b = MemorySegment.ofArray(frame);
        int length = Ipv6.payloadLength(b, 14);
        assertThat(AddressText.ip(Ipv6.srcHigh(b, 14), Ipv6.srcLow(b, 14)))
                .isEqualTo("fe80::ff:fe00:0");
        assertThat(AddressText.ip(Ipv6.dstHigh(b, 14), Ipv6.dstLow(b, 14)))
                .isEqualTo("fe80::5054:ff:fe00:1");
        assertThat(Udp.srcPort(b, 54)).isEqualTo(547);
        assertThat(Udp.dstPort(b, 54)).isEqualTo(546);
        assertThat(
                        Checksum.fold(
                                Checksum.pseudo6(b, 14, Protocols.UDP, length)
                                        + Checksum.sum(b, 54, length)))
                .isEqualTo(0xffff);
        assertThat(Bytes.u32(b, 62) & 0xff_ffff).as("transaction id").isEqualTo(0xab_cdef);
        return frame[62] + " " + HexFormat.of().formatHex(frame, 66, 54 + length);
    }

    @Test
    void solicitIsAdvertisedTheAddressAndLeasesNothing() {
        assertThat(answer(1, CLIENT + IA_NA)).isEqualTo("2 " + CLIENT + SERVER + LEASED + DNS);
        assertThat(bench.responders.lease6Holder()).isZero();
    }

    /** RFC 8200 8.1: over IPv6 there is always a checksum. */
    @Test
    void messageWithoutARightChecksumIsNotAnswered() {
        byte[] damaged = message(1, CLIENT + IA_NA);
        damaged[63] ^= 1;
        byte[] unsummed = message(1, CLIENT + IA_NA);
        unsummed[60] = 0;
        unsummed[61] = 0;
        assertThat(bench.send(damaged)).isEmpty();
        assertThat(bench.send(unsummed)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isEqualTo(2);
    }

    @Test
    void solicitWithRapidCommitIsRepliedAtOnce() {
        assertThat(answer(1, CLIENT + "000e0000" + IA_NA))
                .isEqualTo("7 " + CLIENT + SERVER + LEASED + "000e0000" + DNS);
        assertThat(bench.responders.lease6Holder()).isEqualTo(ResponderBench.GUEST_MAC);
    }

    @Test
    void answersAreCountedByTheirType() {
        answer(1, CLIENT + IA_NA);
        answer(3, CLIENT + SERVER + IA_NA);
        answer(11, CLIENT);
        DhcpAnswers copy = new DhcpAnswers();
        bench.responders.answers().copyTo(copy);
        assertThat(copy)
                .returns(1L, answers -> answers.advertisements)
                .returns(2L, answers -> answers.replies)
                .returns(0L, answers -> answers.offers);
    }

    @ParameterizedTest
    @CsvSource({"3, true", "5, true", "6, false"})
    void requestRenewAndRebindAreRepliedTheAddress(int type, boolean names) {
        String server = names ? SERVER : "";
        assertThat(answer(type, CLIENT + server + IA_NA))
                .isEqualTo("7 " + CLIENT + SERVER + LEASED + DNS);
        assertThat(bench.responders.lease6Holder()).isEqualTo(ResponderBench.GUEST_MAC);
        answer(8, CLIENT + SERVER + IA_NA);
        assertThat(bench.responders.lease6Holder()).as("released").isZero();
    }

    @Test
    void foreignAddressInARenewHasNoLifeLeft() {
        String foreign = "fd100000000200000000000000000099";
        String held = "00050018" + foreign + "00000e1000001c20";
        assertThat(answer(5, CLIENT + SERVER + "00030028" + "000000070000000000000000" + held))
                .contains("00050018" + GUEST + "05250a8005250a80")
                .contains("00050018" + foreign + "0000000000000000");
    }

    @ParameterizedTest
    @CsvSource({
        "fd100000000200000000000000000002, 0000",
        "fd100000000200000000000000000099, 0000",
        "20010db8000000000000000000000001, 0004"
    })
    void confirmSaysWhetherTheAddressIsOnTheLink(String address, String status) {
        String held = "00050018" + address + "0000000000000000";
        assertThat(answer(4, CLIENT + "00030028" + "000000070000000000000000" + held))
                .startsWith("7 " + CLIENT + SERVER + "000d0002" + status);
    }

    @Test
    void confirmOfNothingIsDiscarded() {
        assertThat(bench.send(message(4, CLIENT + IA_NA))).isEmpty();
    }

    @Test
    void informationRequestNeedsNoClientAndGetsNamesOnly() {
        assertThat(answer(11, "")).isEqualTo("7 " + SERVER + DNS);
        assertThat(answer(11, CLIENT + SERVER)).isEqualTo("7 " + CLIENT + SERVER + DNS);
    }

    @Test
    void furtherAssociationsAndPrefixesAreRefusedOneByOne() {
        String second = IA_NA.replace("00000007", "00000008");
        String temporary = "0004000400000009";
        String prefix = "0019000c0000000a0000000000000000";
        assertThat(answer(1, CLIENT + IA_NA + second + temporary + prefix))
                .contains(LEASED)
                .contains("00030012" + "000000080000000000000000" + "000d00020002")
                .contains("0004000a" + "00000009" + "000d00020002")
                .contains("00190012" + "0000000a0000000000000000" + "000d00020006");
    }

    @ParameterizedTest
    @CsvSource({
        "1, false, false",
        "1, true, true",
        "3, true, false",
        "3, false, true",
        "4, true, true",
        "5, true, false",
        "6, true, true",
        "8, true, false",
        "9, false, false"
    })
    void messageWithIdentifiersThatItMustNotHaveOrLacksIsDiscarded(
            int type, boolean client, boolean server) {
        String options = (client ? CLIENT : "") + (server ? SERVER : "") + IA_NA;
        assertThat(bench.send(message(type, options))).isEmpty();
        assertThat(bench.count(Verdict.DROP_UNANSWERED)).isOne();
    }

    @Test
    void anotherServersClientIsLeftAlone() {
        String other = SERVER.replace("020000000000", "0200000000ff");
        assertThat(bench.send(message(3, CLIENT + other + IA_NA))).isEmpty();
        assertThat(bench.send(message(2, CLIENT + SERVER + IA_NA)))
                .as("an advertise is no question")
                .isEmpty();
    }
}
