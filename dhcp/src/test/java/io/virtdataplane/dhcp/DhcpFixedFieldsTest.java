package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fields of BOOTP in replies (RFC 2131 table 3), and what a guest boots from in them. */
class DhcpFixedFieldsTest {
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int TFTP = AddressText.ipv4("203.0.113.9");
    private static final int UDP_PAYLOAD = 42;
    private static final byte[] ASKS_TO_BOOT = {55, 4, 1, 3, 66, 67};
    private static final byte[] ASKS_FOR_NAMES = {55, 3, 1, 3, 119};

    private static ResponderBench bench(String server, String file, List<String> search) {
        CustomOptions custom = new CustomOptions(List.of(), server, file, List.of(), Map.of());
        Scope scope = ResponderBench.scope(1500, new Resolver<>(List.of(), search), custom);
        return new ResponderBench(scope, Ipv6Scope.NONE);
    }

    private static byte[] message(int type, int ciaddr, byte[]... options) {
        return DhcpServerTest.message(type, ciaddr, 0, options);
    }

    /** A request in which each field that a client may fill is filled. */
    @ParameterizedTest
    @CsvSource({
        // type, ciaddr, requested, reply, ciaddr, yiaddr, siaddr, file
        "1, 0.0.0.0,  10.0.2.2, 2, 0.0.0.0,  10.0.2.2, 203.0.113.9, pxelinux.0",
        "3, 0.0.0.0,  10.0.2.2, 5, 0.0.0.0,  10.0.2.2, 203.0.113.9, pxelinux.0",
        "3, 10.0.2.2, -,        5, 10.0.2.2, 10.0.2.2, 203.0.113.9, pxelinux.0",
        "8, 10.0.2.2, -,        5, 10.0.2.2, 0.0.0.0,  203.0.113.9, pxelinux.0",
        "3, 0.0.0.0,  10.0.2.9, 6, 0.0.0.0,  0.0.0.0,  0.0.0.0,     ''",
        "3, 10.0.2.9, -,        6, 0.0.0.0,  0.0.0.0,  0.0.0.0,     ''",
    })
    void areThoseOfTable3(
            int type,
            String ciaddr,
            String requested,
            int reply,
            String replyCiaddr,
            String yiaddr,
            String siaddr,
            String file) {
        byte[][] options =
                requested.equals("-")
                        ? new byte[0][]
                        : new byte[][] {DhcpServerTest.option(50, AddressText.ipv4(requested))};
        byte[] request = message(type, AddressText.ipv4(ciaddr), options);
        MemorySegment b = MemorySegment.ofArray(request);
        request[UDP_PAYLOAD + 3] = 2; // hops
        Bytes.put16(b, UDP_PAYLOAD + 8, 77); // secs
        Bytes.put32(b, UDP_PAYLOAD + 16, 0x01010101); // yiaddr and siaddr are the server's
        Bytes.put32(b, UDP_PAYLOAD + 20, 0x02020202);
        b.asSlice(UDP_PAYLOAD + 28 + 6, 236 - 34).fill((byte) 0xa5); // chaddr's rest, sname, file
        Udp.emit4(
                b,
                34,
                68,
                67,
                request.length - 34,
                Ipv4.src(b, 14),
                Ipv4.dst(b, 14)); // its checksum anew
        byte[] frame =
                bench("203.0.113.9", "pxelinux.0", List.of("cluster.local"))
                        .send(request)
                        .getFirst();

        ReplyReader read = new ReplyReader(frame);
        assertThat(read.type()).isEqualTo(reply);
        assertThat(read.field8(0)).as("op").isEqualTo(2);
        assertThat(read.field8(1)).as("htype").isEqualTo(1);
        assertThat(read.field8(2)).as("hlen").isEqualTo(6);
        assertThat(read.field8(3)).as("hops").isZero();
        assertThat(read.field32(4)).as("xid").isEqualTo(0x1234_5678);
        assertThat(read.field16(8)).as("secs").isZero();
        assertThat(read.field16(10)).as("flags").isZero();
        assertThat(AddressText.ipv4(read.field32(12))).as("ciaddr").isEqualTo(replyCiaddr);
        assertThat(AddressText.ipv4(read.field32(16))).as("yiaddr").isEqualTo(yiaddr);
        assertThat(AddressText.ipv4(read.field32(20))).as("siaddr").isEqualTo(siaddr);
        assertThat(read.field32(24)).as("giaddr").isZero();
        assertThat(read.bytes(28, 16))
                .as("chaddr")
                .isEqualTo(java.util.Arrays.copyOfRange(request, 42 + 28, 42 + 44));
        assertThat(read.text(44, 64)).as("sname").isEqualTo(file.isEmpty() ? "" : "203.0.113.9");
        assertThat(read.text(108, 128)).as("file").isEqualTo(file);
        assertThat(read.codes().contains(66)).isEqualTo(!file.isEmpty());
    }

    @Test
    void aServerOfANameIsSiaddrOnceItsAddressIsKnown() {
        ResponderBench bench = bench("tftp.boot.test", "pxelinux.0", List.of());
        ReplyReader before = new ReplyReader(bench.send(message(1, 0)).getFirst());
        assertThat(before.field32(20)).isZero();
        assertThat(before.text(44, 64)).isEqualTo("tftp.boot.test");
        bench.responders.nextServer(TFTP);
        ReplyReader after = new ReplyReader(bench.send(message(1, 0)).getFirst());
        assertThat(after.field32(20)).isEqualTo(TFTP);
        assertThat(new String(after.option(66), StandardCharsets.US_ASCII))
                .isEqualTo("tftp.boot.test");
    }

    @Test
    void namesThatAreTooLongForTheirFieldsAreInTheirOptionsOnly() {
        ResponderBench bench = bench("t".repeat(64), "f".repeat(128), List.of());
        ReplyReader reply = new ReplyReader(bench.send(message(1, 0, ASKS_TO_BOOT)).getFirst());
        assertThat(reply.option(66)).hasSize(64);
        assertThat(reply.option(67)).hasSize(128);
        assertThat(reply.text(44, 64)).isEmpty();
        assertThat(reply.text(108, 128)).isEmpty();
        ResponderBench longest = bench("t".repeat(63), "f".repeat(127), List.of());
        ReplyReader fits = new ReplyReader(longest.send(message(1, 0, ASKS_TO_BOOT)).getFirst());
        assertThat(fits.text(44, 64)).hasSize(63);
        assertThat(fits.text(108, 128)).hasSize(127);
    }

    /** Options take the fields of those only who do not boot from them. */
    @Test
    void aBootingClientKeepsItsFieldsAndOthersHaveAllOfALongSearchList() {
        List<String> search =
                IntStream.range(10, 22).mapToObj(i -> i + "x".repeat(26) + ".t" + i).toList();
        ResponderBench bench = bench("203.0.113.9", "pxelinux.0", search);
        byte[] pxe = {60, 9, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't'};
        for (byte[][] options :
                new byte[][][] {
                    {ASKS_TO_BOOT},
                    {ASKS_FOR_NAMES, pxe},
                    {
                        /* no list */
                    }
                }) {
            ReplyReader reply = new ReplyReader(bench.send(message(1, 0, options)).getFirst());
            assertThat(reply.option(52)).isNull();
            assertThat(reply.field32(20)).isEqualTo(TFTP);
            assertThat(reply.text(108, 128)).isEqualTo("pxelinux.0");
            assertThat(reply.searchList()).isNotEmpty().isSubsetOf(search);
        }
        ReplyReader other = new ReplyReader(bench.send(message(1, 0, ASKS_FOR_NAMES)).getFirst());
        assertThat(other.searchList()).isEqualTo(search);
        assertThat(other.option(52)).isNotNull();
        assertThat(other.field32(20)).as("no room is won by leaving it out").isEqualTo(TFTP);
    }

    /** RFC 2131 4.1: who has an address is answered there, whatever its flags. */
    @Test
    void aClientThatHasAnAddressIsAnsweredThere() {
        ResponderBench bench = new ResponderBench();
        byte[] renews = DhcpServerTest.message(3, GUEST, 0x8000);
        MemorySegment ack = MemorySegment.ofArray(bench.send(renews).getFirst());
        assertThat(Ipv4.dst(ack, 14)).isEqualTo(GUEST);
        assertThat(Ethernet.dst(ack, 0)).isEqualTo(ResponderBench.GUEST_MAC);
        MemorySegment nowhere = MemorySegment.ofArray(bench.send(message(8, 0)).getFirst());
        assertThat(Ipv4.dst(nowhere, 14)).as("an INFORM that lacks ciaddr").isEqualTo(-1);
    }
}
