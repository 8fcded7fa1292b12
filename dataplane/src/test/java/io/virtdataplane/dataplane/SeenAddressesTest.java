package io.virtdataplane.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtdataplane.dataplane.SeenAddresses.Seen;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest says of itself is known, by whichever protocol; what it sends is not looked at. */
class SeenAddressesTest {
    private static final long MAC = 0x5254_0000_0001L;
    private static final long OTHER = 0x5254_0000_0099L;
    private static final long ND_HIGH = 0xfd10_0000_0002_0000L;
    private final FramePool pool =
            new FramePool(Arena.ofAuto().allocate(FramePool.bytes(1), 4096), 1);
    private final Frame frame = pool.take();
    private final SeenAddresses seen = new SeenAddresses();

    private void look(byte[] bytes, long nowNs) {
        frame.received(null, bytes);
        seen.look(frame, nowNs);
    }

    private List<String> addresses() {
        return seen.copy(0).stream().map(each -> AddressText.ip(each.high(), each.low())).toList();
    }

    private static byte[] ethernet(int type, int length) {
        byte[] frame = new byte[Ethernet.HEADER + length];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, MAC);
        Ethernet.type(b, 0, type);
        return frame;
    }

    private static byte[] arp(long sha, String sender) {
        byte[] frame = ethernet(Ethernet.ARP, Arp.LENGTH);
        int target = AddressText.ipv4("10.0.2.1");
        int from = AddressText.ipv4(sender);
        Arp.emit(MemorySegment.ofArray(frame), 14, Arp.REQUEST, sha, from, 0, target);
        return frame;
    }

    private static byte[] udp(String from, int port) {
        byte[] frame = ethernet(Ethernet.IPV4, Ipv4.HEADER + Udp.HEADER + 4);
        MemorySegment b = MemorySegment.ofArray(frame);
        Ipv4.emit(b, 14, 32, Protocols.UDP, AddressText.ipv4(from), -1);
        Udp.emit4(b, 34, 68, port, 12, AddressText.ipv4(from), -1);
        return frame;
    }

    private static byte[] neighbor(int type, long sourceLow, long targetLow) {
        byte[] frame = ethernet(Ethernet.IPV6, Ipv6.HEADER + NeighborDiscovery.WITH_LINK_LAYER);
        MemorySegment b = MemorySegment.ofArray(frame);
        Ipv6.emit(b, 14, NeighborDiscovery.WITH_LINK_LAYER, Protocols.ICMPV6, 255);
        Ipv6.src(b, 14, sourceLow == 0 ? 0 : ND_HIGH, sourceLow);
        NeighborDiscovery.emitSolicitation(b, 54, ND_HIGH, targetLow, MAC);
        Icmpv6.emit(b, 54, type, 0, 0);
        return frame;
    }

    @Test
    void arpSenderIsSeenWithItsMacAndTime() {
        look(arp(MAC, "10.0.2.2"), 100);
        look(arp(MAC, "192.168.77.5"), 200);
        look(arp(MAC, "10.0.2.2"), 300);
        assertThat(seen.copy(1000))
                .extracting(Seen::mac, Seen::agoNs)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(MAC, 700L),
                        org.assertj.core.groups.Tuple.tuple(MAC, 800L));
        assertThat(addresses()).containsExactly("10.0.2.2", "192.168.77.5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255"})
    void anAddressThatNoStationHasIsNotSeen(String address) {
        look(arp(MAC, address), 0);
        look(udp(address, 67), 0);
        assertThat(addresses()).isEmpty();
    }

    @Test
    void arpInTheNameOfAnotherStationIsNotSeen() {
        look(arp(OTHER, "10.0.2.3"), 0);
        assertThat(addresses()).isEmpty();
    }

    @Test
    void dhcpClientThatHasAnAddressIsSeenAndDataIsNot() {
        look(udp("10.0.2.2", 67), 0);
        look(udp("10.0.2.9", 53), 0);
        assertThat(addresses()).containsExactly("10.0.2.2");
    }

    @Test
    void neighborDiscoveryShowsWhatTheGuestUses() {
        look(neighbor(NeighborDiscovery.SOLICITATION, 0x2, 0x1), 0);
        assertThat(addresses()).as("the sender asks").containsExactly("fd10:0:2::2");
        look(neighbor(NeighborDiscovery.SOLICITATION, 0, 0x3), 0);
        assertThat(addresses()).as("it checks that nobody has it").contains("fd10:0:2::3");
        look(neighbor(NeighborDiscovery.ADVERTISEMENT, 0x2, 0x4), 0);
        assertThat(addresses()).as("it says so").contains("fd10:0:2::4").hasSize(3);
        byte[] routed = neighbor(NeighborDiscovery.ADVERTISEMENT, 0x2, 0x5);
        Ipv6.hopLimit(MemorySegment.ofArray(routed), 14, 254);
        look(routed, 0);
        assertThat(addresses()).hasSize(3);
    }

    @Test
    void framesCutAnywhereAreNotReadBeyondTheirEnd() {
        for (byte[] whole :
                List.of(
                        arp(MAC, "10.0.2.2"),
                        udp("10.0.2.2", 67),
                        neighbor(NeighborDiscovery.ADVERTISEMENT, 2, 4))) {
            for (int length = Ethernet.HEADER; length < whole.length - 8; length++) {
                frame.data.fill((byte) 0xff);
                look(Arrays.copyOf(whole, length), 0);
            }
        }
        assertThat(addresses()).doesNotContain("ff:ff:ff:ff:ff:ff:ff:ff");
        assertThat(seen.copy(0)).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void theOneSeenLongestAgoGivesWay() {
        for (int i = 0; i < SeenAddresses.MOST; i++) {
            look(arp(MAC, "10.0.3." + (i + 1)), i);
        }
        look(arp(MAC, "10.0.3.1"), 100);
        look(arp(MAC, "10.0.4.1"), 101);
        assertThat(addresses())
                .hasSize(SeenAddresses.MOST)
                .contains("10.0.3.1", "10.0.4.1")
                .doesNotContain("10.0.3.2");
    }

    @Test
    void lookingAllocatesNothing() {
        byte[] arp = arp(MAC, "10.0.2.2");
        byte[] data = udp("10.0.2.2", 53);
        byte[] nd = neighbor(NeighborDiscovery.SOLICITATION, 0x2, 0x1);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().threadId();
        lookOften(arp, data, nd, 20_000);
        long before = threads.getThreadAllocatedBytes(thread);
        lookOften(arp, data, nd, 10_000);
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertThat(allocated).as("30,000 frames").isLessThan(30_000);
    }

    private void lookOften(byte[] arp, byte[] data, byte[] nd, int times) {
        for (int i = 0; i < times; i++) {
            look(arp, i);
            look(data, i);
            look(nd, i);
        }
    }
}
