package io.virtdataplane.bridge;

import static io.virtdataplane.bridge.SwitchBench.frame;
import static io.virtdataplane.bridge.SwitchBench.tagged;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Forged frames never leave, are counted by kind, and teach the bridge nothing. */
class StationGuardTest {
    private static final long GUEST = 0x5254_0000_0001L;
    private static final long OTHER = 0x5254_0000_0099L;
    private static final long HOST = 0x5254_0000_0002L;
    private static final int ADDRESS = AddressText.ipv4("192.0.2.10");
    private static final int FOREIGN = AddressText.ipv4("192.0.2.66");

    private static SwitchBench bench(GuardPolicy guard) {
        return new SwitchBench(BridgePolicy.DEFAULT)
                .port(PortPolicy.DEFAULT, guard)
                .port(PortPolicy.DEFAULT);
    }

    @Test
    void aForgedSourceAddressIsDroppedAndNotLearned() {
        SwitchBench bench = bench(GuardPolicy.sourceMac(GUEST));
        assertThat(bench.send(0, frame(Ethernet.BROADCAST, OTHER))).isEmpty();
        assertThat(bench.send(0, tagged(frame(Ethernet.BROADCAST, OTHER), Ethernet.DOT1Q, 1)))
                .isEmpty();
        assertThat(bench.count(0, Verdict.DROP_SPOOFED_MAC)).isEqualTo(2);
        assertThat(bench.bridge.stations()).isZero();
        assertThat(bench.send(0, frame(Ethernet.BROADCAST, GUEST))).containsExactly(1);
        assertThat(bench.send(0, arp(GUEST, OTHER, FOREIGN)))
                .as("as macspoofchk: only the Ethernet source")
                .containsExactly(1);
    }

    @Test
    void aForgedArpSenderIsDropped() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        assertThat(bench.send(0, arp(GUEST, OTHER, ADDRESS))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_SPOOFED_ARP)).isOne();
        assertThat(bench.send(0, arp(GUEST, GUEST, ADDRESS))).containsExactly(1);
    }

    @Test
    void whatAGuestUsesIsSeenAndNeitherForgedAddressesNorAnUplinksAre() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        bench.send(0, arp(GUEST, GUEST, ADDRESS));
        bench.send(0, tagged(arp(GUEST, GUEST, FOREIGN + 1), Ethernet.DOT1Q, 77));
        bench.send(0, arp(GUEST, OTHER, FOREIGN));
        bench.send(1, arp(HOST, HOST, FOREIGN));
        assertThat(bench.at(0).seen().copy(0))
                .extracting(seen -> AddressText.ip(seen.high(), seen.low()))
                .as("nor what is said in a VLAN that the port is not in")
                .containsExactly("192.0.2.10");
        assertThat(bench.at(1).seen().copy(0)).isEmpty();
    }

    @Test
    void theAddressThatDhcpGaveIsTheOnlyOneFromThenOn() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        assertThat(bench.send(0, arp(GUEST, GUEST, FOREIGN))).containsExactly(1);
        bench.send(1, dhcp(HOST, GUEST, 67, 68, 5, ADDRESS));
        assertThat(bench.at(0).leasedAddress()).isEqualTo(ADDRESS);
        assertThat(bench.send(0, arp(GUEST, GUEST, FOREIGN))).isEmpty();
        assertThat(bench.send(0, arp(GUEST, GUEST, ADDRESS))).hasSize(1);
        assertThat(bench.send(0, arp(GUEST, GUEST, 0))).as("a probe").hasSize(1);
        assertThat(bench.send(0, dhcp(GUEST, GUEST, 68, 67, 3, 0))).hasSize(1);
        byte[] packet = dhcp(GUEST, GUEST, 68, 67, 3, 0);
        Bytes.put32(MemorySegment.ofArray(packet), 26, FOREIGN);
        assertThat(bench.send(0, packet)).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_SPOOFED_ADDRESS)).isOne();
    }

    @Test
    void anotherGuestCannotSayWhatAddressDhcpGave() {
        SwitchBench bench =
                new SwitchBench(BridgePolicy.DEFAULT)
                        .port(PortPolicy.DEFAULT, GuardPolicy.strict(GUEST))
                        .port(PortPolicy.DEFAULT, GuardPolicy.sourceMac(HOST));
        assertThat(bench.send(1, dhcp(HOST, GUEST, 67, 68, 5, FOREIGN))).hasSize(1);
        assertThat(bench.at(0).leasedAddress()).isZero();
    }

    @Test
    void aServersMessageInFragmentsIsDropped() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        byte[] first = dhcp(GUEST, HOST, 67, 68, 5, ADDRESS);
        Bytes.put16(MemorySegment.ofArray(first), 20, 0x2000); // more fragments
        assertThat(bench.send(0, first)).isEmpty();
        byte[] tiny = java.util.Arrays.copyOf(first, 38);
        Bytes.put16(MemorySegment.ofArray(tiny), 16, 24);
        assertThat(bench.send(0, tiny)).as("its ports are in the next").isEmpty();
    }

    @Test
    void aGuestsInnerTagDoesNotHopIntoItsVlan() {
        SwitchBench bench =
                new SwitchBench(BridgePolicy.DEFAULT)
                        .port(PortPolicy.DEFAULT, GuardPolicy.sourceMac(GUEST))
                        .port(PortPolicy.DEFAULT.with(PortVlans.trunk()));
        byte[] inner = tagged(frame(Ethernet.BROADCAST, GUEST), Ethernet.DOT1Q, 20);
        assertThat(bench.send(0, tagged(inner, Ethernet.DOT1Q, 0))).isEmpty();
        assertThat(bench.send(0, tagged(inner, Ethernet.DOT1Q, 1))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_VLAN_TAG)).isEqualTo(2);
    }

    @Test
    void aGuestIsNoDhcpServerAndAsksForItselfOnly() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        assertThat(bench.send(0, dhcp(GUEST, HOST, 67, 68, 5, ADDRESS))).isEmpty();
        assertThat(bench.send(0, dhcp(GUEST, OTHER, 68, 67, 1, 0))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_SPOOFED_DHCP)).isEqualTo(2);
        assertThat(bench.send(0, dhcp(GUEST, GUEST, 68, 67, 1, 0))).hasSize(1);
    }

    @Test
    void aForgedLinkLayerAddressInNeighborDiscoveryIsDropped() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        for (int type : new int[] {133, 135, 136}) {
            assertThat(bench.send(0, discovery(type, OTHER))).as("type %d", type).isEmpty();
            assertThat(bench.send(0, discovery(type, GUEST))).as("type %d", type).hasSize(1);
        }
        assertThat(bench.send(0, discovery(134, GUEST))).as("a guest is no router").isEmpty();
        assertThat(bench.send(0, discovery(137, GUEST))).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_SPOOFED_ND)).isEqualTo(5);
    }

    @Test
    void aTagWithinTheTagCarriesNothingPastTheGuard() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        byte[] twice =
                tagged(tagged(arp(GUEST, OTHER, ADDRESS), Ethernet.DOT1Q, 1), Ethernet.DOT1Q, 1);
        assertThat(bench.send(0, twice)).isEmpty();
        assertThat(bench.count(0, Verdict.DROP_VLAN_TAG)).isOne();
    }

    @Test
    void mutatedFramesHarmNothing() {
        SwitchBench bench = bench(GuardPolicy.strict(GUEST));
        var random = new java.util.Random(4);
        byte[][] seeds = {
            arp(GUEST, GUEST, ADDRESS),
            dhcp(GUEST, GUEST, 68, 67, 1, 0),
            discovery(135, GUEST),
            tagged(discovery(136, GUEST), Ethernet.DOT1Q, 1)
        };
        for (int i = 0; i < 300_000; i++) {
            byte[] seed = seeds[random.nextInt(seeds.length)];
            byte[] mutant = java.util.Arrays.copyOf(seed, 1 + random.nextInt(seed.length));
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
            }
            bench.send(i & 1, mutant);
        }
        assertThat(bench.count(0, Verdict.DROP_FAULT)).as(bench.worker.describeFault(0)).isZero();
        assertThat(bench.count(1, Verdict.DROP_FAULT)).as(bench.worker.describeFault(0)).isZero();
        long verdicts = 0;
        for (int i = 0; i < Verdict.count(); i++) {
            verdicts += bench.count(0, Verdict.of(i));
        }
        assertThat(verdicts).isEqualTo(bench.at(0).counters.received());
    }

    private static byte[] arp(long source, long sha, int spa) {
        byte[] frame = frame(Ethernet.BROADCAST, source, Ethernet.ARP, 60);
        Arp.emit(
                MemorySegment.ofArray(frame),
                14,
                Arp.REQUEST,
                sha,
                spa,
                0,
                AddressText.ipv4("192.0.2.1"));
        return frame;
    }

    static byte[] dhcp(long source, long chaddr, int srcPort, int dstPort, int type, int yiaddr) {
        byte[] frame = frame(Ethernet.BROADCAST, source, Ethernet.IPV4, 42 + 300);
        java.util.Arrays.fill(frame, 42, frame.length, (byte) 0);
        MemorySegment b = MemorySegment.ofArray(frame);
        Bytes.put32(b, 42 + 16, yiaddr);
        Bytes.put48(b, 42 + 28, chaddr);
        Bytes.put32(b, 42 + 236, 0x6382_5363);
        frame[42 + 240] = 53;
        frame[42 + 241] = 1;
        frame[42 + 242] = (byte) type;
        frame[42 + 243] = (byte) 255;
        Udp.emit4(b, 34, srcPort, dstPort, 308, 0, -1);
        Ipv4.emit(b, 14, 328, Protocols.UDP, 0, -1);
        return frame;
    }

    private static byte[] discovery(int type, long linkLayer) {
        int body = type == 133 ? 8 : type == 134 ? 16 : type == 137 ? 40 : 24;
        byte[] frame = frame(0x3333_0000_0001L, GUEST, Ethernet.IPV6, 54 + body + 8);
        java.util.Arrays.fill(frame, 54, frame.length, (byte) 0);
        MemorySegment b = MemorySegment.ofArray(frame);
        Ipv6.emit(b, 14, body + 8, Protocols.ICMPV6, NeighborDiscovery.HOP_LIMIT);
        frame[54] = (byte) type;
        frame[54 + body] = (byte) (type == 136 ? 2 : 1);
        frame[54 + body + 1] = 1;
        Bytes.put48(b, 54 + body + 2, linkLayer);
        return frame;
    }
}
