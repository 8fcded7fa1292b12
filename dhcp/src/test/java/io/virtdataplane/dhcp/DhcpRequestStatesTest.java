package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePolicy;
import io.virtdataplane.bridge.BridgePort;
import io.virtdataplane.bridge.BridgePortPlan;
import io.virtdataplane.bridge.BridgeService;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortPolicy;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * DHCPREQUEST in each state of RFC 2131 4.3.2, through the guards: right, of a wrong address of the
 * network, of a wrong network, and to another server. A guest that sends from a wrong address is
 * told so by the server, and heard by nobody else.
 */
class DhcpRequestStatesTest {
    private static final long SERVER_MAC = 0x0200_0000_0000L;
    private static final int SERVER = AddressText.ipv4("10.0.2.1");
    private static final int FIRST = AddressText.ipv4("10.0.2.50");
    private static final int CIADDR = 42 + 12;

    /** How each state asks for an address; null where that is in ciaddr. */
    private static byte[] request(String state, int address, String server) {
        boolean bound = state.startsWith("RE");
        List<byte[]> options = new ArrayList<>();
        if (!bound) {
            options.add(DhcpServerTest.option(50, address));
        }
        if (state.equals("SELECTING")) {
            options.add(DhcpServerTest.option(54, AddressText.ipv4(server)));
        }
        byte[] frame =
                DhcpServerTest.message(3, bound ? address : 0, 0, options.toArray(byte[][]::new));
        int destination = state.equals("RENEWING") ? AddressText.ipv4(server) : -1;
        readdress(frame, bound ? address : 0, destination);
        return frame;
    }

    private static void readdress(byte[] frame, int source, int destination) {
        MemorySegment b = MemorySegment.ofArray(frame);
        Udp.emit4(b, 34, 68, 67, frame.length - 34, source, destination);
        Ipv4.emit(b, 14, frame.length - 14, Protocols.UDP, source, destination);
        long mac = destination == -1 ? Ethernet.BROADCAST : SERVER_MAC;
        Ethernet.addresses(b, 0, mac, ResponderBench.GUEST_MAC);
    }

    private static byte[] ofAnotherClient(byte[] frame) {
        long client = 0x5254_0000_0009L;
        MemorySegment b = MemorySegment.ofArray(frame);
        Bytes.put48(b, 42 + 28, client);
        readdress(frame, 0, -1);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, client);
        return frame;
    }

    private static String answer(List<byte[]> frames) {
        if (frames.isEmpty()) {
            return "silence";
        }
        assertThat(frames).hasSize(1);
        ReplyReader reply = new ReplyReader(frames.getFirst());
        assertThat(Ethernet.src(MemorySegment.ofArray(frames.getFirst()), 0)).isEqualTo(SERVER_MAC);
        if (reply.type() == 5) {
            return "ACK";
        }
        assertThat(reply.type()).isEqualTo(6);
        assertThat(Ipv4.dst(MemorySegment.ofArray(frames.getFirst()), 14))
                .as("a NAK is broadcast")
                .isEqualTo(-1);
        assertThat(reply.codes()).containsExactly(53, 54);
        return "NAK";
    }

    @ParameterizedTest
    @CsvSource({
        "SELECTING,   10.0.2.2,     10.0.2.1, ACK",
        "SELECTING,   10.0.2.9,     10.0.2.1, NAK",
        "SELECTING,   192.168.77.5, 10.0.2.1, NAK",
        "SELECTING,   10.0.2.2,     10.0.2.7, silence",
        "INIT-REBOOT, 10.0.2.2,     -,        ACK",
        "INIT-REBOOT, 10.0.2.9,     -,        NAK",
        "INIT-REBOOT, 192.168.77.5, -,        NAK",
        "RENEWING,    10.0.2.2,     10.0.2.1, ACK",
        "RENEWING,    10.0.2.9,     10.0.2.1, NAK",
        "RENEWING,    192.168.77.5, 10.0.2.1, NAK",
        "RENEWING,    192.168.77.5, 10.0.2.7, silence",
        "REBINDING,   10.0.2.2,     -,        ACK",
        "REBINDING,   10.0.2.9,     -,        NAK",
        "REBINDING,   192.168.77.5, -,        NAK",
    })
    void theGuestOfAMasqueradeNic(String state, String address, String server, String expected) {
        ResponderBench bench = new ResponderBench();
        assertThat(answer(bench.send(request(state, AddressText.ipv4(address), server))))
                .isEqualTo(expected);
        assertThat(bench.uplink.departed()).isEmpty();
        boolean isOwn = expected.equals("ACK") && state.startsWith("RE");
        assertThat(bench.nic.seen.copy(0)).as("observed is the guest's own").hasSize(isOwn ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource({
        // The range is 10.0.2.50-59. The client's lease is 10.0.2.52, another client's 10.0.2.53.
        "leased,  SELECTING,   10.0.2.52,    10.0.2.1, ACK",
        "leased,  SELECTING,   10.0.2.55,    10.0.2.1, NAK",
        "leased,  SELECTING,   10.0.2.52,    10.0.2.7, silence",
        "leased,  INIT-REBOOT, 10.0.2.52,    -,        ACK",
        "leased,  INIT-REBOOT, 10.0.2.53,    -,        NAK",
        "leased,  INIT-REBOOT, 10.0.2.99,    -,        NAK",
        "leased,  INIT-REBOOT, 192.168.77.5, -,        NAK",
        "leased,  RENEWING,    10.0.2.52,    10.0.2.1, ACK",
        "leased,  RENEWING,    10.0.2.55,    10.0.2.1, NAK",
        "leased,  RENEWING,    192.168.77.5, 10.0.2.1, NAK",
        "leased,  REBINDING,   10.0.2.52,    -,        ACK",
        "leased,  REBINDING,   10.0.2.55,    -,        NAK",
        "leased,  REBINDING,   192.168.77.5, -,        NAK",
        // No record of the client, as after a restart.
        "unknown, SELECTING,   10.0.2.53,    10.0.2.1, NAK",
        "unknown, SELECTING,   10.0.2.99,    10.0.2.7, silence",
        "unknown, INIT-REBOOT, 10.0.2.55,    -,        ACK",
        "unknown, INIT-REBOOT, 10.0.2.53,    -,        NAK",
        "unknown, INIT-REBOOT, 10.0.2.99,    -,        silence",
        "unknown, INIT-REBOOT, 192.168.77.5, -,        NAK",
        "unknown, RENEWING,    10.0.2.55,    10.0.2.1, ACK",
        "unknown, RENEWING,    10.0.2.99,    10.0.2.1, NAK",
        "unknown, REBINDING,   10.0.2.99,    -,        silence",
        "unknown, REBINDING,   192.168.77.5, -,        NAK",
    })
    void aStationUnderTheStrictGuardOfABridge(
            String record, String state, String address, String server, String expected) {
        OnBridge on = new OnBridge();
        on.bench.send(on.other, ofAnotherClient(request("SELECTING", FIRST + 3, "10.0.2.1")));
        if (record.equals("leased")) {
            byte[] offered = request("SELECTING", FIRST + 2, "10.0.2.1");
            assertThat(answer(on.send(offered))).isEqualTo("ACK");
            assertThat(on.station.leasedAddress()).as("the guard knows").isEqualTo(FIRST + 2);
        }
        assertThat(answer(on.send(request(state, AddressText.ipv4(address), server))))
                .isEqualTo(expected);
        if (record.equals("leased")) {
            boolean isOwn = expected.equals("ACK") && state.startsWith("RE");
            assertThat(on.station.seen().copy(0))
                    .as("observed is the station's own")
                    .hasSize(isOwn ? 1 : 0);
        }
    }

    @Test
    void onlyTheServerHearsWhatComesFromAWrongAddress() {
        OnBridge on = new OnBridge();
        on.send(request("SELECTING", FIRST + 2, "10.0.2.1"));
        on.other.departed().clear();
        int wrong = FIRST + 5;
        byte[] elsewhere = request("RENEWING", wrong, "10.0.2.7");
        Ethernet.addresses(
                MemorySegment.ofArray(elsewhere), 0, 0x5254_0000_0077L, ResponderBench.GUEST_MAC);
        on.send(elsewhere);
        byte[] notAskedFor = request("RENEWING", wrong, "10.0.2.1");
        Bytes.put32(MemorySegment.ofArray(notAskedFor), CIADDR, FIRST + 2);
        readdress(notAskedFor, wrong, SERVER);
        assertThat(on.send(notAskedFor)).isEmpty();
        byte[] discover = DhcpServerTest.message(1, 0, 0);
        readdress(discover, wrong, -1);
        assertThat(on.send(discover)).isEmpty();
        assertThat(on.other.departed()).isEmpty();
        assertThat(on.station.counters.frames(Verdict.DROP_SPOOFED_ADDRESS)).isEqualTo(3);
    }

    @Test
    void onlyTheGatewayHearsWhatAGuestSendsFromAWrongAddress() {
        ResponderBench bench = new ResponderBench();
        int wrong = AddressText.ipv4("192.168.77.5");
        byte[] discover = DhcpServerTest.message(1, 0, 0);
        readdress(discover, wrong, -1);
        byte[] release = DhcpServerTest.message(7, wrong, 0);
        byte[] ciaddrIsAnother = DhcpServerTest.message(3, AddressText.ipv4("10.0.2.2"), 0);
        readdress(ciaddrIsAnother, wrong, SERVER);
        for (byte[] frame : List.of(discover, release, ciaddrIsAnother)) {
            assertThat(bench.send(frame)).isEmpty();
        }
        assertThat(bench.count(Verdict.DROP_SPOOFED_ADDRESS)).isEqualTo(3);
    }

    /** RFC 2131 4.3.2: so that the relay broadcasts it, too. */
    @Test
    void aNakByARelayHasTheBroadcastFlag() {
        byte[] request = request("INIT-REBOOT", AddressText.ipv4("192.168.77.5"), "-");
        Bytes.put32(MemorySegment.ofArray(request), 42 + 24, AddressText.ipv4("10.0.2.2"));
        readdress(request, 0, -1);
        ReplyReader nak = new ReplyReader(new ResponderBench().send(request).getFirst());
        assertThat(nak.type()).isEqualTo(6);
        assertThat(nak.field16(10)).isEqualTo(0x8000);
    }

    /** A station under the strict guard, another port, and a server of 10.0.2.50-59. */
    private static final class OnBridge {
        final WorkerBench bench = new WorkerBench();
        final PairPort pair = new PairPort(0, "p0");
        final PairPort other = new PairPort(1, "p1");
        final BridgePort station;

        OnBridge() {
            Bridge bridge = new Bridge("br1", BridgePolicy.DEFAULT, 64);
            Scope scope =
                    new Scope(
                            new Gateway(SERVER_MAC, SERVER),
                            0,
                            new Link(24, 1500),
                            3600,
                            new ClientOptions(
                                    0,
                                    new Resolver<>(List.of(), List.of()),
                                    "",
                                    CustomOptions.NONE));
            ScopeResponders server = new ScopeResponders(scope, FIRST, FIRST + 9, new EventRing());
            bridge.service(1, new BridgeService(SERVER_MAC, server));
            station = bridge.add(plan(0, pair, GuardPolicy.strict(ResponderBench.GUEST_MAC)));
            BridgePort second = bridge.add(plan(1, other, GuardPolicy.NONE));
            bench.worker.attach(bridge);
            bench.attach(station);
            bench.attach(second);
        }

        private static BridgePortPlan plan(int id, PairPort port, GuardPolicy guard) {
            return new BridgePortPlan(id, "br1/p" + id, port, PortPolicy.DEFAULT, guard);
        }

        List<byte[]> send(byte[] frame) {
            pair.departed().clear();
            bench.send(pair, frame);
            return List.copyOf(pair.departed());
        }
    }
}
