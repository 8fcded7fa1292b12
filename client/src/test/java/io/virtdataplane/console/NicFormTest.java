package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.Nic;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NicFormTest {
    private static final List<Nic> ATTACHED =
            List.of(
                    Nic.newBuilder().setMachine("vm").setInterface("default").build(),
                    Nic.newBuilder()
                            .setMachine("other")
                            .setInterface("b")
                            .setBridge("br1")
                            .build());

    private static ObjectNode filled() {
        return Json.object()
                .put("machine", "vm")
                .put("name", "b")
                .put("model", "virtio")
                .put("network", "default/net-a")
                .put("mac", "02-00-00-00-00-0B")
                .put("netns", "pod1")
                .put("guest", "tap:tap1");
    }

    @Test
    void makesTheRequestThatAttachesIt() {
        AttachRequest request = NicForm.of(filled()).request(ATTACHED);
        assertThat(request.getInterface()).isEqualTo("b");
        assertThat(request.getNetns()).isEqualTo("pod1");
        assertThat(request.getGuest()).isEqualTo("tap:tap1");
        assertThat(request.getManifest())
                .contains("kind: \"VirtualMachineInstance\"")
                .contains("macAddress: \"02:00:00:00:00:0B\"")
                .contains("bridge: {}")
                .contains("networkName: \"default/net-a\"");
    }

    @Test
    void aVirtualFunctionNeedsNoDeviceInThePod() {
        ObjectNode form = filled().put("netns", "").put("guest", "").put("model", "");
        AttachVfRequest request = NicForm.of(form).vfRequest(List.of("default"));
        assertThat(request.getName()).isEqualTo("vm");
        assertThat(request.getManifest())
                .contains("sriov: {}")
                .contains("macAddress: \"02:00:00:00:00:0B\"")
                .contains("networkName: \"default/net-a\"")
                .doesNotContain("model");
        assertThatThrownBy(() -> NicForm.of(form).vfRequest(List.of("b")))
                .hasMessage("Name must be unique: vm has a network interface of this name.");
    }

    @Test
    void podNetworkingIsMasquerade() {
        ObjectNode form = filled().put("machine", "new").put("network", "pod").put("mac", "");
        assertThat(NicForm.of(form).request(ATTACHED).getManifest())
                .contains("masquerade: {}")
                .contains("pod: {}")
                .doesNotContain("macAddress");
    }

    @ParameterizedTest
    @CsvSource({
        "machine, ''",
        "machine, a/b",
        "name, ''",
        "name, Default",
        "name, default",
        "model, rtl8139",
        "network, ''",
        "network, net-a",
        "network, pod",
        "mac, 02:00",
        "mac, 02:00:00:00:00:00:00:01",
        "mac, 0200.0000.0001",
        "netns, ''",
        "guest, tap1",
        "guest, tap:",
        "guest, tap:a/b",
        "guest, tap:sixteen-letters-"
    })
    void wrongFieldsAreNamed(String field, String value) {
        try {
            NicForm.of(filled().put(field, value)).request(ATTACHED);
            throw new AssertionError("taken: " + field + "=" + value);
        } catch (Refusal e) {
            assertThat(e.code()).isEqualTo(422);
            assertThat(e.field()).isEqualTo(field);
        }
    }
}
