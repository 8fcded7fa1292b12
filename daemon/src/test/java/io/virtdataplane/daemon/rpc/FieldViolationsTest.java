package io.virtdataplane.daemon.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.BadRequest.FieldViolation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Refusals as the daemon words them. */
class FieldViolationsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lease_seconds must be 60-2147483647: lease_seconds=5 | lease_seconds",
                "spoof_guard may be mac where the interface has a macAddress in the manifest: interface=default | spoof_guard",
                "limit must be 1-10000: limit=0 | limit",
                "netns must be a name or a path: netns= | netns",
                "interface must be in the manifest: interface=b: c=d | interface",
                "manifest must have one VirtualMachine or VirtualMachineInstance (of several, --name chooses): found=2 | manifest",
                "NodeNetworkConfigurationPolicy br1: spec.desiredState.interfaces[0].bridge.port[1].name must be given: name= | spec.desiredState.interfaces[0].bridge.port[1].name",
                "VirtualMachine default/vm: spec.domain.devices.interfaces[0].macAddress must be a unicast MAC address: macAddress=x | spec.domain.devices.interfaces[0].macAddress",
                "spec.bridge.trunk-tags must be given: trunk-tags=[] | spec.bridge.trunk-tags",
                "Service default/web: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP' | spec.ports[0].nodePort",
                "Service default/web: spec.ports: Required value | spec.ports",
                "metadata.label is not a known field: nearest=labels | metadata.label",
            })
    void fieldIsNamed(String message, String field) {
        assertThat(FieldViolations.of(message)).isPresent();
        assertThat(FieldViolations.of(message).get().getFieldViolationsList())
                .containsExactly(
                        FieldViolation.newBuilder()
                                .setField(field)
                                .setDescription(message)
                                .build());
    }

    @Test
    void eachFieldIsNamedOfSeveral() {
        String message =
                "Service default/web: [spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\"]";
        assertThat(FieldViolations.of(message).orElseThrow().getFieldViolationsList())
                .extracting(FieldViolation::getField)
                .containsExactly("spec.ports[0].port", "spec.sessionAffinity");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a VLAN of a bridge must have at most one DHCP server: name=a/b other=a/c",
                "object must be in a file only once: VirtualMachine/vm",
                "NICs and bridge ports of this node must be at most 2048",
                "frames must be given or live: none",
                "",
                "eth0.100 is down",
                "io.grpc failed",
            })
    void noFieldIsMadeUp(String message) {
        assertThat(FieldViolations.of(message)).isEmpty();
    }
}
