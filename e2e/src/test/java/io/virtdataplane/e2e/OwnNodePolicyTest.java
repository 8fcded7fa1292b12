package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelOptions;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelOptionalLibrary;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The expressions of deploy/components/own-node-only, with requests as an API server of Kubernetes
 * 1.30 would put them: the one that runs here knows no such policies.
 */
class OwnNodePolicyTest {
    private static final String POLICY = "../deploy/components/own-node-only/policy.yaml";
    private static final String CLAIM = "authentication.kubernetes.io/node-name";
    private static final Cel CEL =
            CelFactory.standardCelBuilder()
                    .setOptions(CelOptions.current().enableOptionalSyntax(true).build())
                    .addCompilerLibraries(CelOptionalLibrary.INSTANCE)
                    .addRuntimeLibraries(CelOptionalLibrary.INSTANCE)
                    .addVar("request.userInfo.username", SimpleType.STRING)
                    .addVar(
                            "request.userInfo.extra",
                            MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)))
                    .addVar("request.name", SimpleType.STRING)
                    .addVar("request.operation", SimpleType.STRING)
                    .addVar("request.resource.resource", SimpleType.STRING)
                    .addVar("object", SimpleType.DYN)
                    .addVar("oldObject", SimpleType.DYN)
                    .addVar("variables.node", SimpleType.STRING)
                    .build();
    private static JsonNode spec;

    @BeforeAll
    static void read() throws IOException {
        String policy = Files.readString(Path.of(POLICY)).split("\n---\n")[0];
        spec =
                new ObjectMapper()
                        .valueToTree(Serialization.unmarshal(policy, Map.class))
                        .get("spec");
    }

    @Test
    void isAskedOfAgentsAlone() {
        String expression = spec.at("/matchConditions/0/expression").asText();
        Map<String, Object> agent =
                Map.of(
                        "request.userInfo.username",
                        "system:serviceaccount:virt-dataplane:virt-dataplane-agent");
        assertThat(evaluate(expression, agent)).isEqualTo(true);
        assertThat(evaluate(expression, Map.of("request.userInfo.username", "admin")))
                .isEqualTo(false);
    }

    @Test
    void tokenThatNamesNoNodeWritesNothing() {
        assertThat(refusal("", "nodes", "node1", Map.of())).contains("names no node");
    }

    @Test
    void objectsOfANodeAreItsOwn() {
        for (String resource : List.of("nodes", "nodenetworkstates", "sriovnetworknodestates")) {
            assertThat(refusal("node1", resource, "node1", Map.of())).isEmpty();
            assertThat(refusal("node1", resource, "node2", Map.of()))
                    .isEqualTo("an agent writes only " + resource + " of its own node node1");
        }
    }

    @Test
    void enactmentIsOfTheNodeThatItsLabelNames() {
        String kind = "nodenetworkconfigurationenactments";
        assertThat(refusal("node1", kind, "node1.br1", labelled("node1"))).isEmpty();
        assertThat(refusal("node1", kind, "node1.br1", Map.of("metadata", Map.of())))
                .isEqualTo("an agent writes only enactments of its own node node1");
        assertThat(refusal("node1", kind, "node2.br1", labelled("node1"))).isNotEmpty();
        assertThat(refusal("node1", kind, "node1.example.br1", labelled("node1.example")))
                .as("another node, whose name goes on")
                .isNotEmpty();
    }

    @Test
    void machinesAreThoseOnTheNode() {
        String kind = "virtualmachinenetworkstates";
        assertThat(refusal("node1", kind, "vm", Map.of("status", Map.of("nodeName", "node1"))))
                .isEmpty();
        assertThat(refusal("node1", kind, "vm", Map.of("status", Map.of("nodeName", "node2"))))
                .isEqualTo("an agent writes only of machines on its own node node1");
        assertThat(refusal("node1", kind, "vm", Map.of())).as("not said yet").isEmpty();
    }

    private static Map<String, Object> labelled(String node) {
        return Map.of("metadata", Map.of("labels", Map.of("nmstate.io/node", node)));
    }

    /** Empty: the request passes, as an update and as the deletion of the same object. */
    private static String refusal(
            String node, String resource, String name, Map<String, Object> object) {
        String ofUpdate = refusal("UPDATE", node, resource, name, object, Map.of());
        if (resource.equals("nodenetworkconfigurationenactments")) {
            assertThat(refusal("DELETE", node, resource, name, Map.of(), object))
                    .as("deletion")
                    .isEqualTo(ofUpdate);
        }
        return ofUpdate;
    }

    private static String refusal(
            String operation,
            String node,
            String resource,
            String name,
            Map<String, Object> object,
            Map<String, Object> oldObject) {
        Map<String, Object> request = new HashMap<>();
        request.put(
                "request.userInfo.extra", node.isEmpty() ? Map.of() : Map.of(CLAIM, List.of(node)));
        request.put("request.name", name);
        request.put("request.operation", operation);
        request.put("request.resource.resource", resource);
        request.put("object", object);
        request.put("oldObject", oldObject);
        request.put(
                "variables.node", evaluate(spec.at("/variables/0/expression").asText(), request));
        for (JsonNode validation : spec.get("validations")) {
            if (evaluate(validation.get("expression").asText(), request).equals(false)) {
                return validation.has("message")
                        ? validation.get("message").asText()
                        : (String) evaluate(validation.get("messageExpression").asText(), request);
            }
        }
        return "";
    }

    private static Object evaluate(String expression, Map<String, Object> request) {
        try {
            return CEL.createProgram(CEL.compile(expression).getAst()).eval(request);
        } catch (Exception e) {
            throw new AssertionError(expression, e);
        }
    }
}
