package io.virtdataplane.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.port.PairPoller;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the walk does around its stages, which stand in here as functions. */
class WorkerTest {
    private static final long GATEWAY_MAC = 0x0200_0000_0000L;
    private static final long GUEST_MAC = 0x5254_0000_0001L;
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int GATEWAY = AddressText.ipv4("10.0.2.1");
    private static final int WEB = AddressText.ipv4("203.0.113.7");
    private static final DualStack IP =
            new DualStack(Addresses.ipv4(GUEST, GATEWAY, WEB, 24), Addresses.NONE);
    private static final Stage CONTINUE = (frame, now) -> Verdict.CONTINUE;
    private static final Stage FORWARD = (frame, now) -> Verdict.FORWARDED;

    private final PairPort guest = new PairPort(0, "guest");
    private final PairPort uplink = new PairPort(1, "uplink");
    private final CountingPoller poller = new CountingPoller();
    private final WorkerBench on = new WorkerBench(poller);
    private final Worker worker = on.worker;

    @Test
    void bugOfAStageCostsTheFrameAndIsReportedOnce() {
        Nic nic =
                attach(
                        Nic.UNKNOWN_MAC,
                        (frame, now) -> {
                            throw new IllegalStateException("a bug");
                        });
        for (int i = 0; i < 5; i++) {
            send(guest, frame(GUEST_MAC, GUEST, WEB));
        }
        assertThat(nic.counters.frames(Verdict.DROP_FAULT)).isEqualTo(5);
        assertThat(kinds()).containsOnlyOnce(EventKind.FAULT);
        assertThat(worker.describeFault(0))
                .startsWith(
                        "java.lang.IllegalStateException at io.virtdataplane.dataplane.WorkerTest");
    }

    @Test
    void bugBesideTheFramesCostsNoFrame() {
        Stage faulty =
                new Stage() {
                    @Override
                    public Verdict process(Frame frame, long nowNs) {
                        return Verdict.FORWARDED;
                    }

                    @Override
                    public boolean begin(long nowNs) {
                        throw new IllegalStateException("a bug");
                    }

                    @Override
                    public void settle(long nowNs) {
                        throw new IllegalStateException("another");
                    }

                    @Override
                    public boolean age(long nowNs) {
                        throw new IllegalStateException("a third");
                    }
                };
        Nic nic = attach(GUEST_MAC, faulty);
        for (int i = 0; i < 5; i++) {
            send(guest, frame(GUEST_MAC, GUEST, WEB));
        }
        assertThat(nic.counters.frames(Verdict.FORWARDED)).isEqualTo(5);
        assertThat(kinds()).filteredOn(EventKind.FAULT::equals).hasSize(3);
    }

    @Test
    void aBreathWalksNoMoreThanAShareOfEachPort() {
        attach(GUEST_MAC, FORWARD);
        byte[] bytes = frame(GUEST_MAC, GUEST, WEB);
        for (int i = 0; i < 2 * Worker.SHARE; i++) {
            guest.inject(on.pool.take(), bytes);
        }
        uplink.inject(on.pool.take(), frame(GATEWAY_MAC, WEB, GUEST));
        assertThat(worker.breath(0)).isEqualTo(Worker.SHARE + 1);
        assertThat(Ethernet.type(MemorySegment.ofArray(guest.departed().getLast()), 0))
                .as("the other port's frame does not wait")
                .isEqualTo(Ethernet.IPV4);
        assertThat(worker.breath(0)).isEqualTo(Worker.SHARE);
        assertThat(worker.breath(0)).isZero();
    }

    @Test
    void bugOfAStageThatADryRunMeetsIsNotReported() {
        Nic nic =
                attach(
                        Nic.UNKNOWN_MAC,
                        (frame, now) -> {
                            throw new IllegalStateException("a bug");
                        });
        byte[] bytes = frame(GUEST_MAC, GUEST, WEB);
        StateSnapshot before = new StateSnapshot(worker, Set.of());
        assertThat(worker.explain(nic, true, bytes).verdict()).isEqualTo(Verdict.DROP_FAULT);
        assertThat(new StateSnapshot(worker, Set.of()).changesSince(before)).isEmpty();
        send(guest, bytes);
        assertThat(kinds()).as("the frame itself reports it").contains(EventKind.FAULT);
    }

    @Test
    void guestMayChangeTheMacOfItsManifestWhereThatIsNotPinned() {
        Nic nic = attach(GUEST_MAC, FORWARD);
        send(uplink, frame(GATEWAY_MAC, WEB, GUEST));
        assertThat(Ethernet.dst(MemorySegment.ofArray(guest.departed().getLast()), 0))
                .as("before its first frame")
                .isEqualTo(GUEST_MAC);
        send(guest, frame(GUEST_MAC + 1, GUEST, WEB));
        assertThat(uplink.departed()).hasSize(1);
        assertThat(kinds()).contains(EventKind.ADDRESS_SEEN);
        send(uplink, frame(GATEWAY_MAC, WEB, GUEST));
        assertThat(Ethernet.dst(MemorySegment.ofArray(guest.departed().getLast()), 0))
                .isEqualTo(GUEST_MAC + 1);
        assertThat(nic.counters.frames(Verdict.DROP_SPOOFED_MAC)).isZero();
    }

    @Test
    void pinnedMacKeepsOthersOutBeforeAnythingIsLearned() {
        Nic nic = on.attach(plan(0, guest, uplink, pinned(GUEST_MAC), FORWARD));
        send(guest, frame(GUEST_MAC + 1, GUEST, WEB));
        send(guest, frame(GATEWAY_MAC, GUEST, WEB));
        send(guest, frame(0x0100_5e00_0001L, GUEST, WEB));
        assertThat(nic.counters.frames(Verdict.DROP_SPOOFED_MAC)).isEqualTo(3);
        assertThat(uplink.departed()).isEmpty();
        assertThat(nic.guestMac).isEqualTo(GUEST_MAC);
    }

    @Test
    void guestsAddressesAreSeenBehindTheGuardOnly() {
        Nic nic = on.attach(plan(0, guest, uplink, pinned(GUEST_MAC), FORWARD));
        send(guest, arp(GUEST_MAC + 1, GUEST + 1));
        assertThat(nic.seen.copy(0)).isEmpty();
        assertThat(on.worker.explain(nic, true, arp(GUEST_MAC, GUEST)).describe()).isNotEmpty();
        assertThat(nic.seen.copy(0)).as("a dry run").isEmpty();
        send(guest, arp(GUEST_MAC, GUEST));
        assertThat(nic.seen.copy(on.nowNs()))
                .containsExactly(new SeenAddresses.Seen(0, Ip.mapped(GUEST), GUEST_MAC, 0));
    }

    private static byte[] arp(long mac, int address) {
        byte[] frame = new byte[Ethernet.HEADER + Arp.LENGTH];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, mac);
        Ethernet.type(b, 0, Ethernet.ARP);
        Arp.emit(b, Ethernet.HEADER, Arp.REQUEST, mac, address, 0, address);
        return frame;
    }

    @Test
    void silentGuestIsAskedForItsMacOnceASecond() {
        Nic nic = attach(Nic.UNKNOWN_MAC, FORWARD);
        assertThat(guest.departed()).as("asked when attached").hasSize(1);
        MemorySegment query = MemorySegment.ofArray(guest.departed().getFirst());
        assertThat(Arp.tpa(query, Ethernet.HEADER)).isEqualTo(GUEST);
        for (int i = 0; i < 3; i++) {
            send(uplink, frame(1, WEB, GUEST));
        }
        assertThat(guest.departed()).hasSize(1);
        on.later(WorkerBench.SECOND);
        send(uplink, frame(1, WEB, GUEST));
        assertThat(guest.departed()).hasSize(2);
        assertThat(nic.counters.frames(Verdict.DROP_GUEST_UNKNOWN)).isEqualTo(4);
        send(guest, frame(GUEST_MAC, GUEST, WEB));
        send(uplink, frame(1, WEB, GUEST));
        assertThat(Ethernet.dst(MemorySegment.ofArray(guest.departed().getLast()), 0))
                .isEqualTo(GUEST_MAC);
    }

    @Test
    void vlanTagsAndOtherEthertypesAreNamedDrops() {
        Nic nic = attach(Nic.UNKNOWN_MAC, FORWARD);
        for (int type : new int[] {Ethernet.DOT1Q, Ethernet.DOT1AD, 0x8847, 0x88cc}) {
            byte[] frame = frame(GUEST_MAC, GUEST, WEB);
            Ethernet.type(MemorySegment.ofArray(frame), 0, type);
            send(guest, frame);
        }
        assertThat(nic.counters.frames(Verdict.DROP_VLAN_TAG)).isEqualTo(2);
        assertThat(nic.counters.frames(Verdict.DROP_ETHERTYPE)).isEqualTo(2);
    }

    @Test
    void detachedNicsFramesAreNotWalked() {
        Nic nic = attach(Nic.UNKNOWN_MAC, FORWARD);
        worker.call(
                on -> {
                    on.detach(nic);
                    return null;
                });
        worker.breath(0);
        assertThat(worker.breath(0)).isZero();
    }

    @Test
    void framesOfManyPortsAreSentAtOnce() {
        attach(GUEST_MAC, FORWARD);
        for (int i = 1; i <= 5; i++) {
            PairPort other = new PairPort(2 * i, "guest" + i);
            on.attach(
                    plan(
                            i,
                            other,
                            new PairPort(2 * i + 1, "uplink" + i),
                            open(GUEST_MAC),
                            FORWARD));
            other.inject(on.pool.take(), frame(GUEST_MAC, GUEST, WEB));
        }
        int before = poller.flushes;
        assertThat(worker.breath(0)).isEqualTo(5);
        assertThat(poller.flushes).isEqualTo(before + 1);
    }

    @Test
    void framesOfFewPortsAreSentWhileTheNextPortsAreWalked() {
        attach(GUEST_MAC, FORWARD);
        guest.inject(on.pool.take(), frame(GUEST_MAC, GUEST, WEB));
        uplink.inject(on.pool.take(), frame(1, WEB, GUEST));
        int before = poller.flushes;
        assertThat(worker.breath(0)).isEqualTo(2);
        assertThat(poller.flushes).isGreaterThanOrEqualTo(before + 2);
    }

    /** A {@link PairPoller} that counts how often it is told to send. */
    private static final class CountingPoller implements Poller {
        private final PairPoller pairs = new PairPoller();
        private int flushes;

        @Override
        public String kind() {
            return pairs.kind();
        }

        @Override
        public void add(Port port) {
            pairs.add(port);
        }

        @Override
        public void remove(Port port) {
            pairs.remove(port);
        }

        @Override
        public int await(Port[] ready, long timeoutNs) {
            return pairs.await(ready, timeoutNs);
        }

        @Override
        public void flush() {
            flushes++;
            pairs.flush();
        }

        @Override
        public void wake() {
            pairs.wake();
        }

        @Override
        public void close() {
            pairs.close();
        }
    }

    private Nic attach(long mac, Stage outbound) {
        return on.attach(plan(0, guest, uplink, open(mac), outbound));
    }

    private static NicAddresses open(long mac) {
        return new NicAddresses(mac, GATEWAY_MAC, IP);
    }

    private static NicAddresses pinned(long mac) {
        return new NicAddresses(mac, true, GATEWAY_MAC, IP);
    }

    private static NicPlan plan(
            int number, PairPort guest, PairPort uplink, NicAddresses addresses, Stage outbound) {
        return new NicPlan(
                number,
                "vm/default",
                new NicPorts(guest, uplink),
                addresses,
                new NicStages(CONTINUE, outbound, FORWARD));
    }

    private void send(PairPort port, byte[] frame) {
        on.send(port, frame);
    }

    private List<EventKind> kinds() {
        List<EventKind> kinds = new ArrayList<>();
        on.events.drain((kind, nic, first, second) -> kinds.add(kind));
        return kinds;
    }

    private static byte[] frame(long mac, int src, int dst) {
        byte[] frame = new byte[60];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, GATEWAY_MAC, mac);
        Ethernet.type(b, 0, Ethernet.IPV4);
        Udp.emit4(b, 34, 1, 2, 26, src, dst);
        Ipv4.emit(b, 14, 46, Protocols.UDP, src, dst);
        return frame;
    }
}
