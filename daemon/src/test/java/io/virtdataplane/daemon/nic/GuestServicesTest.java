package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.daemon.service.ServiceMap.State;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which endpoints a guest may be sent to. */
class GuestServicesTest {
    private static final Set<FrontEnd.Endpoint> NODE =
            Set.of(
                    new FrontEnd.Endpoint(0, Ip.mapped(7), 0),
                    new FrontEnd.Endpoint(1, 7, 0)); // of IPv6
    private static final Policy ANY = policy(false, false);

    private static Policy policy(boolean internalLocal, boolean externalLocal) {
        return new Policy(internalLocal, externalLocal, 10, Optional.empty());
    }

    private static Endpoint endpoint(int low, int nic, String state) {
        return new Endpoint(
                "default/vm" + low,
                nic >= 0,
                !state.contains("elsewhere"),
                0,
                low,
                8080,
                new State(
                        state.contains("ready"),
                        state.contains("serving"),
                        state.contains("ending")));
    }

    private static List<FrontEnd> frontEnds(Policy policy, Endpoint... endpoints) {
        ServicePort port =
                new ServicePort(
                        3,
                        "default/web",
                        "http",
                        Protocols.TCP,
                        false,
                        List.of(
                                new AccessPoint(Access.CLUSTER_IP, 0, 100, 80),
                                new AccessPoint(Access.LOAD_BALANCER, 0, 101, 80),
                                new AccessPoint(Access.NODE_PORT, 0, 0, 30000)),
                        List.of(endpoints),
                        policy);
        return GuestServices.frontEnds(port, NODE).toList();
    }

    private static List<Long> chosen(FrontEnd front) {
        return front.endpoints().stream().map(FrontEnd.Endpoint::low).toList();
    }

    @Test
    void theNodesPortIsAtTheNodesAddresses() {
        List<FrontEnd> fronts = frontEnds(ANY, endpoint(1, 0, "ready serving"));
        assertThat(fronts)
                .extracting(each -> each.at().low())
                .containsExactly(100L, 101L, Ip.mapped(7));
        assertThat(fronts).extracting(each -> each.at().port()).containsExactly(80, 80, 30000);
        assertThat(fronts.get(2).ownsAddress()).as("the node's other ports").isFalse();
        assertThat(fronts).allMatch(each -> each.affinityNs() == 10_000_000_000L && each.id() == 3);
    }

    /** S19. */
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
    void thoseThatArePreferredHere() {
        Endpoint near = endpoint(1, -1, "ready serving");
        Endpoint far = endpoint(2, 0, "ready serving elsewhere");
        Endpoint ending = endpoint(3, -1, "serving ending elsewhere");
        assertThat(chosen(frontEnds(ANY, near, far).getFirst())).containsExactly(1L);
        assertThat(chosen(frontEnds(policy(true, false), near, far).getFirst()))
                .as("Local knows no preference")
                .containsExactly(2L);
        assertThat(chosen(frontEnds(ANY, ending).getFirst())).containsExactly(3L);
    }

    @Test
    void underTheInternalPolicyLocalThoseOfThisNode() {
        Endpoint far = endpoint(1, -1, "ready serving");
        Endpoint near = endpoint(2, 0, "ready serving");
        Endpoint nearEnding = endpoint(3, 1, "serving ending");
        Policy local = policy(true, true);
        assertThat(chosen(frontEnds(local, far, near, nearEnding).getFirst())).containsExactly(2L);
        assertThat(chosen(frontEnds(local, far, nearEnding).getFirst())).containsExactly(3L);
        FrontEnd none = frontEnds(local, far).getFirst();
        assertThat(none.endpoints()).isEmpty();
        assertThat(none.isLocalOnly()).as("dropped, not refused").isTrue();
    }

    @Test
    void anAddressForTheOutsideLeadsAGuestAnywhere() {
        Policy local = policy(true, true);
        FrontEnd balancer = frontEnds(local, endpoint(1, -1, "ready serving")).get(1);
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
        List<FrontEnd> fronts = frontEnds(ranged, endpoint(1, 0, "ready serving"));
        assertThat(fronts.get(0).sources()).isEqualTo(FrontEnd.ANYBODY);
        assertThat(fronts.get(1).sources()).containsExactly(new FrontEnd.Range(0, 7, 128));
    }
}
