package io.virtdataplane.dataplane;

import io.virtdataplane.port.CarriedPrograms;
import io.virtdataplane.port.PodFrames;
import io.virtdataplane.sys.BpfRun;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a frame costs that the kernel carries, and what it costs to hand a session over, with few
 * sessions and with a million. The kernel measures its program itself, so this is none of JMH's.
 * Each frame is of a flow chosen anew, so that with very many its entry is in no cache; what the
 * clock costs, and a system call's traces in the caches, are in that. Needs CAP_BPF and
 * CAP_NET_ADMIN.
 *
 * <pre>
 *   java -cp 'bench/target/lib/*' io.virtdataplane.dataplane.ManyFlows [SESSIONS...]
 * </pre>
 */
public final class ManyFlows {
    private static final int GUEST = AddressText.ipv4("10.0.2.2");
    private static final int FIRST_REMOTE = AddressText.ipv4("198.18.0.0");
    private static final long GUEST_MAC = 0x0200_0000_0051L;
    private static final long GATEWAY_MAC = 0x0200_0000_0001L;
    private static final int A_REMOTE = 1000; // flows
    private static final int FIRST_PORT = 10_000;
    private static final int DNS = 53;
    private static final int MTU = 1500;
    private static final int SAMPLES = 50_000;
    private static final int NOT_CARRIED = -1;

    private final CarriedPrograms programs;
    private final int sessions;
    private final Random random = new Random(1);

    private ManyFlows(int sessions) {
        this.sessions = sessions;
        Addresses ipv4 =
                Addresses.ipv4(
                        GUEST, AddressText.ipv4("10.0.2.1"), AddressText.ipv4("10.244.1.5"), 24);
        // Two flows a session, and as much room again.
        programs =
                new CarriedPrograms(
                        new DualStack(ipv4, Addresses.NONE), MTU, MTU, GATEWAY_MAC, sessions * 4);
        programs.flows().nic().guest(GUEST_MAC);
        programs.flows().nic().absence(Long.MAX_VALUE);
        programs.flows().nic().beat(System.nanoTime());
    }

    public static void main(String... arguments) {
        int[] sizes =
                arguments.length == 0
                        ? new int[] {1000, 8192, 131_072, 1_000_000}
                        : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
        new ManyFlows(1000).measure(); // compiled from here on
        for (int sessions : sizes) {
            System.out.println(new ManyFlows(sessions).measure());
        }
    }

    private String measure() {
        long began = System.nanoTime();
        int missing = 0;
        for (int i = 0; i < sessions; i++) {
            missing += isAdded(i, FlowTable.OUTWARD) && isAdded(i, FlowTable.INWARD) ? 0 : 1;
        }
        long setUpNs = (System.nanoTime() - began) / sessions;
        int[] ns =
                IntStream.range(0, SAMPLES)
                        .map(i -> run(random.nextInt(sessions)))
                        .filter(took -> took != NOT_CARRIED)
                        .sorted()
                        .toArray();
        long bytes = (long) programs.flows().capacity() / FlowTable.WAYS * FlowTable.BUCKET;
        programs.close();
        return "%d sessions in %d MB: %d/%d/%d ns a frame; handed over in %d ns; %d had no room"
                .formatted(
                        sessions,
                        bytes >> 20,
                        ns[ns.length / 10],
                        ns[ns.length / 2],
                        ns[ns.length * 9 / 10],
                        setUpNs,
                        missing);
    }

    private boolean isAdded(int session, int direction) {
        int port = FIRST_PORT + session % A_REMOTE;
        long remote = Ip.mapped(FIRST_REMOTE + session / A_REMOTE);
        return programs.flows()
                        .add(
                                session,
                                direction,
                                Protocols.UDP,
                                port,
                                port,
                                new RemoteEnd().set(0, remote, DNS),
                                null,
                                0)
                != FlowTable.NONE;
    }

    private int run(int session) {
        int port = FIRST_PORT + session % A_REMOTE;
        byte[] frame = PodFrames.udp(GUEST, port, FIRST_REMOTE + session / A_REMOTE, DNS);
        Ethernet.addresses(MemorySegment.ofArray(frame), 0, GATEWAY_MAC, GUEST_MAC);
        BpfRun run = programs.outward(frame, 1);
        run.run();
        return Arrays.equals(run.frame(), frame) ? NOT_CARRIED : run.averageNs();
    }
}
