package io.virtdataplane.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses of Services as Kubernetes gives them. */
class ServiceNetworkTest {
    private static ServiceNetwork network(String cidr) {
        return new ServiceNetwork(cidr, new Random(1));
    }

    @Test
    void givesWhatIsAskedForOnce() {
        ServiceNetwork network = network("10.96.0.0/24");
        network.take("10.96.0.10");
        assertThatThrownBy(() -> network.take("10.96.0.10"))
                .hasMessage(
                        "spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to allocate IP 10.96.0.10: provided IP is already allocated");
        network.give("10.96.0.10");
        network.take("10.96.0.10");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.96.0.0", "10.96.0.255", "10.96.1.1", "10.95.255.255", "fd00::1", "::1"})
    void refusesWhatIsNotOfIt(String address) {
        assertThatThrownBy(() -> network("10.96.0.0/24").take(address))
                .hasMessageEndingWith(
                        ": provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/24");
    }

    @Test
    void keepsTheLowerBandForThoseWhoChoose() {
        ServiceNetwork network = network("10.96.0.0/24");
        Set<String> given = new HashSet<>();
        for (int i = 17; i <= 254; i++) { // 254 addresses, the first 16 are the lower band
            given.add(network.takeNext());
        }
        assertThat(given).hasSize(238).contains("10.96.0.17", "10.96.0.254");
        assertThat(given).doesNotContain("10.96.0.16", "10.96.0.1");
        for (int i = 1; i <= 16; i++) {
            given.add(network.takeNext());
        }
        assertThat(given).hasSize(254);
        assertThatThrownBy(network::takeNext)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("failed to allocate a serviceIP: range is full");
    }

    @Test
    void isOfEitherFamily() {
        ServiceNetwork network = network("fd00:96::/112");
        network.take("fd00:96::ffff");
        assertThat(network.takeNext()).startsWith("fd00:96::");
        assertThatThrownBy(() -> network.take("fd00:96::")).hasMessageContaining("valid range");
        assertThatThrownBy(() -> network.take("10.0.0.1")).hasMessageContaining("valid range");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.0/8", "10.0.0.0/31", "fd00::/64", "10.0.0.0", "a/24", "10.0.0.0/x"})
    void mustBeOneOfFittingSize(String cidr) {
        assertThatThrownBy(() -> network(cidr)).isInstanceOf(IllegalArgumentException.class);
    }
}
