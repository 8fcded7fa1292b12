package io.virtdataplane.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.BpfRun;
import io.virtdataplane.sys.BpfRun.About;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The steering programs, run by the kernel: bytes in, action and bytes out, maps after. */
class PodProgramsTest {
    private static final int POD = AddressText.ipv4("10.244.1.5");
    private static final int WEB = AddressText.ipv4("203.0.113.7");
    private static final int LOCALHOST = AddressText.ipv4("127.0.0.1");
    private static final long[] POD6 = AddressText.ipv6("fd00:10:244::5");
    private static final long[] WEB6 = AddressText.ipv6("2001:db8::7");
    private static final int TAP = 71;
    private static final int HANDED_BACK = 0x7664_7001;
    private static final int TO_LOOPBACK = 0x7664_7002;
    private static final int TO_LOOPBACK_AS_POD = 0x7664_7003;
    private static final int PORT = 8080;
    private static final int REMOTE = 53;

    private BpfObject object;
    private Fd ingress;
    private Fd egress;
    private Fd tap;
    private Fd loopback;
    private SteeringTables steering;
    private FlowTable attended;

    @BeforeEach
    void load() {
        PodAddresses pod = new PodAddresses(POD, 24, POD6[0], POD6[1], 64);
        object = PodPrograms.of(pod, new PodPrograms.Devices(1, TAP, 1));
        ingress = BpfRun.loaded(() -> object.load("vdp_ingress"));
        egress = object.load("vdp_egress");
        tap = object.load("vdp_tap");
        loopback = object.load("vdp_loopback");
        steering = new SteeringTables(object);
        attended = FlowTable.none(object.memory("nic"));
        attended.nic().beat(System.nanoTime());
    }

    @AfterEach
    void close() {
        object.close();
    }

    private static int run(Fd program, byte[] frame) {
        return new BpfRun(program, frame, 1).run();
    }

    private boolean isNoted(int protocol, int localPort, int remotePort) {
        return steering.isPodFlow(protocol, localPort, 0, Ip.mapped(WEB), remotePort);
    }

    @Test
    void portThatNobodySteersIsThePods() {
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD, PORT))).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, PodFrames.udp6(WEB6, REMOTE, POD6, PORT))).isEqualTo(BpfRun.NEXT);
    }

    @Test
    void steeredPortIsTheGuestsInItsFamilyOnly() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OURS);
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD, PORT))).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(ingress, PodFrames.udp6(WEB6, REMOTE, POD6, PORT))).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, PodFrames.tcp(WEB, REMOTE, POD, PORT, Tcp.SYN)))
                .isEqualTo(BpfRun.NEXT);
        steering.steer(true, Protocols.UDP, PORT, SteeringTables.OURS);
        assertThat(run(ingress, PodFrames.udp6(WEB6, REMOTE, POD6, PORT)))
                .isEqualTo(BpfRun.REDIRECT);
    }

    @Test
    void whereNoDaemonHasComeForLongAllIsThePods() {
        steering.steer(false, Protocols.TCP, PORT, SteeringTables.OURS | SteeringTables.OPEN);
        steering.steer(false, Protocols.UDP, REMOTE, SteeringTables.IN_SESSION);
        byte[] toGuest = PodFrames.tcp(WEB, REMOTE, POD, PORT, Tcp.SYN);
        byte[] ofPod = PodFrames.udp(POD, REMOTE, WEB, PORT);
        byte[] local = PodFrames.tcp(POD, REMOTE, POD, PORT, Tcp.SYN);
        attended.nic().beat(System.nanoTime() - 31_000_000_000L);
        assertThat(run(ingress, toGuest)).isEqualTo(BpfRun.NEXT);
        assertThat(run(egress, ofPod)).isEqualTo(BpfRun.NEXT);
        assertThat(run(loopback, local)).isEqualTo(BpfRun.NEXT);
        attended.nic().beat(System.nanoTime());
        assertThat(run(ingress, toGuest)).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(egress, ofPod)).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(loopback, local)).isEqualTo(BpfRun.REDIRECT);
    }

    @Test
    void otherAddressesAndForeignStationsAreTheKernels() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OURS);
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD + 1, PORT))).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, PodFrames.udp(POD, REMOTE, POD, PORT))).isEqualTo(BpfRun.NEXT);
        byte[] frame = PodFrames.udp(WEB, REMOTE, POD, PORT);
        frame[5] = 1; // for another station
        assertThat(run(ingress, frame)).isEqualTo(BpfRun.NEXT);
    }

    @Test
    void flowThatThePodHasBegunIsThePods() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OURS);
        assertThat(run(egress, PodFrames.udp(POD, PORT, WEB, REMOTE))).isEqualTo(BpfRun.NEXT);
        assertThat(isNoted(Protocols.UDP, PORT, REMOTE)).isTrue();
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD, PORT))).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE + 1, POD, PORT)))
                .isEqualTo(BpfRun.REDIRECT);
    }

    @Test
    void whatWeSendIsNoFlowOfThePod() {
        byte[] frame = PodFrames.udp(POD, PORT, WEB, REMOTE);
        assertThat(new BpfRun(egress, frame, new About(0, TAP, 0), 1).run()).isEqualTo(BpfRun.NEXT);
        assertThat(isNoted(Protocols.UDP, PORT, REMOTE)).isFalse();
    }

    @Test
    void resetBeginsNoFlow() {
        run(egress, PodFrames.tcp(POD, PORT, WEB, REMOTE, Tcp.RST));
        assertThat(isNoted(Protocols.TCP, PORT, REMOTE)).isFalse();
        run(egress, PodFrames.tcp(POD, PORT, WEB, REMOTE, Tcp.SYN));
        assertThat(isNoted(Protocols.TCP, PORT, REMOTE)).isTrue();
    }

    @Test
    void flowOfThePodByAPortOfAGuestsSessionIsAskedFor() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.IN_SESSION);
        byte[] out = PodFrames.udp(POD, PORT, WEB, REMOTE);
        assertThat(run(egress, out)).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(egress, out)).isEqualTo(BpfRun.REDIRECT);
        // What comes to it meanwhile is the guest's.
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD, PORT))).isEqualTo(BpfRun.REDIRECT);
    }

    @Test
    void movedFlowIsTranslatedBothWays() {
        int moved = 40_000;
        steering.movePodFlow(Protocols.UDP, PORT, 0, Ip.mapped(WEB), REMOTE, moved);
        BpfRun out = new BpfRun(egress, PodFrames.udp(POD, PORT, WEB, REMOTE), 1);
        assertThat(out.run()).isEqualTo(BpfRun.NEXT);
        assertThat(out.frame()).isEqualTo(PodFrames.udp(POD, moved, WEB, REMOTE));
        BpfRun in = new BpfRun(ingress, PodFrames.udp(WEB, REMOTE, POD, moved), 1);
        assertThat(in.run()).isEqualTo(BpfRun.NEXT);
        assertThat(in.frame()).isEqualTo(PodFrames.udp(WEB, REMOTE, POD, PORT));
        // By its own port nothing is the pod's any more.
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD, PORT))).isEqualTo(BpfRun.DROP);
    }

    @Test
    void errorAboutAMovedFlowQuotesThePodsPort() {
        int moved = 40_000;
        steering.movePodFlow(Protocols.UDP, PORT, 0, Ip.mapped(WEB), REMOTE, moved);
        byte[] error = PodFrames.unreachable(WEB, POD, PodFrames.udp(POD, moved, WEB, REMOTE));
        BpfRun in = new BpfRun(ingress, error, 1);
        assertThat(in.run()).isEqualTo(BpfRun.NEXT);
        MemorySegment frame = MemorySegment.ofArray(in.frame());
        int quoted = PodFrames.L4_AT + Icmp.HEADER + 20;
        assertThat(Udp.srcPort(frame, quoted)).isEqualTo(PORT);
        MemorySegment sums = MemorySegment.ofArray(in.frame());
        Icmp.checksumAnew(sums, PodFrames.L4_AT, (int) frame.byteSize() - PodFrames.L4_AT);
        assertThat(in.frame()).isEqualTo(sums.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void errorFollowsWhatItQuotes() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.IN_SESSION);
        byte[] ours = PodFrames.unreachable(WEB, POD, PodFrames.udp(POD, PORT, WEB, REMOTE));
        byte[] pods = PodFrames.unreachable(WEB, POD, PodFrames.udp(POD, PORT + 1, WEB, REMOTE));
        byte[] nobodys = PodFrames.unreachable(WEB, POD, PodFrames.udp(WEB, PORT, WEB, REMOTE));
        assertThat(run(ingress, ours)).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(ingress, pods)).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, nobodys)).isEqualTo(BpfRun.NEXT);
    }

    @Test
    void pingIsTheGuestsOrThePods() {
        byte[] request = PodFrames.ping(WEB, POD, Icmp.ECHO_REQUEST, 7);
        assertThat(run(ingress, request)).isEqualTo(BpfRun.NEXT);
        steering.steerPing(false, true);
        assertThat(run(ingress, request)).isEqualTo(BpfRun.REDIRECT);
        byte[] reply = PodFrames.ping(WEB, POD, Icmp.ECHO_REPLY, 7);
        assertThat(run(ingress, reply)).isEqualTo(BpfRun.NEXT);
        steering.steer(false, Protocols.ICMP, 7, SteeringTables.IN_SESSION);
        assertThat(run(ingress, reply)).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(egress, PodFrames.ping(POD, WEB, Icmp.ECHO_REQUEST, 8)))
                .isEqualTo(BpfRun.NEXT);
        steering.steer(false, Protocols.ICMP, 8, SteeringTables.IN_SESSION);
        assertThat(run(ingress, PodFrames.ping(WEB, POD, Icmp.ECHO_REPLY, 8)))
                .isEqualTo(BpfRun.NEXT);
    }

    @Test
    void laterFragmentFollowsTheFirst() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OURS);
        byte[] ours = PodFrames.udp(WEB, REMOTE, POD, PORT);
        byte[] pods = PodFrames.udp(WEB, REMOTE, POD, PORT + 1);
        assertThat(run(ingress, PodFrames.fragment(ours, 1, 0))).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(ingress, PodFrames.fragment(ours, 1, 1480))).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(ingress, PodFrames.fragment(pods, 2, 0))).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, PodFrames.fragment(pods, 2, 1480))).isEqualTo(BpfRun.NEXT);
    }

    @Test
    void handedBackFrameIsTheKernelsAsItWas() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OURS);
        byte[] frame = PodFrames.udp(WEB, REMOTE, POD, PORT);
        BpfRun sent = new BpfRun(tap, frame, 1);
        assertThat(sent.run()).isEqualTo(BpfRun.REDIRECT);
        assertThat(sent.mark()).isEqualTo(HANDED_BACK);
        BpfRun back = new BpfRun(ingress, frame, new About(HANDED_BACK, 0, 0), 1);
        assertThat(back.run()).isEqualTo(BpfRun.NEXT);
        assertThat(back.mark()).isZero();
        assertThat(back.frame()).isEqualTo(frame);
    }

    @Test
    void synToAPortThatOnlyASessionHasIsDroppedSilently() {
        byte[] syn = PodFrames.tcp(WEB, REMOTE, POD, PORT, Tcp.SYN);
        steering.steer(false, Protocols.TCP, PORT, SteeringTables.IN_SESSION);
        assertThat(run(tap, syn)).isEqualTo(BpfRun.DROP);
        assertThat(run(tap, PodFrames.tcp(WEB, REMOTE, POD, PORT, Tcp.ACK)))
                .isEqualTo(BpfRun.REDIRECT);
        steering.steer(false, Protocols.TCP, PORT, SteeringTables.IN_SESSION | SteeringTables.OURS);
        assertThat(run(tap, syn)).isEqualTo(BpfRun.REDIRECT);
    }

    @Test
    void whatIsForAProcessOfThePodGoesByTheLoopbackDevice() {
        BpfRun local = new BpfRun(tap, PodFrames.udp(WEB, REMOTE, LOCALHOST, PORT), 1);
        assertThat(local.run()).isEqualTo(BpfRun.REDIRECT);
        assertThat(local.mark()).isEqualTo(TO_LOOPBACK);
        BpfRun own = new BpfRun(tap, PodFrames.udp(POD, REMOTE, POD, PORT), 1);
        assertThat(own.run()).isEqualTo(BpfRun.REDIRECT);
        assertThat(own.mark()).isEqualTo(TO_LOOPBACK_AS_POD);
        // Its destination is another one on the way, and what it was behind the device.
        BpfRun arrived = new BpfRun(loopback, own.frame(), new About(own.mark(), 0, 0), 1);
        assertThat(arrived.run()).isEqualTo(BpfRun.NEXT);
        assertThat(arrived.mark()).isZero();
        assertThat(arrived.frame()).isEqualTo(PodFrames.udp(POD, REMOTE, POD, PORT));
    }

    @Test
    void openPortIsTheGuestsForThePodsProcessesUnlessTheyHaveASocket() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = server.getLocalPort();
            byte[] syn = PodFrames.tcp(LOCALHOST, REMOTE, LOCALHOST, port, Tcp.SYN);
            assertThat(run(loopback, syn)).isEqualTo(BpfRun.NEXT);
            steering.steer(false, Protocols.TCP, port, SteeringTables.OPEN | SteeringTables.OURS);
            assertThat(run(loopback, syn)).isEqualTo(BpfRun.NEXT);
            // What the guest had before the pod listened there goes on.
            assertThat(run(loopback, PodFrames.tcp(LOCALHOST, 1, LOCALHOST, port, Tcp.ACK)))
                    .isEqualTo(BpfRun.REDIRECT);
            server.close();
            assertThat(run(loopback, syn)).isEqualTo(BpfRun.REDIRECT);
        }
    }

    @Test
    void newConnectionsAreTheMeshsButForItsDirectPorts() {
        steering.steer(false, Protocols.TCP, PORT, SteeringTables.OPEN | SteeringTables.OURS);
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OPEN | SteeringTables.OURS);
        byte[] syn = PodFrames.tcp(WEB, REMOTE, POD, PORT, Tcp.SYN);
        byte[] bits = new byte[1 << 16];
        assertThat(run(ingress, syn)).as("none yet").isEqualTo(BpfRun.REDIRECT);
        steering.mesh(2, bits);
        assertThat(run(ingress, syn)).isEqualTo(BpfRun.NEXT);
        assertThat(run(ingress, PodFrames.udp(WEB, REMOTE, POD, PORT))).isEqualTo(BpfRun.REDIRECT);
        assertThat(run(ingress, PodFrames.tcp(WEB, 1, POD, PORT, Tcp.ACK)))
                .as("the daemon knows")
                .isEqualTo(BpfRun.REDIRECT);
        byte[] probe = PodFrames.tcp(AddressText.ipv4("169.254.7.127"), REMOTE, POD, PORT, Tcp.SYN);
        assertThat(run(ingress, probe)).isEqualTo(BpfRun.REDIRECT);
        steering.meshSources(
                List.of(
                        new FrontEnd.Range(0, 0, 0), // all of IPv6, and no IPv4
                        new FrontEnd.Range(0, Ip.mapped(WEB ^ 1), 128)));
        assertThat(run(ingress, syn)).as("from elsewhere").isEqualTo(BpfRun.NEXT);
        steering.meshSources(List.of(new FrontEnd.Range(0, Ip.mapped(WEB & ~0xff), 96 + 24)));
        assertThat(run(ingress, syn)).as("from a direct source").isEqualTo(BpfRun.REDIRECT);
        bits[PORT] = 2;
        steering.mesh(2, bits);
        assertThat(run(ingress, syn)).as("but not the proxy's port").isEqualTo(BpfRun.NEXT);
        steering.meshSources(List.of());
        bits[PORT] = 1;
        steering.mesh(1, bits);
        assertThat(run(ingress, syn)).as("direct").isEqualTo(BpfRun.REDIRECT);
        bits[PORT] = 2;
        steering.mesh(2, bits);
        assertThat(run(ingress, probe)).as("the proxy's own port").isEqualTo(BpfRun.NEXT);
        byte[] own = PodFrames.tcp(LOCALHOST, REMOTE, LOCALHOST, PORT, Tcp.SYN);
        assertThat(run(loopback, own)).as("there, too").isEqualTo(BpfRun.NEXT);
        steering.mesh(0, new byte[1 << 16]);
        assertThat(run(ingress, syn)).as("none any more").isEqualTo(BpfRun.REDIRECT);
        assertThat(run(loopback, own)).isEqualTo(BpfRun.REDIRECT);
    }

    @Test
    void connectionFromAClientsAddressGoesBackToTheProxyUnderIt() {
        steering.steer(false, Protocols.TCP, PORT, SteeringTables.OPEN | SteeringTables.OURS);
        byte[] syn = PodFrames.tcp(WEB, REMOTE, POD, PORT, Tcp.SYN);
        byte[] answer = PodFrames.tcp(POD, PORT, WEB, REMOTE, Tcp.SYN | Tcp.ACK);
        assertThat(run(loopback, syn)).as("no mesh").isEqualTo(BpfRun.NEXT);
        steering.meshDevice(1, new DualStack(Addresses.NONE, Addresses.NONE));
        BpfRun outside = new BpfRun(tap, answer, 1);
        assertThat(outside.run()).isEqualTo(BpfRun.REDIRECT);
        assertThat(outside.mark()).as("by the uplink").isZero();
        assertThat(run(loopback, syn)).isEqualTo(BpfRun.REDIRECT);
        BpfRun sent = new BpfRun(tap, answer, 1);
        assertThat(sent.run()).isEqualTo(BpfRun.REDIRECT);
        assertThat(sent.mark() >>> 24).isEqualTo(0x77);
        BpfRun arrived = new BpfRun(loopback, sent.frame(), new About(sent.mark(), 0, 0), 1);
        assertThat(arrived.run()).isEqualTo(BpfRun.NEXT);
        assertThat(arrived.mark()).isZero();
        assertThat(arrived.frame()).isEqualTo(answer);
    }

    @Test
    void truncatedHeadersAreLeftToTheKernel() {
        steering.steer(false, Protocols.UDP, PORT, SteeringTables.OURS);
        byte[] whole = PodFrames.udp(WEB, REMOTE, POD, PORT);
        for (int length = PodFrames.L4_AT; length < PodFrames.L4_AT + 4; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThat(run(ingress, cut)).as("%d bytes", length).isEqualTo(BpfRun.NEXT);
        }
    }
}
