package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.manifest.ServiceSpec.Family;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policy, families and addresses of a Service against what the node has: Kubernetes' own table. */
class ServiceFamiliesTest {
    private static final List<Family> SINGLE = List.of(Family.IPv4);
    private static final List<Family> DUAL = List.of(Family.IPv4, Family.IPv6);

    private static String families(String spec, List<Family> configured) {
        ServiceSpec service =
                ServiceManifest.parse(
                        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]"
                                + (spec.isEmpty() ? "" : ", ")
                                + spec
                                + "}}");
        ServiceFamilies families = ServiceFamilies.of(service, configured);
        return families.policy() + " " + families.families();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | SingleStack [IPv4] | SingleStack [IPv4]",
                "ipFamilyPolicy: SingleStack | SingleStack [IPv4] | SingleStack [IPv4]",
                "ipFamilies: [IPv4] | SingleStack [IPv4] | SingleStack [IPv4]",
                "clusterIP: 10.96.0.5 | SingleStack [IPv4] | SingleStack [IPv4]",
                "ipFamilyPolicy: PreferDualStack | PreferDualStack [IPv4] | PreferDualStack [IPv4, IPv6]",
                "ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4] | PreferDualStack [IPv4] | PreferDualStack [IPv4, IPv6]",
                "clusterIP: None, selector: {a: b} | SingleStack [IPv4] | SingleStack [IPv4]",
                "clusterIP: None | RequireDualStack [IPv4, IPv6] | RequireDualStack [IPv4, IPv6]",
                "clusterIP: None, ipFamilies: [IPv6] | RequireDualStack [IPv6, IPv4] | RequireDualStack [IPv6, IPv4]",
                "clusterIP: None, ipFamilyPolicy: SingleStack | SingleStack [IPv4] | SingleStack [IPv4]",
            })
    void areGivenByTheTable(String spec, String ofSingle, String ofDual) {
        assertThat(families(spec, SINGLE)).isEqualTo(ofSingle);
        assertThat(families(spec, DUAL)).isEqualTo(ofDual);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ipFamilies: [IPv6] | SingleStack [IPv6] | spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster",
                "ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6] | PreferDualStack [IPv6, IPv4] | spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster",
                "ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6, IPv4] | PreferDualStack [IPv6, IPv4] | spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster",
                "ipFamilyPolicy: RequireDualStack | RequireDualStack [IPv4, IPv6] | spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services",
                "clusterIP: 'fd00::5' | SingleStack [IPv6] | spec.clusterIPs[0]: Invalid value: [\"fd00::5\"]: IPv6 is not configured on this cluster",
                "clusterIP: 'fd00::5', ipFamilyPolicy: PreferDualStack | PreferDualStack [IPv6, IPv4] | spec.clusterIPs[0]: Invalid value: [\"fd00::5\"]: IPv6 is not configured on this cluster",
            })
    void areRefusedWhereTheNodeHasOne(String spec, String ofDual, String words) {
        assertThat(families(spec, DUAL)).isEqualTo(ofDual);
        assertThatThrownBy(() -> families(spec, SINGLE))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage(words);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ipFamilies: [IPv4, IPv6] | spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
                "clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, 'fd00::5'], ipFamilyPolicy: SingleStack | spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
            })
    void areRefusedOfAnyNode(String spec, String words) {
        assertThatThrownBy(() -> families(spec, DUAL))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage(words);
    }
}
