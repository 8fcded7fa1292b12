package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.UdpPacket;

/** Messages of a client in, messages of the server out, through the whole walk. */
class DhcpServerTest {
    private static final long MAC = 0x5254_0000_0001L;
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int GATEWAY = AddressText.ipv4("10.0.2.1");
    private static final Scope SCOPE =
            ResponderBench.scope(
                    1450,
                    new Resolver<>(
                            List.of(AddressText.ipv4("10.96.0.10")),
                            List.of("foo.com", "foo.local")),
                    CustomOptions.NONE);
    private final ResponderBench bench = new ResponderBench(SCOPE, Ipv6Scope.NONE);

    @Test
    void discoverIsOfferedTheAddressWithAllOptions() {
        byte[] offer = answer(message(1, 0, 0x8000));
        assertThat(type(offer)).isEqualTo(2);
        assertThat(yiaddr(offer)).isEqualTo(GUEST);
        assertThat(option(offer, 54)).isEqualTo("0a000201");
        assertThat(option(offer, 51)).isEqualTo("05250a80"); // 86 313 600 s
        assertThat(option(offer, 1)).isEqualTo("ffffff00");
        assertThat(option(offer, 3)).isEqualTo("0a000201");
        assertThat(option(offer, 6)).isEqualTo("0a60000a");
        assertThat(option(offer, 26)).isEqualTo("05aa");
        assertThat(option(offer, 12)).isEqualTo("766d");
        assertThat(new String(HexFormat.of().parseHex(option(offer, 15)))).isEqualTo("foo.local");
        assertThat(option(offer, 119))
                .as("RFC 3397, KubeVirt's known answer")
                .isEqualTo("03666f6f03636f6d00" + "03666f6f056c6f63616c00");
        assertThat(offer[42]).as("op BOOTREPLY").isEqualTo((byte) 2);
        assertThat(Ethernet.dst(MemorySegment.ofArray(offer), 0))
                .as("the client asked for broadcast")
                .isEqualTo(Ethernet.BROADCAST);
    }

    /** RFC 768: a checksum that was not sent is not looked at; one that was must be right. */
    @Test
    void messageThatWasDamagedOnTheWayIsNotAnswered() {
        byte[] damaged = message(1, 0, 0);
        damaged[42 + 4] ^= 1; // of the transaction's identifier
        assertThat(send(damaged)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isOne();
        byte[] unsummed = damaged.clone();
        unsummed[40] = 0;
        unsummed[41] = 0;
        assertThat(send(unsummed)).hasSize(1);
    }

    /** Its sum would be right, were there two zeros behind it. */
    @Test
    void datagramLongerThanItsFrameIsNotAnswered() {
        byte[] frame = message(1, 0, 0);
        MemorySegment b = MemorySegment.ofArray(frame);
        int length = Udp.length(b, 34) + 2;
        int sum = Udp.checksum(b, 34);
        frame[38] = (byte) (length >>> 8);
        frame[39] = (byte) length;
        frame[40] = (byte) (sum - 4 >>> 8);
        frame[41] = (byte) (sum - 4);
        assertThat(send(frame)).isEmpty();
        assertThat(bench.count(Verdict.DROP_MALFORMED)).isOne();
    }

    @Test
    void replyGoesToTheClientsAddressWhereItDoesNotAskForBroadcast() {
        byte[] offer = answer(message(1, 0, 0));
        assertThat(Ethernet.dst(MemorySegment.ofArray(offer), 0)).isEqualTo(MAC);
        assertThat(Ipv4.dst(MemorySegment.ofArray(offer), 14)).isEqualTo(GUEST);
    }

    @Test
    void requestForTheOfferIsAcknowledgedAndLeased() {
        byte[] ack = answer(message(3, 0, 0, option(50, GUEST), option(54, GATEWAY)));
        assertThat(type(ack)).isEqualTo(5);
        assertThat(yiaddr(ack)).isEqualTo(GUEST);
        assertThat(bench.responders.lease(bench.on.nowNs()).mac()).isEqualTo(MAC);
    }

    @Test
    void answersAreCountedByTheirType() {
        answer(message(1, 0, 0));
        answer(message(3, 0, 0, option(50, GUEST)));
        answer(message(3, GUEST, 0));
        answer(message(3, 0, 0, option(50, AddressText.ipv4("192.168.1.5"))));
        send(message(7, GUEST, 0)); // RELEASE has no answer
        DhcpAnswers copy = new DhcpAnswers();
        bench.responders.answers().copyTo(copy);
        assertThat(copy)
                .returns(1L, answers -> answers.offers)
                .returns(2L, answers -> answers.acknowledgements)
                .returns(1L, answers -> answers.refusals)
                .returns(0L, answers -> answers.replies);
    }

    @Test
    void renewalByUnicastIsAcknowledgedToCiaddr() {
        byte[] ack = answer(message(3, GUEST, 0));
        assertThat(type(ack)).isEqualTo(5);
        assertThat(Ipv4.dst(MemorySegment.ofArray(ack), 14)).isEqualTo(GUEST);
    }

    /** As in KubeVirt's masquerade, whose server knows no address of its guest. */
    @Test
    void aGuestOfAnotherMacThanItsManifestsIsGivenTheLease() {
        ResponderBench other = new ResponderBench(SCOPE, Ipv6Scope.NONE, MAC + 7);
        byte[] offer = other.send(message(1, 0, 0)).getFirst();
        assertThat(Ethernet.dst(MemorySegment.ofArray(offer), 0)).isEqualTo(MAC);
        byte[] ack = other.send(message(3, 0, 0, option(50, GUEST))).getFirst();
        assertThat(new ReplyReader(ack).type()).isEqualTo(5);
        assertThat(other.responders.lease(other.on.nowNs()).mac()).isEqualTo(MAC);
        assertThat(other.nic.guestMac).isEqualTo(MAC);
    }

    @Test
    void requestForAnotherAddressIsRefusedByBroadcast() {
        byte[] nak = answer(message(3, 0, 0, option(50, AddressText.ipv4("192.168.1.5"))));
        assertThat(type(nak)).isEqualTo(6);
        assertThat(yiaddr(nak)).isZero();
        assertThat(option(nak, 51)).isEmpty();
        assertThat(Ethernet.dst(MemorySegment.ofArray(nak), 0)).isEqualTo(Ethernet.BROADCAST);
    }

    @Test
    void requestToAnotherServerIsLeftAlone() {
        assertThat(
                        send(
                                message(
                                        3,
                                        0,
                                        0,
                                        option(50, GUEST),
                                        option(54, AddressText.ipv4("10.0.2.9")))))
                .isEmpty();
    }

    @Test
    void informGetsOptionsAndNoAddress() {
        byte[] ack = answer(message(8, GUEST, 0));
        assertThat(type(ack)).isEqualTo(5);
        assertThat(yiaddr(ack)).isZero();
        assertThat(option(ack, 51)).isEmpty();
        assertThat(option(ack, 6)).isEqualTo("0a60000a");
    }

    @Test
    void gatewayAnswersArpButNotTheGuestsOwnProbe() {
        byte[] reply = send(arp(GUEST, GATEWAY)).getFirst();
        MemorySegment b = MemorySegment.ofArray(reply);
        assertThat(Arp.op(b, 14)).isEqualTo(Arp.REPLY);
        assertThat(Arp.sha(b, 14)).isEqualTo(SCOPE.gatewayMac());
        assertThat(Arp.spa(b, 14)).isEqualTo(GATEWAY);
        assertThat(send(arp(0, GUEST))).as("RFC 5227 probe").isEmpty();
        assertThat(send(arp(AddressText.ipv4("10.0.2.77"), GATEWAY)))
                .as("a sender that is not the guest")
                .isEmpty();
    }

    @Test
    void floodIsAnsweredAtABoundedRate() {
        int answers = 0;
        for (int i = 0; i < 5000; i++) {
            answers += send(arp(GUEST, GATEWAY)).size();
        }
        assertThat(answers).isEqualTo(1000);
        bench.on.later(WorkerBench.SECOND / 2);
        assertThat(send(arp(GUEST, GATEWAY))).hasSize(1);
        assertThat(bench.count(Verdict.DROP_RATE_LIMITED)).isEqualTo(4000);
    }

    /** Codes of the options field, in order. */
    private static List<Integer> codes(byte[] frame) {
        List<Integer> codes = new ArrayList<>();
        for (int i = 42 + 240; (frame[i] & 0xff) != 255; i += 2 + (frame[i + 1] & 0xff)) {
            codes.add(frame[i] & 0xff);
        }
        return codes;
    }

    @Test
    void optionsComeInTheOrderInWhichTheClientAsks() {
        byte[] list = {55, 5, 119, 26, 3, 99, 1};
        byte[] ack = answer(message(3, 0, 0, option(50, GUEST), list));
        assertThat(codes(ack))
                .as("RFC 2131 4.3.1: what the protocol needs, what is asked for, the rest")
                .containsExactly(53, 54, 51, 58, 59, 119, 26, 3, 1, 6, 12, 15);
        assertThat(option(ack, 58)).as("T1, half").isEqualTo("02928540");
        assertThat(option(ack, 59)).as("T2, seven eighths").isEqualTo("04806930");
    }

    @Test
    void clientIdentifierComesBack() {
        byte[] identifier = {61, 7, 1, 0x52, 0x54, 0, 0, 0, 1};
        assertThat(option(answer(message(1, 0, 0, identifier)), 61))
                .as("RFC 6842")
                .isEqualTo("01525400000001");
        byte[] nak = answer(message(3, 0, 0, option(50, 5), identifier));
        assertThat(option(nak, 61)).isEqualTo("01525400000001");
    }

    @Test
    void aRelaysRequestIsAnsweredToTheRelay() {
        byte[] request = message(1, 0, 0x8000);
        MemorySegment b = MemorySegment.ofArray(request);
        Bytes.put32(b, 42 + 24, GUEST);
        Bytes.put48(b, 42 + 28, 0x000c_0102_0304L);
        Udp.emit4(b, 34, 67, 67, request.length - 34, 0, -1);
        MemorySegment offer = MemorySegment.ofArray(answer(request));
        assertThat(Ethernet.dst(offer, 0)).as("who sent it").isEqualTo(MAC);
        assertThat(Ipv4.dst(offer, 14)).isEqualTo(GUEST);
        assertThat(Udp.dstPort(offer, 34)).as("RFC 2131 4.1").isEqualTo(67);
    }

    @Test
    void rapidCommitIsAcknowledgedAtOnce() {
        byte[] ack = answer(message(1, 0, 0, new byte[] {80, 0}));
        assertThat(type(ack)).as("RFC 4039").isEqualTo(5);
        assertThat(codes(ack)).contains(80);
        assertThat(bench.responders.lease(bench.on.nowNs()).mac()).isEqualTo(MAC);
        assertThat(type(answer(message(1, 0, 0)))).as("who does not ask").isEqualTo(2);
    }

    @Test
    void releaseAndDeclineEndTheLeaseWithoutAnAnswer() {
        for (int type : new int[] {7, 4}) {
            answer(message(3, 0, 0, option(50, GUEST), option(54, GATEWAY)));
            assertThat(send(message(type, type == 7 ? GUEST : 0, 0, option(54, GATEWAY))))
                    .isEmpty();
            assertThat(bench.responders.lease(bench.on.nowNs()).mac()).isZero();
        }
    }

    @Test
    void optionsThatTheClientHasOverloadedAreRead() {
        byte[] request = message(3, 0, 0, new byte[] {52, 1, 1});
        byte[] inFile = {50, 4, 10, 0, 2, 99, (byte) 255};
        System.arraycopy(inFile, 0, request, 42 + 108, inFile.length);
        Udp.emit4(MemorySegment.ofArray(request), 34, 68, 67, request.length - 34, 0, -1);
        assertThat(type(answer(request))).as("asks for 10.0.2.99").isEqualTo(6);
    }

    private List<byte[]> send(byte[] frame) {
        return bench.send(frame);
    }

    /** The answer, once pcap4j has found its checksums right. */
    private byte[] answer(byte[] frame) {
        List<byte[]> answers = send(frame);
        assertThat(answers).hasSize(1);
        byte[] answer = answers.getFirst();
        try {
            IpV4Packet ip =
                    EthernetPacket.newPacket(answer, 0, answer.length).get(IpV4Packet.class);
            assertThat(ip.getHeader().hasValidChecksum(false)).isTrue();
            assertThat(
                            ip.get(UdpPacket.class)
                                    .hasValidChecksum(
                                            ip.getHeader().getSrcAddr(),
                                            ip.getHeader().getDstAddr(),
                                            false))
                    .isTrue();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return answer;
    }

    static byte[] message(int type, int ciaddr, int flags, byte[]... options) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        list.writeBytes(new byte[] {53, 1, (byte) type});
        for (byte[] option : options) {
            list.writeBytes(option);
        }
        list.write(255);
        byte[] frame = new byte[14 + 20 + 8 + 240 + list.size()];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, MAC);
        Ethernet.type(b, 0, Ethernet.IPV4);
        int at = 42;
        frame[at] = 1;
        frame[at + 1] = 1;
        frame[at + 2] = 6;
        Bytes.put32(b, at + 4, 0x1234_5678);
        Bytes.put16(b, at + 10, flags);
        Bytes.put32(b, at + 12, ciaddr);
        Bytes.put48(b, at + 28, MAC);
        Bytes.put32(b, at + 236, 0x6382_5363);
        System.arraycopy(list.toByteArray(), 0, frame, at + 240, list.size());
        int destination = ciaddr == 0 ? -1 : GATEWAY;
        Udp.emit4(b, 34, 68, 67, frame.length - 34, ciaddr, destination);
        Ipv4.emit(b, 14, frame.length - 14, Protocols.UDP, ciaddr, destination);
        return frame;
    }

    static byte[] arp(int spa, int tpa) {
        byte[] frame = new byte[60];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, MAC);
        Ethernet.type(b, 0, Ethernet.ARP);
        Arp.emit(b, 14, Arp.REQUEST, MAC, spa, 0, tpa);
        return frame;
    }

    static byte[] option(int code, int address) {
        byte[] option = {(byte) code, 4, 0, 0, 0, 0};
        Bytes.put32(MemorySegment.ofArray(option), 2, address);
        return option;
    }

    private static int type(byte[] frame) {
        return Integer.parseInt(option(frame, 53), 16);
    }

    private static int yiaddr(byte[] frame) {
        return Bytes.u32(MemorySegment.ofArray(frame), 42 + 16);
    }

    /** The option's value in hex, or nothing. */
    private static String option(byte[] frame, int code) {
        int i = 42 + 240;
        while (i < frame.length && (frame[i] & 0xff) != 255) {
            int length = frame[i] == 0 ? -1 : frame[i + 1] & 0xff;
            if ((frame[i] & 0xff) == code) {
                return HexFormat.of().formatHex(frame, i + 2, i + 2 + length);
            }
            i += 2 + length;
        }
        return "";
    }
}
