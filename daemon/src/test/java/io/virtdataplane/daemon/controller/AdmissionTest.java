package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API server's questions are read as it writes them, and nothing else is taken for one. */
class AdmissionTest {
    static final String REVIEW =
            """
            {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
              "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
              "kind": {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"},
              "resource": {"group": "kubevirt.io", "version": "v1", "resource": "virtualmachines"},
              "requestKind": {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"},
              "name": "a", "namespace": "ns", "operation": "CREATE",
              "userInfo": {"username": "admin", "groups": ["system:authenticated"]},
              "object": {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "a", "namespace": "ns"},
                "spec": {"template": {"spec": {"domain": {"devices": {"interfaces": [%s]}},
                  "networks": [{"name": "default", "pod": {}}]}}}},
              "oldObject": null, "dryRun": false, "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}}}
            """;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void questionIsReadAsTheApiServerWritesIt() {
        Admission.Question question = Admission.read(bytes(REVIEW.formatted("")));
        assertThat(question.uid()).isEqualTo("705ab4f5-6393-11e8-b7cc-42010a800002");
        assertThat(question.isMachine()).isTrue();
        assertThat(question.isRehearsal()).isFalse();
        assertThat(question.old().isObject()).isFalse();
        assertThat(question.object().path("metadata").path("name").asText()).isEqualTo("a");
    }

    @Test
    void otherKindsAndSubresourcesAreNotMachines() {
        String review = REVIEW.formatted("");
        assertThat(Admission.read(bytes(review.replace("kubevirt.io", "x"))).isMachine()).isFalse();
        assertThat(
                        Admission.read(
                                        bytes(
                                                review.replace(
                                                        "\"name\": \"a\", \"namespace\"",
                                                        "\"subResource\": \"status\", \"namespace\"")))
                                .isMachine())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "not json",
                "{\"kind\": \"AdmissionReview\"}",
                "{\"kind\": \"AdmissionReview\", \"apiVersion\": \"admission.k8s.io/v1\"}",
                "{\"kind\": \"AdmissionReview\", \"apiVersion\": \"admission.k8s.io/v1\", \"request\": {\"uid\": 7, \"uid\": 8}}",
                "{\"kind\": \"AdmissionReview\", \"apiVersion\": \"admission.k8s.io/v1beta1\", \"request\": {\"uid\": \"a\"}}",
                "{\"kind\": \"AdmissionReview\", \"apiVersion\": \"admission.k8s.io/v1\", \"request\": {\"uid\": \"a\"}} {}"
            })
    void whatIsNoReviewIsRefused(String body) {
        assertThatThrownBy(() -> Admission.read(bytes(body)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("body must be");
    }

    @Test
    void nestingWithoutEndIsRefused() {
        assertThatThrownBy(() -> Admission.read(bytes("[".repeat(1 << 20))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("depth");
    }

    @Test
    void answersHavePatchOrReason() throws IOException {
        ArrayNode patch = Admission.JSON.createArrayNode();
        patch.addObject().put("op", "add").put("path", "/a").put("value", "b");
        JsonNode allowed =
                Admission.JSON.readTree(
                        Admission.write("u", Admission.Answer.allowed(List.of("careful"), patch)));
        JsonNode response = allowed.path("response");
        assertThat(response.path("uid").asText()).isEqualTo("u");
        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.path("patchType").asText()).isEqualTo("JSONPatch");
        assertThat(
                        new String(
                                Base64.getDecoder().decode(response.path("patch").asText()),
                                StandardCharsets.UTF_8))
                .isEqualTo("[{\"op\":\"add\",\"path\":\"/a\",\"value\":\"b\"}]");
        assertThat(response.path("warnings").path(0).asText()).isEqualTo("careful");
        JsonNode refused =
                Admission.JSON.readTree(
                        Admission.write("u", Admission.Answer.refused(422, "must be b: a=c")));
        assertThat(refused.path("response").path("allowed").asBoolean(true)).isFalse();
        assertThat(refused.path("response").path("status").path("code").asInt()).isEqualTo(422);
        assertThat(refused.path("response").has("patch")).isFalse();
    }
}
