package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.service.Backend;
import io.virtdataplane.daemon.service.Backend.Address;
import io.virtdataplane.daemon.service.Backend.PodNic;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.daemon.service.ServiceMap.State;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** It is told once that a Service leads to a port which a machine here does not have open. */
class ClosedTargetsTest {
    private static final String HERE = "10.244.1.5";
    private final List<String> told = new ArrayList<>();
    private int open = 22;
    private final ClosedTargets closed =
            new ClosedTargets(
                    () -> List.of(machine()),
                    each -> told.add(each.service() + " " + each.words()));

    private Backend machine() {
        long[] at = AddressText.ip(HERE);
        Map<Family, Address> addresses = Map.of(Family.IPv4, new Address(at[0], at[1]));
        PodNic nic = new PodNic(1, "default/vm/default", addresses, new One(open));
        return Backend.of("default/vm", Map.of(), Optional.of(nic), "");
    }

    private record One(int port) implements Backend.Ports {
        @Override
        public boolean isOpen(int protocol, int asked) {
            return protocol == Protocols.TCP && asked == port;
        }

        @Override
        public OptionalInt named(String name, int protocol) {
            return OptionalInt.empty();
        }

        @Override
        public String words() {
            return "TCP/" + port;
        }
    }

    private static ServiceMap map(String address, int target) {
        long[] at = AddressText.ip(address);
        long[] vip = AddressText.ip("10.96.0.10");
        Endpoint endpoint =
                new Endpoint("default/vm", true, true, at[0], at[1], target, State.READY);
        ServicePort port =
                new ServicePort(
                        0,
                        "default/web",
                        "",
                        Protocols.TCP,
                        false,
                        List.of(new AccessPoint(Access.CLUSTER_IP, vip[0], vip[1], 80)),
                        List.of(endpoint),
                        new Policy(false, false, 0, Optional.empty()));
        return new ServiceMap(1, List.of(port), List.of());
    }

    @Test
    void anOpenTargetAndAMachineElsewhereAreNobodysFault() {
        closed.look(map(HERE, 22));
        closed.look(map("10.244.2.5", 8080));
        assertThat(told).isEmpty();
    }

    @Test
    void aClosedOneIsToldOnceUntilItWasOpen() {
        String words =
                "default/web machine=default/vm targetPort=TCP/8080: targetPort must be an open port of the machine: open=TCP/22";
        closed.look(map(HERE, 8080));
        closed.look(map(HERE, 8080));
        assertThat(told).containsExactly(words);
        open = 8080;
        closed.look(map(HERE, 8080));
        open = 22;
        closed.look(map(HERE, 8080));
        assertThat(told).containsExactly(words, words);
    }
}
