package io.virtdataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.wire.Bytes;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random traffic of both families, with a seed, against plain maps: what goes out and comes back is
 * restored byte for byte, no two live sessions share an outside tuple, nothing survives its
 * deadline, and a full table refuses and never corrupts.
 */
class NatModelTest {
    private static final long SEED = 4787;
    private static final int STEPS = 60_000;
    private static final long UDP_SECONDS = 300;
    private static final long PING_SECONDS = 60;

    /** A flow as the guest or as the outside sees it. */
    private record Flow(Family family, boolean ping, int port, String remote, int remotePort) {
        byte[] outward(String source, int sourcePort) {
            return ping
                    ? Packets.ping(source, remote, sourcePort)
                    : Packets.udp(source, sourcePort, remote, remotePort);
        }

        byte[] inward(String destination, int destinationPort) {
            return ping
                    ? Packets.pong(remote, destination, destinationPort)
                    : Packets.udp(remote, remotePort, destination, destinationPort);
        }

        Flow with(int newPort) {
            return new Flow(family, ping, newPort, remote, remotePort);
        }
    }

    private record Session(int outsidePort, long deadline) {}

    private final Random random = new Random(SEED);
    private final Map<Flow, Session> sessionByInside = new HashMap<>();
    private final Map<Flow, Flow> insideByOutside = new HashMap<>();
    private long seconds;

    @Test
    void agreesWithAPlainModel() {
        Bench bench =
                new Bench(
                        NatPolicy.DEFAULT
                                .with(
                                        new NatPolicy.Ports(
                                                OpenPorts.listed(), UnlistedPolicy.DROP, true))
                                .with(new NatPolicy.Limits(100_000, 0, 256)));
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(10)) {
                case 0 -> pass(bench, 1 + random.nextInt(40));
                case 1, 2, 3 -> fromOutside(bench, step);
                case 4 -> podTakes(bench);
                default -> fromGuest(bench, step);
            }
            if (step % 1000 == 0) {
                assertThat(bench.nat.sessionCount())
                        .as("seed=%d step=%d", SEED, step)
                        .isEqualTo(sessionByInside.size());
            }
        }
        assertThat(sessionByInside).isNotEmpty();
    }

    private Flow anyFlow() {
        Family family = random.nextBoolean() ? Family.IPV4 : Family.IPV6;
        boolean ping = random.nextInt(4) == 0;
        String remote = random.nextBoolean() ? family.web : family.other;
        int port = 1000 + random.nextInt(80);
        return new Flow(family, ping, port, remote, ping ? 0 : 7000 + random.nextInt(3));
    }

    private void pass(Bench bench, int passing) {
        seconds += passing;
        bench.pass(passing);
        sessionByInside
                .entrySet()
                .removeIf(
                        entry -> {
                            boolean over = entry.getValue().deadline() <= seconds;
                            if (over) {
                                insideByOutside.remove(
                                        entry.getKey().with(entry.getValue().outsidePort()));
                            }
                            return over;
                        });
    }

    /** The pod's kernel opens a flow of its own: the guest cannot have it any more. */
    private void podTakes(Bench bench) {
        Flow flow = anyFlow();
        if (!insideByOutside.containsKey(flow)) {
            int protocol = flow.ping() ? flow.family().icmp : 17;
            bench.pod.flows.add(
                    protocol + "/" + flow.port() + " " + flow.remote() + ":" + flow.remotePort());
        }
    }

    private void fromGuest(Bench bench, int step) {
        Flow inside = anyFlow();
        byte[] sent = inside.outward(inside.family().guest, inside.port());
        byte[] left = bench.fromGuest(sent).getFirst();
        int outsidePort = sourcePort(inside, left);
        Session known = sessionByInside.get(inside);
        if (known != null) {
            assertThat(outsidePort)
                    .as("seed=%d step=%d", SEED, step)
                    .isEqualTo(known.outsidePort());
        } else {
            assertThat(insideByOutside)
                    .as("seed=%d step=%d", SEED, step)
                    .doesNotContainKey(inside.with(outsidePort));
            insideByOutside.put(inside.with(outsidePort), inside);
        }
        assertThat(left)
                .as("all but ports and hops is what pcap4j makes of the translated flow")
                .isEqualTo(oneHopLess(inside, inside.outward(inside.family().pod, outsidePort)));
        sessionByInside.put(inside, new Session(outsidePort, seconds + life(inside)));
    }

    private void fromOutside(Bench bench, int step) {
        Flow outside = anyFlow();
        List<byte[]> got = bench.fromOutside(outside.inward(outside.family().pod, outside.port()));
        Flow inside = insideByOutside.get(outside);
        if (inside == null) {
            assertThat(got).as("no session: seed=%d step=%d", SEED, step).isEmpty();
            return;
        }
        assertThat(got).as("seed=%d step=%d", SEED, step).hasSize(1);
        byte[] expected = oneHopLess(inside, inside.inward(inside.family().guest, inside.port()));
        // The addresses of Ethernet are set for the guest.
        System.arraycopy(got.getFirst(), 0, expected, 0, 12);
        assertThat(got.getFirst()).isEqualTo(expected);
        Session session = sessionByInside.get(inside);
        sessionByInside.put(inside, new Session(session.outsidePort(), seconds + life(inside)));
    }

    private static long life(Flow flow) {
        return flow.ping() ? PING_SECONDS : UDP_SECONDS;
    }

    private static int sourcePort(Flow flow, byte[] frame) {
        int at = 14 + flow.family().ipHeader + (flow.ping() ? 4 : 0);
        return Bytes.u16(MemorySegment.ofArray(frame), at);
    }

    private static byte[] oneHopLess(Flow flow, byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        if (flow.family().isIpv6()) {
            frame[21]--;
        } else {
            frame[22]--;
            io.virtdataplane.wire.Ipv4.checksumAnew(b, 14);
        }
        return frame;
    }

    @Test
    void fullTableRefusesOrReclaimsAndNeverCorrupts() {
        Bench bench =
                new Bench(
                        NatPolicy.DEFAULT
                                .with(
                                        new NatPolicy.Ports(
                                                OpenPorts.listed(), UnlistedPolicy.DROP, true))
                                .with(new NatPolicy.Limits(32, 0, 16)));
        for (int step = 0; step < STEPS; step++) {
            Flow inside = anyFlow();
            byte[] sent = inside.outward(inside.family().guest, inside.port());
            List<byte[]> left = bench.fromGuest(sent);
            assertThat(bench.nat.sessionCount()).isLessThanOrEqualTo(32);
            if (left.isEmpty()) {
                continue;
            }
            int outsidePort = sourcePort(inside, left.getFirst());
            byte[] back =
                    bench.fromOutside(inside.inward(inside.family().pod, outsidePort)).getFirst();
            byte[] expected =
                    oneHopLess(inside, inside.inward(inside.family().guest, inside.port()));
            assertThat(Arrays.copyOfRange(back, 14, back.length))
                    .as("seed=%d step=%d", SEED, step)
                    .isEqualTo(Arrays.copyOfRange(expected, 14, expected.length));
            if (random.nextInt(50) == 0) {
                bench.pass(random.nextInt(100));
            }
        }
    }
}
