package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowNotes;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Nic;
import io.virtdataplane.dataplane.NicAddresses;
import io.virtdataplane.dataplane.NicPlan;
import io.virtdataplane.dataplane.NicPorts;
import io.virtdataplane.dataplane.NicStages;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.port.CarriedPrograms;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.port.SteeringTables;
import io.virtdataplane.wire.AddressText;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A NIC with NAT on a {@link WorkerBench}, which checks after each exchange that verdicts add up to
 * frames received and that the pool is full again.
 */
final class Bench {
    static final String GUEST = "10.0.2.2";
    static final String POD = "10.244.1.5";
    static final String GUEST6 = "fd10:0:2::2";
    static final String GATEWAY = "10.0.2.1";
    static final String GATEWAY6 = "fd10:0:2::1";
    static final String POD6 = "fd00:10:244::5";

    /** The pod's side of the steering, as sets that tests look at. */
    static final class Pod implements PodPorts {
        /** "17/5000", for IPv6 "17/5000 v6"; those that a session alone has are in both. */
        final Set<String> steered = new HashSet<>();

        final Set<String> bySession = new HashSet<>();
        final Set<String> flows = new HashSet<>();
        final Map<String, Integer> moved = new HashMap<>();
        SteeringTables programs; // which are told of ports, too; null: there are none
        boolean ping;
        boolean others;

        @Override
        public void steer(boolean ipv6, int protocol, int port, int bits) {
            String name = protocol + "/" + port + (ipv6 ? " v6" : "");
            steered.remove(name);
            bySession.remove(name);
            int owner = bits & ~ELSEWHERE;
            if (programs != null) {
                programs.steer(ipv6, protocol, port, bits);
            }
            if (owner != 0) {
                steered.add(name);
            }
            if (owner == IN_SESSION) {
                bySession.add(name);
            }
        }

        @Override
        public void steerPing(boolean ipv6, boolean toUs) {
            ping = toUs;
        }

        @Override
        public void steerOthers(boolean ipv6, boolean toUs) {
            others = toUs;
        }

        @Override
        public boolean isPodFlow(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            return flows.contains(flow(protocol, localPort, remoteHigh, remoteLow, remotePort));
        }

        private static String flow(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            String remote = AddressText.ip(remoteHigh, remoteLow) + ":" + remotePort;
            return protocol + "/" + localPort + " " + remote;
        }

        @Override
        public int movedPort(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            return moved.getOrDefault(
                    flow(protocol, localPort, remoteHigh, remoteLow, remotePort), NOT_MOVED);
        }

        @Override
        public void keepPodFlow(
                int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            flows.add(flow(protocol, localPort, remoteHigh, remoteLow, remotePort));
        }

        @Override
        public void movePodFlow(
                int protocol,
                int localPort,
                long remoteHigh,
                long remoteLow,
                int remotePort,
                int to) {
            moved.put(flow(protocol, localPort, remoteHigh, remoteLow, remotePort), to);
            keepPodFlow(protocol, localPort, remoteHigh, remoteLow, remotePort);
            keepPodFlow(protocol, to, remoteHigh, remoteLow, remotePort);
        }
    }

    final PairPort guest = new PairPort(0, "guest");
    final PairPort uplink = new PairPort(1, "uplink");
    final Pod pod = new Pod();
    final Nat nat;
    final Nic nic;
    final WorkerBench on = new WorkerBench();
    final ServiceCounts serviceCounts = new ServiceCounts();
    final Worker worker = on.worker;
    final FramePool pool = on.pool;

    /** One port is open, and what is known is carried by the programs. */
    static Bench carried(CarriedPrograms programs, int protocol, int port) {
        OpenPorts open = OpenPorts.listed().add(protocol, port);
        NatPolicy policy =
                NatPolicy.DEFAULT
                        .with(new NatPolicy.Ports(open, UnlistedPolicy.POD, true))
                        .with(new NatPolicy.Limits(1024, 0, 256));
        return new Bench(policy, 1500, 1500, programs);
    }

    /** Programs compare its times with their own. */
    void useTheKernelsClock() {
        on.later(System.nanoTime() - on.nowNs());
        worker.beat();
    }

    Bench(OpenPorts ports) {
        this(ports, UnlistedPolicy.POD, 1024);
    }

    Bench(OpenPorts ports, UnlistedPolicy policy, int sessionLimit) {
        this(
                NatPolicy.DEFAULT
                        .with(new NatPolicy.Ports(ports, policy, true))
                        .with(new NatPolicy.Limits(sessionLimit, 0, 256)));
    }

    Bench(NatPolicy policy) {
        this(policy, 1500, 1500);
    }

    Bench(NatPolicy policy, int uplinkMtu, int guestMtu) {
        this(policy, uplinkMtu, guestMtu, unusedFlows(), null);
    }

    Bench(NatPolicy policy, int uplinkMtu, int guestMtu, FlowTable flows) {
        this(policy, uplinkMtu, guestMtu, flows, null);
    }

    Bench(NatPolicy policy, int uplinkMtu, int guestMtu, CarriedPrograms programs) {
        this(policy, uplinkMtu, guestMtu, programs.flows(), programs.tables());
    }

    /** As the kernel shares it, but that nobody carries anything. */
    private static FlowTable unusedFlows() {
        return new FlowTable(
                Arena.ofAuto().allocate(256 * FlowTable.BUCKET, 64),
                Arena.ofAuto().allocate(FlowTable.NIC, 8),
                Arena.ofAuto().allocate(64, 64),
                Arena.ofAuto().allocate(FlowNotes.BYTES, 8),
                42);
    }

    /** The addresses above. */
    static DualStack addresses() {
        Addresses ipv4 =
                Addresses.ipv4(
                        AddressText.ipv4(GUEST),
                        AddressText.ipv4(GATEWAY),
                        AddressText.ipv4(POD),
                        24);
        Addresses ipv6 =
                Addresses.ipv6(
                        AddressText.ipv6(GUEST6),
                        AddressText.ipv6(GATEWAY6),
                        AddressText.ipv6(POD6),
                        120);
        return new DualStack(ipv4, ipv6);
    }

    private Bench(
            NatPolicy policy,
            int uplinkMtu,
            int guestMtu,
            FlowTable flows,
            SteeringTables steering) {
        pod.programs = steering;
        DualStack addresses = addresses();
        int[] linkLocal = {AddressText.ipv4("169.254.20.10")};
        NatPlan plan = new NatPlan(addresses, linkLocal, uplinkMtu, guestMtu);
        nat =
                new Nat(
                        plan,
                        policy,
                        pod,
                        Arena.ofAuto().allocate(Nat.bytes(plan), 64),
                        Arena.ofAuto().allocate(Nat.tableBytes(policy.limits().sessions()), 64),
                        flows,
                        42);
        nic =
                on.attach(
                        new NicPlan(
                                0,
                                "vm/default",
                                new NicPorts(guest, uplink),
                                new NicAddresses(Nic.UNKNOWN_MAC, 0x0200_0000_0000L, addresses),
                                new NicStages(
                                        (frame, now) -> Verdict.CONTINUE,
                                        nat.outbound(),
                                        nat.inbound()),
                                flows));
        guest.departed().clear(); // the queries of the attachment
        nic.learn(0x5254_0000_0001L);
    }

    void services(ServiceTable services) {
        nat.services(services, serviceCounts, true);
    }

    Bench withFramesLeft(int left) {
        on.withFramesLeft(left);
        return this;
    }

    /** What leaves by the uplink after the guest has sent this. */
    List<byte[]> fromGuest(byte[]... frames) {
        return on.exchange(guest, uplink, frames);
    }

    /** What the guest gets after this has come for the pod's address. */
    List<byte[]> fromOutside(byte[]... frames) {
        return on.exchange(uplink, guest, frames);
    }

    long count(Verdict verdict) {
        return nic.counters.frames(verdict);
    }

    void pass(long seconds) {
        on.pass(seconds);
    }
}
