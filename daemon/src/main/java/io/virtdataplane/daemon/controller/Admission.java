package io.virtdataplane.daemon.controller;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * The API server's question whether an object may be as it is: AdmissionReview of
 * admission.k8s.io/v1.
 */
final class Admission {
    static final ObjectMapper JSON =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                    .build();

    private static final int DEEPEST = 500;
    private static final String VERSION = "admission.k8s.io/v1";
    private static final String KIND = "AdmissionReview";

    static {
        JSON.getFactory()
                .setStreamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build());
    }

    private Admission() {}

    /**
     * What is asked.
     *
     * @param object missing where it is deleted
     * @param old missing where it is created
     */
    record Question(
            String uid,
            String operation,
            String namespace,
            JsonNode object,
            JsonNode old,
            boolean isRehearsal,
            boolean isMachine) {}

    /**
     * What we say.
     *
     * @param code of HTTP, where it is refused
     * @param message why it is refused, or empty
     * @param patch operations of RFC 6902, or empty
     */
    record Answer(int code, String message, List<String> warnings, ArrayNode patch) {
        Answer {
            warnings = List.copyOf(warnings);
        }

        static Answer allowed(List<String> warnings, ArrayNode patch) {
            return new Answer(200, "", warnings, patch);
        }

        static Answer allowed(List<String> warnings) {
            return allowed(warnings, JSON.createArrayNode());
        }

        static Answer refused(int code, String message) {
            return new Answer(code, message, List.of(), JSON.createArrayNode());
        }

        boolean isAllowed() {
            return message.isEmpty();
        }
    }

    /**
     * @throws IllegalArgumentException it is no review that we know
     */
    static Question read(byte[] body) {
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("body must be JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("body must be JSON", e);
        }
        JsonNode request = root.path("request");
        String uid = request.path("uid").asText("");
        if (!root.path("kind").asText("").equals(KIND)
                || !root.path("apiVersion").asText("").equals(VERSION)
                || uid.isEmpty()) {
            throw new IllegalArgumentException(
                    "body must be an " + KIND + " of " + VERSION + " with request.uid");
        }
        JsonNode kind = request.path("kind");
        return new Question(
                uid,
                request.path("operation").asText(""),
                request.path("namespace").asText(""),
                request.path("object"),
                request.path("oldObject"),
                request.path("dryRun").asBoolean(false),
                kind.path("group").asText("").equals("kubevirt.io")
                        && kind.path("kind").asText("").equals("VirtualMachine")
                        && request.path("subResource").asText("").isEmpty());
    }

    /** The review with our answer. */
    static byte[] write(String uid, Answer answer) {
        ObjectNode root = JSON.createObjectNode().put("apiVersion", VERSION).put("kind", KIND);
        ObjectNode response =
                root.putObject("response").put("uid", uid).put("allowed", answer.isAllowed());
        if (!answer.isAllowed()) {
            response.putObject("status")
                    .put("code", answer.code())
                    .put("message", answer.message());
        }
        if (!answer.warnings().isEmpty()) {
            ArrayNode warnings = response.putArray("warnings");
            answer.warnings().forEach(warnings::add);
        }
        if (!answer.patch().isEmpty()) {
            byte[] patch = answer.patch().toString().getBytes(StandardCharsets.UTF_8);
            response.put("patchType", "JSONPatch")
                    .put("patch", Base64.getEncoder().encodeToString(patch));
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }
}
