package io.virtdataplane.daemon.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.manifest.MachineManifest;
import org.junit.jupiter.api.Test;

class MasqueradeSpecTest {
    private static final String MANIFEST =
            """
            kind: VirtualMachine
            metadata: {name: vm}
            spec:
              domain: {devices: {interfaces: [{name: default, masquerade: {}%s}]}}
              networks: [{name: default, pod: {}}]
            """;
    private static final String MAC = ", macAddress: '52:54:00:00:00:01'";

    private static MasqueradeSpec spec(String mac, String spoofGuard) {
        String manifest = MANIFEST.formatted(mac);
        AttachRequest request =
                AttachRequest.newBuilder()
                        .setManifest(manifest)
                        .setNetns("pod")
                        .setSpoofGuard(spoofGuard)
                        .build();
        return MasqueradeSpec.of(request, MachineManifest.parse(manifest));
    }

    @Test
    void macAddressOfTheManifestIsEnforcedWhereThatIsAskedFor() {
        assertThat(spec(MAC, "").pinsMac()).as("as in KubeVirt").isFalse();
        assertThat(spec(MAC, "off").pinsMac()).isFalse();
        assertThat(spec(MAC, "mac").pinsMac()).isTrue();
        assertThat(spec("", "").pinsMac()).isFalse();
    }

    @Test
    void aGuardThatCannotBeIsRefused() {
        assertThatThrownBy(() -> spec(MAC, "strict"))
                .hasMessage(
                        "spoof_guard must be off or mac on a masquerade NIC: spoof_guard=strict");
        assertThatThrownBy(() -> spec("", "mac"))
                .hasMessage(
                        "spoof_guard may be mac where the interface has a macAddress in the manifest: interface=default");
    }
}
