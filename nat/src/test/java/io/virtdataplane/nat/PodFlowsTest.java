package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.ping;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.Verdict;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pod's kernel begins a flow by a port that a session of the guest has. */
class PodFlowsTest {
    private static final int PORT = 40001;
    private final Bench bench = new Bench(OpenPorts.listed());

    /** Sent by the pod's kernel, and what leaves instead. */
    private byte[] fromPod(byte[] frame) {
        List<byte[]> left = bench.on.exchange(bench.uplink, bench.uplink, frame);
        assertThat(left).hasSize(1);
        return left.getFirst();
    }

    @ParameterizedTest
    @EnumSource
    void sameFlowLeavesByAnotherPortAndKeepsIt(Family family) {
        bench.fromGuest(udp(family.guest, PORT, family.web, 53));
        byte[] query = udp(family.pod, PORT, family.web, 53);
        String first = flow(fromPod(query));
        assertThat(first)
                .isNotEqualTo(family.outward(PORT, family.web, 53))
                .startsWith(family.at(family.pod, 0).replaceAll("0$", ""))
                .endsWith(" > " + family.at(family.web, 53));
        assertThat(flow(fromPod(query))).isEqualTo(first);
        assertThat(bench.pod.moved).hasSize(1);
        assertThat(bench.count(Verdict.SENT_FOR_POD)).isEqualTo(2);
        assertThat(bench.fromOutside(udp(family.web, 53, family.pod, PORT)))
                .as("the guest's session goes on")
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void connectionAndPingAreMovedToo(Family family) {
        bench.fromGuest(
                tcp(family.guest, PORT, family.web, 443, "S"),
                ping(family.guest, family.web, PORT));
        assertThat(flow(fromPod(tcp(family.pod, PORT, family.web, 443, "S"))))
                .isNotEqualTo(family.outward(PORT, family.web, 443))
                .endsWith(" > " + family.at(family.web, 443));
        String own = flow(ping(family.pod, family.web, PORT));
        assertThat(flow(fromPod(ping(family.pod, family.web, PORT)))).isNotEqualTo(own);
        assertThat(bench.pod.moved).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void otherRemoteEndpointKeepsThePort(Family family) {
        bench.fromGuest(udp(family.guest, PORT, family.web, 53));
        assertThat(flow(fromPod(udp(family.pod, PORT, family.web, 54))))
                .isEqualTo(family.outward(PORT, family.web, 54));
        assertThat(flow(fromPod(udp(family.pod, PORT, family.other, 53))))
                .isEqualTo(family.outward(PORT, family.other, 53));
        assertThat(bench.pod.moved).isEmpty();
        assertThat(bench.pod.flows).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void guestThatComesLaterGetsAnotherPort(Family family) {
        bench.fromGuest(udp(family.guest, PORT, family.other, 53)); // the port has a session
        fromPod(udp(family.pod, PORT, family.web, 53));
        assertThat(flow(bench.fromGuest(udp(family.guest, PORT, family.web, 53)).getFirst()))
                .isNotEqualTo(family.outward(PORT, family.web, 53));
    }
}
