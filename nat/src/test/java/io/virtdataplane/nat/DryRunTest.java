package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.fragments;
import static io.virtdataplane.nat.Packets.ping;
import static io.virtdataplane.nat.Packets.pong;
import static io.virtdataplane.nat.Packets.raw;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static io.virtdataplane.nat.ServicesTest.at;
import static io.virtdataplane.nat.ServicesTest.front;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.StateSnapshot;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A frame that is only explained leaves a NAT as it was, whatever frame it is. */
class DryRunTest {
    /** Filled anew for each ICMP error. */
    private static final Set<String> SCRATCH =
            Set.of(
                    "QuotedPacket",
                    "IcmpErrors.about",
                    "Services.current",
                    "Services.isRegarded",
                    "Services.chosen",
                    "Services.endpoint",
                    "Services.frontHigh",
                    "Services.frontLow",
                    "Services.frontPort",
                    "Services.remoteHigh",
                    "Services.remoteLow",
                    "Fragments.remoteHigh",
                    "Fragments.remoteLow");

    private static final int NAME_SERVER = 53;
    private static final int OPEN = 80;
    private static final int CLOSED = 81;
    private static final NatPolicy POLICY =
            NatPolicy.DEFAULT
                    .with(
                            new NatPolicy.Ports(
                                    OpenPorts.listed().add(Protocols.TCP, OPEN),
                                    UnlistedPolicy.POD,
                                    true))
                    .with(new NatPolicy.Limits(64, 1000, 16));

    private record Case(String name, boolean fromGuest, byte[] frame) {}

    private static Case out(String name, byte[] frame) {
        return new Case("from the guest: " + name, true, frame);
    }

    private static Case in(String name, byte[] frame) {
        return new Case("from outside: " + name, false, frame);
    }

    private static List<Case> cases(Family family) {
        String guest = family.guest;
        String web = family.web;
        String pod = family.pod;
        byte[] datagram = udp(guest, 41_000, web, NAME_SERVER);
        byte[] answer = udp(web, NAME_SERVER, pod, 40_000);
        List<Case> cases =
                new ArrayList<>(
                        List.of(
                                out("new session", udp(guest, 40_009, web, NAME_SERVER)),
                                out("known session", udp(guest, 40_000, web, NAME_SERVER)),
                                out("session that is over", udp(guest, 40_001, web, NAME_SERVER)),
                                out("port that another has", udp(guest, 40_002, web, 9)),
                                out("SYN", tcp(guest, 40_010, web, 443, "S")),
                                out("RST", tcp(guest, 40_003, web, 443, "R")),
                                out("FIN", tcp(guest, 40_003, web, 443, "FA")),
                                out("ping", ping(guest, web, 7)),
                                out("GRE", raw(guest, web, Protocols.GRE, new byte[20])),
                                out("SCTP", raw(guest, web, Protocols.SCTP, new byte[20])),
                                out("to its own pod, open", tcp(guest, 40_011, pod, OPEN, "S")),
                                out("to its own pod, closed", tcp(guest, 40_011, pod, CLOSED, "S")),
                                out("to its own pod, UDP", udp(guest, 40_011, pod, CLOSED)),
                                out("ping of its own pod", ping(guest, pod, 8)),
                                out("to the gateway", udp(guest, 40_012, family.gateway, 9)),
                                out("at its last hop", lastHop(family, guest, web)),
                                out("too long", tooLong(family, guest, web)),
                                out("fragment, first", fragments(datagram, 16, 9).get(0)),
                                out("fragment, later", fragments(datagram, 16, 9).get(1)),
                                out("fragment of a known one", held(family, 8).get(1)),
                                out("fragment twice", held(family, 8).get(0)),
                                out("error", error(family, guest, tcp(web, 5, guest, OPEN, "S"))),
                                in("known session", answer),
                                in("session that is over", udp(web, NAME_SERVER, pod, 40_001)),
                                in("open port", tcp(web, 6, pod, OPEN, "S")),
                                in("closed port", tcp(web, 6, pod, CLOSED, "S")),
                                in("closed port, UDP", udp(web, 6, pod, CLOSED)),
                                in("ping", ping(web, pod, 9)),
                                in("answer to no ping", pong(web, pod, 9)),
                                in("at its last hop", lastHop(family, web, pod)),
                                in("too long", tooLong(family, web, pod)),
                                in("fragment, first", fragments(answer, 16, 9).get(0)),
                                in("fragment, later", fragments(answer, 16, 9).get(1)),
                                in(
                                        "error",
                                        error(family, family.router, udp(pod, 40_000, web, 53))),
                                in(
                                        "error about a session that is over",
                                        error(family, family.router, udp(pod, 40_001, web, 53)))));
        String service = ServicesTest.vip(family);
        cases.add(out("to a Service", tcp(guest, 40_020, service, 80, "S")));
        cases.add(out("to a Service's endpoint that is gone", udp(guest, 40_021, service, 53)));
        cases.add(out("to its own Service", tcp(guest, 40_022, service, 8080, "S")));
        cases.add(out("to a Service without endpoint", tcp(guest, 40_023, service, 81, "S")));
        cases.add(out("to a port no Service has", tcp(guest, 40_024, service, 82, "S")));
        cases.add(out("cut off", java.util.Arrays.copyOf(datagram, 20)));
        return cases;
    }

    private static byte[] error(Family family, String router, byte[] about) {
        return IcmpPackets.unreachable(family, router, about);
    }

    private static byte[] lastHop(Family family, String src, String dst) {
        byte[] frame = udp(src, 40_000, dst, NAME_SERVER);
        if (src.equals(family.web)) {
            frame = udp(src, NAME_SERVER, dst, 40_000);
        }
        frame[family.isIpv6() ? 21 : 22] = 1;
        return frame;
    }

    /** Of the session that {@link #bench} has. */
    private static byte[] tooLong(Family family, String src, String dst) {
        boolean outward = src.equals(family.guest);
        byte[] frame =
                outward
                        ? udp(src, 40_000, dst, NAME_SERVER, new byte[1400])
                        : udp(src, NAME_SERVER, dst, 40_000, new byte[1400]);
        if (!family.isIpv6()) {
            frame[20] = 0x40; // not to be fragmented
            Ipv4.checksumAnew(MemorySegment.ofArray(frame), 14);
        }
        return frame;
    }

    private static List<byte[]> held(Family family, int identification) {
        byte[] datagram = udp(family.guest, 42_000, family.web, NAME_SERVER, new byte[64]);
        return fragments(datagram, 16, identification);
    }

    /**
     * Two sessions, one whose time is over since the last ageing, a mapping to another port, a
     * datagram in fragments on its way.
     */
    private static Bench bench(Family family) {
        Bench bench = new Bench(POLICY, 1400, 1400);
        String remote = family.isIpv6() ? "2001:db8::7" : "203.0.113.7";
        bench.pod.flows.add("17/40002 " + remote + ":9");
        serve(bench, family, family.web);
        bench.fromGuest(udp(family.guest, 40_001, family.web, NAME_SERVER));
        bench.on.later(299_900_000_000L);
        bench.fromGuest(udp(family.guest, 40_000, family.web, NAME_SERVER));
        bench.fromGuest(tcp(family.guest, 40_003, family.web, 443, "S"));
        bench.fromOutside(tcp(family.web, 5, family.pod, OPEN, "S"));
        bench.fromGuest(held(family, 8).get(0));
        bench.fromGuest(udp(family.guest, 40_021, ServicesTest.vip(family), 53));
        serve(bench, family, family.other);
        bench.worker.breath(0); // ages
        bench.on.later(400_000_000L);
        bench.worker.breath(0); // does not: a second is not over
        return bench;
    }

    private static void serve(Bench bench, Family family, String nameServer) {
        String vip = ServicesTest.vip(family);
        FrontEnd[] fronts = {
            front(vip, Protocols.UDP, 53, 0, at(nameServer, 53)),
            front(vip, Protocols.TCP, 80, 1_000_000_000L, at(family.web, 1), at(family.web, 2)),
            front(vip, Protocols.TCP, 8080, 0, at(family.pod, OPEN)),
            front(vip, Protocols.TCP, 81, 0)
        };
        bench.services(ServiceTable.of(List.of(fronts)));
    }

    @ParameterizedTest
    @EnumSource
    void noFrameChangesAnything(Family family) {
        Bench bench = bench(family);
        assertThat(bench.nat.list(9, bench.on.nowNs()))
                .as("one is over")
                .anyMatch(s -> s.use().idleSeconds() == 300);
        StateSnapshot before = new StateSnapshot(bench.worker, SCRATCH);
        for (Case one : cases(family)) {
            bench.worker.explain(bench.nic, one.fromGuest, one.frame);
            StateSnapshot after = new StateSnapshot(bench.worker, SCRATCH);
            assertThat(after.changesSince(before)).as(one.name).isEmpty();
            before = after;
        }
    }

    /** What the test above is worth: the same frames, sent, do change what it looks at. */
    @ParameterizedTest
    @EnumSource
    void eachFrameThatIsSentChangesSomething(Family family) {
        for (Case one : cases(family)) {
            Bench bench = bench(family);
            StateSnapshot before = new StateSnapshot(bench.worker, SCRATCH);
            send(bench, one);
            assertThat(new StateSnapshot(bench.worker, SCRATCH).changesSince(before))
                    .as(one.name)
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void dryRunAndFrameEndAlike(Family family) {
        for (Case one : cases(family)) {
            Bench bench = bench(family);
            Trace trace = bench.worker.explain(bench.nic, one.fromGuest, one.frame);
            long before = bench.count(trace.verdict());
            List<byte[]> left = send(bench, one);
            assertThat(bench.count(trace.verdict()))
                    .as("%s: %s", one.name, trace.verdict())
                    .isEqualTo(before + 1);
            if (trace.verdict() == Verdict.FORWARDED) {
                byte[] shown = trace.after();
                assertThat(java.util.Arrays.copyOf(left.getFirst(), shown.length))
                        .as(one.name)
                        .isEqualTo(shown);
            }
        }
    }

    private static List<byte[]> send(Bench bench, Case one) {
        return one.fromGuest ? bench.fromGuest(one.frame) : bench.fromOutside(one.frame);
    }

    @ParameterizedTest
    @EnumSource
    void answerOfARefusedPortIsNotCountedAgainstThoseASecond(Family family) {
        Bench bench = new Bench(OpenPorts.listed(), UnlistedPolicy.REJECT, 16);
        StateSnapshot before = new StateSnapshot(bench.nat, SCRATCH);
        byte[] udp = udp(family.web, 6, family.pod, CLOSED);
        byte[] tcp = tcp(family.web, 6, family.pod, CLOSED, "S");
        for (byte[] refused : List.of(udp, tcp)) {
            Trace trace = bench.worker.explain(bench.nic, false, refused);
            assertThat(trace.verdict()).isEqualTo(Verdict.REJECTED);
        }
        assertThat(new StateSnapshot(bench.nat, SCRATCH).changesSince(before)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void limitsThatAreReachedAreForetold(Family family) {
        byte[] another = udp(family.guest, 40_001, family.web, NAME_SERVER);
        Bench rate = new Bench(NatPolicy.DEFAULT.with(new NatPolicy.Limits(64, 1, 16)));
        rate.fromGuest(udp(family.guest, 40_000, family.web, NAME_SERVER));
        assertThat(rate.worker.explain(rate.nic, true, another).verdict())
                .isEqualTo(Verdict.DROP_SESSION_RATE);
        Bench limit = new Bench(NatPolicy.DEFAULT.with(new NatPolicy.Limits(1, 0, 16)));
        limit.fromGuest(tcp(family.guest, 40_000, family.web, 443, "S"));
        limit.fromOutside(tcp(family.web, 443, family.pod, 40_000, "SA"));
        limit.fromGuest(tcp(family.guest, 40_000, family.web, 443, "A"));
        assertThat(limit.worker.explain(limit.nic, true, another).verdict())
                .isEqualTo(Verdict.DROP_SESSION_LIMIT);
    }
}
