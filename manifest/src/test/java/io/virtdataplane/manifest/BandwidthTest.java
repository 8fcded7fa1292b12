package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Quantities as Kubernetes takes them. */
class BandwidthTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1000, 1000",
        "1k, 1000",
        "10M, 10000000",
        "1.5G, 1500000000",
        "100Ki, 102400",
        "1Mi, 1048576",
        "1e6, 1000000",
        "2E6, 2000000",
        "1P, 1000000000000000"
    })
    void quantities(String text, long bits) {
        assertThat(Bandwidth.parse("egress_bandwidth", text)).isEqualTo(bits);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fast", "-1M", "10m", "10MB", "10 M", "1e", "999", "2P", "1e99"})
    void others(String text) {
        assertThatThrownBy(() -> Bandwidth.parse("egress_bandwidth", text))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessageStartingWith("egress_bandwidth must be ")
                .hasMessageEndingWith("egress_bandwidth=" + text);
    }

    @ParameterizedTest
    @CsvSource({"10000000, 10M", "1500000000, 1500M", "1000, 1k", "1001, 1001", "102400, 102400"})
    void written(long bits, String text) {
        assertThat(Bandwidth.text(bits)).isEqualTo(text);
    }

    @Test
    void annotationsOfATemplateAndOfAnInstance() {
        String interfaces =
                "domain: {devices: {interfaces: [{name: default, masquerade: {}}]}}, networks: [{name: default, pod: {}}]";
        String annotations = "annotations: {kubernetes.io/egress-bandwidth: 10M}";
        assertThat(
                        MachineManifest.parse(
                                        "{kind: VirtualMachine, metadata: {name: vm}, spec: {template: {metadata: {%s}, spec: {%s}}}}"
                                                .formatted(annotations, interfaces))
                                .annotation(Bandwidth.EGRESS))
                .isEqualTo("10M");
        assertThat(
                        MachineManifest.parse(
                                        "{kind: VirtualMachineInstance, metadata: {name: vm, %s}, spec: {%s}}"
                                                .formatted(annotations, interfaces))
                                .annotation(Bandwidth.EGRESS))
                .isEqualTo("10M");
    }
}
