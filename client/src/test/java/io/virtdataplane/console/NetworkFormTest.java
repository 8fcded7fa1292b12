package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NetworkDefinitionManifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkFormTest {
    private static ObjectNode filled() {
        return Json.object()
                .put("name", "net-a")
                .put("namespace", "default")
                .put("description", "")
                .put("type", "bridge")
                .put("bridge", "br1")
                .put("resource", "")
                .put("vlan", "100")
                .put("macSpoofCheck", true)
                .put("preserveDefaultVlan", false);
    }

    private static Refusal refused(ObjectNode form) {
        try {
            throw new AssertionError(NetworkForm.of(form).manifest());
        } catch (Refusal e) {
            assertThat(e.code()).isEqualTo(422);
            return e;
        }
    }

    @Test
    void makesWhatTheDaemonTakes() {
        NetworkDefinition definition =
                NetworkDefinitionManifest.parse(NetworkForm.of(filled()).manifest());
        assertThat(definition.name()).isEqualTo("default/net-a");
        assertThat(definition.bridge().bridge()).isEqualTo("br1");
        assertThat(NetworkForm.of(filled()).manifest())
                .contains("\"macspoofchk\" : true")
                .contains("\"preserveDefaultVlan\" : false")
                .contains("\"vlan\" : 100")
                .contains("bridge.network.kubevirt.io/br1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: b",
                "\"quoted\" 'too'",
                "<script>alert(1)</script>",
                "# no comment",
                "- item\nkind: Other",
                "{{ }} & * !tag %",
                "---"
            })
    void descriptionStaysOneText(String description) {
        String yaml = NetworkForm.of(filled().put("description", description)).manifest();
        assertThat(NetworkDefinitionManifest.parse(yaml).name()).isEqualTo("default/net-a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"123", "1e5", "true", "null", "0x10"})
    void namesLikeNumbersStayNames(String name) {
        String yaml = NetworkForm.of(filled().put("name", name)).manifest();
        assertThat(NetworkDefinitionManifest.parse(yaml).ownName()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "name, ''",
        "name, Net",
        "name, -a",
        "name, a-",
        "name, a.b",
        "name, a/b",
        "namespace, ''",
        "namespace, ../x",
        "type, ovn",
        "bridge, ''",
        "bridge, ..",
        "bridge, a/b",
        "bridge, sixteen-letters-",
        "vlan, 0",
        "vlan, 4095",
        "vlan, -1",
        "vlan, 1.5",
        "vlan, 100x",
        "vlan, 99999"
    })
    void wrongFieldsAreNamed(String field, String value) {
        assertThat(refused(filled().put(field, value)).field()).isEqualTo(field);
    }

    @Test
    void longTextsAreRefused() {
        String long64 = "a".repeat(64);
        assertThat(refused(filled().put("name", long64)).field()).isEqualTo("name");
        String huge = "a".repeat(1 << 20);
        assertThat(refused(filled().put("description", huge)).field()).isEqualTo("description");
        Refusal bridge = refused(filled().put("bridge", huge));
        assertThat(bridge.field()).isEqualTo("bridge");
        assertThat(bridge.getMessage()).as("does not repeat it").hasSizeLessThan(200);
    }

    @Test
    void sriovMakesASriovNetwork() {
        ObjectNode form = filled().put("type", "sriov").put("bridge", "").put("resource", "nics");
        assertThat(NetworkForm.of(form).manifest())
                .contains("kind: \"SriovNetwork\"")
                .contains("resourceName: \"nics\"")
                .contains("networkNamespace: \"default\"")
                .contains("vlan: 100");
        assertThat(refused(form.put("resource", "a b")).field()).isEqualTo("resource");
    }
}
