package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.nat.NatPolicy.Behaviour;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Addresses that a router forwards neither from nor to, IPv4 options, IPv6 extension headers. */
class HeadersTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.1",
        "240.0.0.1",
        "::1",
        "ff02::1",
        "fe80::1",
        "::ffff:8.8.8.8"
    })
    void martianDestinationNeverLeaves(String destination) {
        Bench bench = new Bench(OpenPorts.all());
        String guest = Packets.isIpv6(destination) ? Bench.GUEST6 : Bench.GUEST;
        if (destination.startsWith("::ffff:")) {
            byte[] frame = udp(guest, 1, "2001:db8::1", 2);
            byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 8, 8, 8, 8};
            System.arraycopy(mapped, 0, frame, 38, 16);
            assertThat(bench.fromGuest(frame)).isEmpty();
        } else {
            assertThat(bench.fromGuest(udp(guest, 1, destination, 2))).isEmpty();
        }
        assertThat(bench.count(Verdict.DROP_MARTIAN)).isOne();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.2.3, DROP_SPOOFED_ADDRESS",
        "10.244.1.5, DROP_SPOOFED_ADDRESS",
        "0.0.0.0, DROP_SPOOFED_ADDRESS",
        "fd10:0:2::3, DROP_SPOOFED_ADDRESS",
        "fd00:10:244::5, DROP_SPOOFED_ADDRESS",
        "fe80::5, DROP_MARTIAN",
        "::, DROP_MARTIAN"
    })
    void sourceThatIsNotTheGuestsNeverLeaves(String source, Verdict verdict) {
        Bench bench = new Bench(OpenPorts.all());
        String web = Packets.isIpv6(source) ? "2001:db8::7" : "203.0.113.7";
        assertThat(bench.fromGuest(udp(source, 1, web, 2))).isEmpty();
        assertThat(bench.count(verdict)).isOne();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "::1",
        "ff02::1",
        "fe80::1"
    })
    void martianSourceNeverReachesTheGuest(String source) {
        Bench bench = new Bench(OpenPorts.all());
        String pod = Packets.isIpv6(source) ? Bench.POD6 : Bench.POD;
        assertThat(bench.fromOutside(udp(source, 1, pod, 2))).isEmpty();
        assertThat(bench.count(Verdict.DROP_MARTIAN)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"10.0.2.2", "10.0.2.77", "10.0.2.255", "fd10:0:2::2", "fd10:0:2::77"})
    void nothingOfTheGuestsOwnSubnetIsOutside(String address) {
        Bench bench = new Bench(OpenPorts.all());
        boolean ipv6 = Packets.isIpv6(address);
        assertThat(bench.fromGuest(udp(ipv6 ? Bench.GUEST6 : Bench.GUEST, 1, address, 2)))
                .isEmpty();
        assertThat(bench.fromOutside(udp(address, 1, ipv6 ? Bench.POD6 : Bench.POD, 2))).isEmpty();
        assertThat(bench.count(Verdict.DROP_OWN_SUBNET)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"10.0.2.1", "fd10:0:2::1"})
    void gatewayIsNotOutside(String gateway) {
        Bench bench = new Bench(OpenPorts.all());
        String pod = Packets.isIpv6(gateway) ? Bench.POD6 : Bench.POD;
        assertThat(bench.fromOutside(udp(gateway, 67, pod, 68))).as("a forged offer").isEmpty();
        assertThat(bench.count(Verdict.DROP_OWN_SUBNET)).isOne();
    }

    @Test
    void neighboursOfTheGuestsSubnetAreOutside() {
        Bench bench = new Bench(OpenPorts.all());
        for (String neighbour : new String[] {"10.0.1.255", "10.0.3.0", "11.0.2.2"}) {
            assertThat(bench.fromGuest(udp(Bench.GUEST, 1, neighbour, 2))).hasSize(1);
        }
        assertThat(bench.fromGuest(udp(Bench.GUEST6, 1, "fd10:0:2::102", 2))).hasSize(1);
    }

    @Test
    void linkLocalServicesPassAsThePodsKernelRoutesThem() {
        Bench bench = new Bench(OpenPorts.all());
        String metadata = "169.254.169.254";
        assertThat(bench.fromGuest(udp(Bench.GUEST, 40000, metadata, 80))).hasSize(1);
        assertThat(bench.fromOutside(udp(metadata, 80, Bench.POD, 40000))).as("answer").hasSize(1);
        assertThat(bench.fromOutside(udp("169.254.7.127", 5, Bench.POD, 80)))
                .as("a mesh's probe, a Service's hairpin")
                .hasSize(1);
    }

    @Test
    void linkLocalIsShutByPolicyButForNameServers() {
        Behaviour of = Behaviour.DEFAULT;
        Behaviour shut =
                new Behaviour(
                        of.mapping(),
                        of.filtering(),
                        of.refresh(),
                        of.otherProtocols(),
                        NatPolicy.LinkLocal.DROP,
                        of.maxSegmentSize(),
                        of.midstream());
        Bench bench = new Bench(NatPolicy.DEFAULT.with(shut));
        assertThat(bench.fromGuest(udp(Bench.GUEST, 1, "169.254.169.254", 80))).isEmpty();
        assertThat(bench.fromOutside(udp("169.254.7.127", 5, Bench.POD, 80))).isEmpty();
        assertThat(bench.count(Verdict.DROP_MARTIAN)).isEqualTo(2);
        assertThat(bench.fromGuest(udp(Bench.GUEST, 1, "169.254.20.10", 53))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void udpWithoutChecksumStaysWithout(Family family) {
        Bench bench = new Bench(OpenPorts.all());
        byte[] frame = udp(family.guest, 1234, family.web, 53);
        int at = 14 + family.ipHeader + 6;
        Arrays.fill(frame, at, at + 2, (byte) 0);
        byte[] left = bench.fromGuest(frame).getFirst();
        assertThat(left[at] | left[at + 1]).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0", "60"})
    void ipv6ExtensionHeadersAreSteppedOver(int extension) {
        Bench bench = new Bench(OpenPorts.all());
        byte[] left = bench.fromGuest(extended(extension, 0)).getFirst();
        MemorySegment b = MemorySegment.ofArray(left);
        assertThat(Bytes.u16(b, 62)).as("source port behind the extension").isEqualTo(40000);
        assertThat(left[20]).isEqualTo((byte) extension);
        assertThat(bench.count(Verdict.FORWARDED)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"43, 1, DROP_EXTENSION_HEADER", "43, 0, FORWARDED", "0, 0, FORWARDED"})
    void ipv6SourceRouteIsRefused(int extension, int segmentsLeft, Verdict verdict) {
        Bench bench = new Bench(OpenPorts.all());
        bench.fromGuest(extended(extension, segmentsLeft));
        assertThat(bench.count(verdict)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"9", "40"})
    void endlessExtensionHeadersAreRefused(int count) {
        Bench bench = new Bench(OpenPorts.all());
        byte[] body = new byte[8 * count + 8];
        for (int i = 0; i < count; i++) {
            body[8 * i] = (byte) (i + 1 < count ? 60 : 17);
        }
        bench.fromGuest(
                Packets.raw(Bench.GUEST6, Family.IPV6.web, Protocols.DESTINATION_OPTIONS, body));
        assertThat(bench.count(Verdict.DROP_EXTENSION_HEADER)).isOne();
    }

    /** A UDP packet behind one extension header of 8 bytes. */
    private static byte[] extended(int extension, int segmentsLeft) {
        byte[] plain = udp(Bench.GUEST6, 40000, Family.IPV6.web, 53);
        byte[] body = new byte[plain.length - 54 + 8];
        System.arraycopy(plain, 54, body, 8, plain.length - 54);
        body[0] = 17;
        body[2] = 1; // PadN for options, a routing type else
        body[3] = (byte) segmentsLeft;
        body[4] = 0;
        byte[] frame = Packets.raw(Bench.GUEST6, Family.IPV6.web, extension, body);
        return Arrays.copyOf(frame, 54 + body.length);
    }

    @ParameterizedTest
    @CsvSource({"1", "4", "10"})
    void ipv4OptionsAreSteppedOver(int words) {
        Bench bench = new Bench(OpenPorts.all());
        byte[] plain = udp(Bench.GUEST, 40000, Family.IPV4.web, 53);
        int options = 4 * words;
        byte[] frame = new byte[34 + options + 27];
        System.arraycopy(plain, 0, frame, 0, 34);
        Arrays.fill(frame, 34, 34 + options, (byte) 1); // no operation
        System.arraycopy(plain, 34, frame, 34 + options, 27);
        frame[14] = (byte) (0x45 + words);
        MemorySegment b = MemorySegment.ofArray(frame);
        Bytes.put16(b, 16, 20 + options + 27);
        Ipv4.checksumAnew(b, 14);
        assertThat(flow(bench.fromGuest(frame).getFirst()))
                .isEqualTo(Family.IPV4.outward(40000, Family.IPV4.web, 53));
    }
}
