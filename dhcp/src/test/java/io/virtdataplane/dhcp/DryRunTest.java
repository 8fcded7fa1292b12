package io.virtdataplane.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePolicy;
import io.virtdataplane.bridge.BridgePort;
import io.virtdataplane.bridge.BridgePortPlan;
import io.virtdataplane.bridge.BridgeService;
import io.virtdataplane.bridge.GroupPolicy;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortPolicy;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.StateSnapshot;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.dataplane.WorkerBench;
import io.virtdataplane.port.PairPort;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ethernet;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A query that is only explained takes no lease, no event, and nothing of what may be answered. */
class DryRunTest {
    private static final int FIRST = AddressText.ipv4("10.0.2.50");
    private static final int SERVER = AddressText.ipv4("10.0.2.1");

    /** Filled anew for each message. */
    private static final Set<String> SCRATCH =
            Set.of(
                    "DhcpReplyOptions",
                    "DhcpServer.nic",
                    "OptionSelection",
                    "DhcpServer.rapid",
                    "Dhcpv6Server.reply",
                    "Dhcpv6Server.length",
                    "Floods",
                    "Recipients.chosen",
                    "Recipients.members",
                    "Recipients.count",
                    "Recipients.refusal");

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.virtdataplane.dhcp.MutationTest#messages")
    void noQueryToAGatewayChangesAnything(String name, byte[] message) {
        ResponderBench bench = new ResponderBench();
        bench.send(DhcpServerTest.message(3, 0, 0, DhcpServerTest.option(50, FIRST)));
        StateSnapshot before = new StateSnapshot(bench.worker, SCRATCH);
        bench.worker.explain(bench.nic, true, message);
        assertThat(new StateSnapshot(bench.worker, SCRATCH).changesSince(before)).isEmpty();
        bench.send(message);
        assertThat(new StateSnapshot(bench.worker, SCRATCH).changesSince(before))
                .as("the message itself does")
                .isNotEmpty();
    }

    @Test
    void answersThatAreUsedUpAreToldAndNotCounted() {
        ResponderBench bench = new ResponderBench();
        byte[] arp = DhcpServerTest.arp(AddressText.ipv4("10.0.2.2"), SERVER);
        for (int i = 0; i < 1000; i++) {
            assertThat(bench.send(arp)).hasSize(1);
        }
        assertThat(bench.worker.explain(bench.nic, true, arp).verdict())
                .isEqualTo(Verdict.DROP_RATE_LIMITED);
        assertThat(bench.count(Verdict.DROP_RATE_LIMITED)).isZero();
    }

    private final PairPort pair = new PairPort(0, "p0");
    private final WorkerBench on = new WorkerBench();
    private final Worker worker = on.worker;
    private BridgePort port;

    /** A port of a bridge with a server of two addresses. */
    private void attachToServer() {
        BridgePolicy withoutSnooping =
                new BridgePolicy(
                        true, BridgePolicy.DEFAULT_AGEING_NS, 0, new GroupPolicy(false, 0));
        Bridge bridge = new Bridge("br1", withoutSnooping, 64);
        Scope scope =
                new Scope(
                        new Gateway(0x0200_0000_0000L, SERVER),
                        0,
                        new Link(24, 1500),
                        3600,
                        new ClientOptions(
                                0, new Resolver<>(List.of(), List.of()), "", CustomOptions.NONE));
        ScopeResponders server = new ScopeResponders(scope, FIRST, FIRST + 1, new EventRing());
        bridge.service(1, new BridgeService(scope.gatewayMac(), server));
        port =
                bridge.add(
                        new BridgePortPlan(
                                0, "br1/p0", pair, PortPolicy.DEFAULT, GuardPolicy.NONE));
        worker.attach(bridge);
        on.attach(port);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.virtdataplane.dhcp.MutationTest#messages")
    void noQueryToAServerOfARangeChangesAnything(String name, byte[] message) {
        attachToServer();
        on.send(pair, DhcpServerTest.message(3, 0, 0, DhcpServerTest.option(50, FIRST)));
        StateSnapshot before = new StateSnapshot(worker, SCRATCH);
        worker.explain(port, true, message);
        assertThat(new StateSnapshot(worker, SCRATCH).changesSince(before)).isEmpty();
        on.send(pair, message);
        assertThat(new StateSnapshot(worker, SCRATCH).changesSince(before)).isNotEmpty();
    }

    @Test
    void refusalOfARequestIsForetold() {
        attachToServer();
        byte[] foreign =
                DhcpServerTest.message(
                        3, 0, 0, DhcpServerTest.option(50, AddressText.ipv4("192.168.77.5")));
        Trace trace = worker.explain(port, true, foreign);
        assertThat(trace.verdict()).isEqualTo(Verdict.ANSWERED);
        assertThat(Ethernet.dst(MemorySegment.ofArray(trace.after()), 0))
                .as("RFC 2131 4.1: a NAK is broadcast")
                .isEqualTo(Ethernet.BROADCAST);
        on.send(pair, foreign);
        assertThat(pair.departed().getLast()).startsWith(trace.after());
    }
}
