package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.FrontEnd;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which endpoints a guest may be sent to. */
class GuestServicesTest {
    private static final Policy ANY = policy(false, false);

    private static Policy policy(boolean internalLocal, boolean externalLocal) {
        return new Policy(internalLocal, externalLocal, 10, Optional.empty());
    }

    private static Endpoint endpoint(int low, int nic, String state) {
        return new Endpoint(
                "default/vm" + low,
                nic,
                0,
                low,
                8080,
                state.contains("ready"),
                state.contains("serving"),
                state.contains("ending"));
    }

    private static List<io.virtdataplane.dataplane.FrontEnd> frontEnds(
            Policy policy, Endpoint... endpoints) {
        ServicePort port =
                new ServicePort(
                        3,
                        "default/web",
                        "http",
                        Protocols.TCP,
                        false,
                        List.of(
                                new FrontEnd(Access.CLUSTER_IP, 0, 100, 80),
                                new FrontEnd(Access.LOAD_BALANCER, 0, 101, 80),
                                new FrontEnd(Access.NODE_PORT, 0, 0, 30000)),
                        List.of(endpoints),
                        policy);
        return GuestServices.frontEnds(port).toList();
    }

    private static List<Long> chosen(io.virtdataplane.dataplane.FrontEnd front) {
        return front.endpoints().stream()
                .map(io.virtdataplane.dataplane.FrontEnd.Endpoint::low)
                .toList();
    }

    @Test
    void theNodesPortIsNotAGuestsAffair() {
        List<io.virtdataplane.dataplane.FrontEnd> fronts =
                frontEnds(ANY, endpoint(1, 0, "ready serving"));
        assertThat(fronts).extracting(each -> each.at().low()).containsExactly(100L, 101L);
        assertThat(fronts).allMatch(each -> each.affinityNs() == 10_000_000_000L && each.id() == 3);
    }

    @Test
    void thoseThatAreReadyElseThoseThatStillServe() {
        Endpoint ready = endpoint(1, 0, "ready serving");
        Endpoint ending = endpoint(2, 0, "serving ending");
        Endpoint starting = endpoint(3, 0, "");
        assertThat(chosen(frontEnds(ANY, ready, ending, starting).getFirst())).containsExactly(1L);
        assertThat(chosen(frontEnds(ANY, ending, starting).getFirst())).containsExactly(2L);
        assertThat(chosen(frontEnds(ANY, starting).getFirst())).isEmpty();
    }

    @Test
    void underTheInternalPolicyLocalThoseOfThisNode() {
        Endpoint far = endpoint(1, -1, "ready serving");
        Endpoint near = endpoint(2, 0, "ready serving");
        Endpoint nearEnding = endpoint(3, 1, "serving ending");
        Policy local = policy(true, true);
        assertThat(chosen(frontEnds(local, far, near, nearEnding).getFirst())).containsExactly(2L);
        assertThat(chosen(frontEnds(local, far, nearEnding).getFirst())).containsExactly(3L);
        io.virtdataplane.dataplane.FrontEnd none = frontEnds(local, far).getFirst();
        assertThat(none.endpoints()).isEmpty();
        assertThat(none.isLocalOnly()).as("dropped, not refused").isTrue();
    }

    @Test
    void anAddressForTheOutsideLeadsAGuestAnywhere() {
        Policy local = policy(true, true);
        io.virtdataplane.dataplane.FrontEnd balancer =
                frontEnds(local, endpoint(1, -1, "ready serving")).get(1);
        assertThat(chosen(balancer)).containsExactly(1L);
        assertThat(balancer.isLocalOnly()).isFalse();
    }

    @Test
    void sourceRangesAreOfTheBalancersAddressAlone() {
        Policy ranged =
                new Policy(
                        false,
                        false,
                        0,
                        Optional.of(List.of(new ServiceMap.SourceRange(0, 7, 128))));
        List<io.virtdataplane.dataplane.FrontEnd> fronts =
                frontEnds(ranged, endpoint(1, 0, "ready serving"));
        assertThat(fronts.get(0).sources()).isEqualTo(io.virtdataplane.dataplane.FrontEnd.ANYBODY);
        assertThat(fronts.get(1).sources())
                .containsExactly(new io.virtdataplane.dataplane.FrontEnd.Range(0, 7, 128));
    }
}
