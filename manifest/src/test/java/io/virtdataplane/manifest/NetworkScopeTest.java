package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.wire.AddressText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The annotations by which a network asks for a DHCP server. */
class NetworkScopeTest {
    private static NetworkDefinition network(String annotations) {
        String manifest =
                "{apiVersion: k8s.cni.cncf.io/v1, kind: NetworkAttachmentDefinition, metadata: {name: net, annotations: {"
                        + annotations
                        + "}}, spec: {config: '{\"cniVersion\": \"0.3.1\", \"name\": \"n\", \"type\": \"cnv-bridge\", \"bridge\": \"br1\"}'}}";
        return (NetworkDefinition) Manifests.parse(manifest).getFirst().manifest();
    }

    @Test
    void areReadWithDefaults() {
        assertThat(network("").dhcp()).isEmpty();
        NetworkScope scope =
                network(
                                "dhcp.virtdataplane.io/server: 10.0.0.1/24, dhcp.virtdataplane.io/range: 10.0.0.10-10.0.0.19")
                        .dhcp()
                        .orElseThrow();
        assertThat(scope.subnet().server()).isEqualTo(AddressText.ipv4("10.0.0.1"));
        assertThat(scope.range().last() - scope.range().first()).isEqualTo(9);
        assertThat(scope.leaseSeconds()).isEqualTo(3600);
        assertThat(scope.subnet().router()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server: 10.0.0.1 | server must be the server's address with its prefix length",
                "server: 10.0.0.1/24 | range must be two addresses",
                "server: 10.0.0.1/24, range: 10.0.0.1-10.0.0.9 | host addresses in the network of the server, without the server's own address",
                "server: 10.0.0.1/24, range: 10.0.1.1-10.0.1.9 | host addresses in the network of the server",
                "server: 10.0.0.1/24, range: 10.0.0.9-10.0.0.5 | host addresses in the network of the server",
                "server: 10.0.0.1/24, range: 10.0.0.9-10.0.0.255 | host addresses in the network of the server",
                "server: 10.0.0.1/8, range: 10.0.1.0-10.0.200.0 | must be 1-4096 host addresses",
                "server: 10.0.0.1/24, range: 10.0.0.5-10.0.0.9, name-servers: dns | name-servers must be IPv4 addresses",
                "server: 10.0.0.1/24, range: 10.0.0.5-10.0.0.9, lease-seconds: '5' | lease-seconds must be 60-4294967295",
                "server: 10.0.0.1/24, range: 10.0.0.5-10.0.0.9, routes: nonsense | routes must be routes such as",
                "server: 10.0.0.1/24, range: 10.0.0.5-10.0.0.9, rang: x | rang is not a known field"
            })
    void wrongOnesAreNamed(String annotations, String message) {
        String prefixed =
                ("dhcp.virtdataplane.io/" + annotations).replace(", ", ", dhcp.virtdataplane.io/");
        assertThatThrownBy(() -> network(prefixed))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageContaining(message);
    }
}
