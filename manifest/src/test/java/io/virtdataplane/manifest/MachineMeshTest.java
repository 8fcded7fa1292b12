package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which mesh labels and annotations mean, and which ports they leave out. */
class MachineMeshTest {
    private final List<String> warnings = new ArrayList<>();

    private MachineMesh of(Map<String, String> said) {
        return MachineMesh.of(
                name -> said.getOrDefault(name, ""), (name, words) -> warnings.add(words));
    }

    @ParameterizedTest
    @CsvSource({
        "sidecar.istio.io/inject,       true,     ISTIO",
        "sidecar.istio.io/inject,       True,     ISTIO",
        "sidecar.istio.io/inject,       false,    NONE",
        "istio.io/dataplane-mode,       ambient,  AMBIENT",
        "istio.io/dataplane-mode,       none,     NONE",
        "linkerd.io/inject,             enabled,  LINKERD",
        "linkerd.io/inject,             ingress,  LINKERD",
        "linkerd.io/inject,             disabled, NONE",
        "app,                           istio,    NONE"
    })
    void kind(String name, String value, MeshKind kind) {
        MachineMesh mesh = of(Map.of(name, value));
        assertThat(mesh.kind()).isEqualTo(kind);
        assertThat(mesh.because()).isEqualTo(kind == MeshKind.NONE ? "" : name + "=" + value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "| istio-injection=enabled | ISTIO | istio-injection=enabled",
                "| istio.io/rev=1-25 | ISTIO | istio.io/rev=1-25",
                "| istio-injection=disabled,istio.io/rev=1-25 | NONE |",
                "| istio.io/dataplane-mode=ambient | AMBIENT | istio.io/dataplane-mode=ambient",
                "| istio-injection=enabled,istio.io/dataplane-mode=ambient | ISTIO | istio-injection=enabled",
                "| linkerd.io/inject=enabled | LINKERD | linkerd.io/inject=enabled",
                "| linkerd.io/inject=disabled | NONE |",
                "sidecar.istio.io/inject=false | istio-injection=enabled | NONE |",
                "sidecar.istio.io/inject=false | istio.io/dataplane-mode=ambient | AMBIENT | istio.io/dataplane-mode=ambient",
                "istio.io/dataplane-mode=none | istio.io/dataplane-mode=ambient | NONE |",
                "linkerd.io/inject=disabled | linkerd.io/inject=enabled | NONE |"
            })
    void inANamespaceTheMachineComesFirst(
            String machine, String namespace, MeshKind kind, String because) {
        String[] own = machine == null ? new String[] {"app", "web"} : machine.split("=");
        MachineMesh mesh = of(Map.of(own[0], own[1])).in(namespace);
        assertThat(mesh.kind()).isEqualTo(kind);
        assertThat(mesh.because()).isEqualTo(because == null ? "" : because + " of the namespace");
        assertThat(of(Map.of("linkerd.io/inject", "enabled")).in(namespace).kind())
                .as("what the machine says itself")
                .isEqualTo(MeshKind.LINKERD);
    }

    private static String text(MachineMesh.Direct direct) {
        return MeshPorts.text(direct.inward()) + " " + MeshPorts.text(direct.outward());
    }

    @Test
    void portsPastTheProxy() {
        assertThat(text(of(Map.of()).directOf(MeshKind.ISTIO))).isEqualTo("22 none");
        MachineMesh excluded =
                of(
                        Map.of(
                                "traffic.sidecar.istio.io/excludeInboundPorts", "9090, 9100",
                                "traffic.sidecar.istio.io/excludeOutboundPorts", "3306"));
        assertThat(text(excluded.directOf(MeshKind.ISTIO))).isEqualTo("22,9090,9100 3306");
        MachineMesh included = of(Map.of("traffic.sidecar.istio.io/includeInboundPorts", "80,443"));
        assertThat(text(included.directOf(MeshKind.ISTIO))).isEqualTo("1-79,81-442,444-65535 none");
        MachineMesh all = of(Map.of("traffic.sidecar.istio.io/includeInboundPorts", "*"));
        assertThat(text(all.directOf(MeshKind.ISTIO))).isEqualTo("22 none");
        MachineMesh bypass = of(Map.of("ambient.istio.io/bypass-inbound-capture", "true"));
        assertThat(text(bypass.directOf(MeshKind.AMBIENT))).isEqualTo("all none");
        MachineMesh skip =
                of(
                        Map.of(
                                "config.linkerd.io/skip-inbound-ports", "22,8000-8010",
                                "config.linkerd.io/skip-outbound-ports", "25,3306"));
        assertThat(text(skip.directOf(MeshKind.LINKERD))).isEqualTo("22,8000-8010 25,3306");
        MachineMesh from =
                of(Map.of("config.linkerd.io/skip-subnets", "10.0.2.0/24, 2001:db8::/64"));
        assertThat(from.directOf(MeshKind.LINKERD).subnets())
                .containsExactly("10.0.2.0/24", "2001:db8::/64");
        assertThat(from.directOf(MeshKind.ISTIO).subnets()).isEmpty();
        assertThat(warnings).isEmpty();
    }

    @Test
    void whatCannotBeReadIsSaidAndTheMachineStaysAsItIs() {
        MachineMesh mesh = of(Map.of("config.linkerd.io/skip-inbound-ports", "http"));
        assertThat(text(mesh.directOf(MeshKind.LINKERD))).isEqualTo("none none");
        assertThat(warnings)
                .containsExactly(
                        "config.linkerd.io/skip-inbound-ports must be TCP ports or ranges of 1-65535, separated by commas: config.linkerd.io/skip-inbound-ports=http");
        for (String wrong :
                List.of(
                        "10.0.2.0",
                        "10.0.2.0/33",
                        "10.0.2.0/24,",
                        "10.0.2.0/8,".repeat(65) + "::/0")) {
            warnings.clear();
            Map<String, String> skips = Map.of("config.linkerd.io/skip-subnets", wrong);
            assertThat(of(skips).directOf(MeshKind.LINKERD).subnets()).isEmpty();
            assertThat(warnings)
                    .containsExactly(
                            "config.linkerd.io/skip-subnets must be at most 64 networks such as 192.0.2.0/24 or 2001:db8::/64, separated by commas: config.linkerd.io/skip-subnets="
                                    + wrong);
        }
        for (String wrong : List.of("0", "65536", "9-8", "1,,2", "-1", "1-2-3")) {
            assertThatThrownBy(() -> MeshPorts.parse("mesh_direct_ports", wrong))
                    .hasMessageEndingWith("mesh_direct_ports=" + wrong);
        }
    }
}
