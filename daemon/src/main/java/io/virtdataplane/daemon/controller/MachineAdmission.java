package io.virtdataplane.daemon.controller;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.daemon.mac.MacConflictException;
import io.virtdataplane.daemon.mac.MacRangeFullException;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.wire.AddressText;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What becomes of a VirtualMachine on its way into the cluster: it is checked whole, its NICs get
 * their MAC addresses, and in namespaces that ask for it masquerade becomes our binding.
 */
final class MachineAdmission {
    /** Of the network binding plugin, as KubeVirt's configuration registers it. */
    static final String PLUGIN = "virt-dataplane";

    private static final String INTERFACES = "/spec/template/spec/domain/devices/interfaces/";
    private static final int UNPROCESSABLE = 422;

    /** In the words of KubeMacPool, which scripts may look for. */
    private static final String ALLOCATION =
            "Failed to create virtual machine allocation error: Failed to allocate mac to the vm object: ";

    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};
    private final ClusterMacs macs;
    private final Predicate<Map<String, String>> isPools;
    private final Function<String, Map<String, String>> labels;

    /**
     * @param isPools whether a namespace with these labels is the pool's
     * @param labels of a namespace, as the API server has them now
     */
    MachineAdmission(
            ClusterMacs macs,
            Predicate<Map<String, String>> isPools,
            Function<String, Map<String, String>> labels) {
        this.macs = macs;
        this.isPools = isPools;
        this.labels = labels;
    }

    /** The machine with its addresses. */
    Admission.Answer mutate(Admission.Question question) {
        if (isLeft(question)) {
            return Admission.Answer.allowed(List.of());
        }
        return answer(
                question,
                () -> {
                    Map<String, String> namespace = labels.apply(question.namespace());
                    if (!isSame(question, MachineRules::isSameNetworking)) {
                        MachineRules.check(question.object(), namespace); // before all else
                    }
                    ArrayNode patch = Admission.JSON.createArrayNode();
                    if (namespace.getOrDefault(Namespaces.BINDING, "").equals("rewrite")) {
                        rewrite(question.object(), patch);
                    }
                    if (isPools.test(namespace)) {
                        assign(question, patch);
                    }
                    return Admission.Answer.allowed(List.of(), patch);
                });
    }

    /** The machine as all others have left it. */
    Admission.Answer validate(Admission.Question question) {
        if (isLeft(question)) {
            return Admission.Answer.allowed(List.of());
        }
        return answer(
                question,
                () -> {
                    boolean isSame = isSame(question, MachineRules::isSameButForUs);
                    Map<String, String> namespace =
                            isSame ? Map.of() : labels.apply(question.namespace());
                    return Admission.Answer.allowed(
                            isSame ? List.of() : MachineRules.check(question.object(), namespace));
                });
    }

    private static boolean isSame(
            Admission.Question question, BiPredicate<JsonNode, JsonNode> same) {
        return question.old().isObject() && same.test(question.object(), question.old());
    }

    /** What goes is let go, and what is not a machine is not ours to stop. */
    private static boolean isLeft(Admission.Question question) {
        return !question.isMachine()
                || !question.object().isObject()
                || question.object().path("metadata").hasNonNull("deletionTimestamp");
    }

    private static Admission.Answer answer(
            Admission.Question question, Supplier<Admission.Answer> work) {
        try {
            return work.get();
        } catch (MacRangeFullException e) {
            return refused(question, HttpURLConnection.HTTP_INTERNAL_ERROR, e);
        } catch (MacConflictException e) {
            return refused(question, HttpURLConnection.HTTP_CONFLICT, e);
        } catch (InvalidManifestException e) {
            return Admission.Answer.refused(UNPROCESSABLE, e.getMessage());
        }
    }

    private static Admission.Answer refused(
            Admission.Question question, int code, RuntimeException e) {
        JsonNode metadata = question.object().path("metadata");
        String name = metadata.path("name").asText(metadata.path("generateName").asText(""));
        return Admission.Answer.refused(
                code,
                "VirtualMachine %s/%s: %s%s"
                        .formatted(question.namespace(), name, ALLOCATION, e.getMessage()));
    }

    private void assign(Admission.Question question, ArrayNode patch) {
        Machine machine = machine(question.object(), question.namespace());
        Optional<Machine> old =
                Optional.of(question.old())
                        .filter(JsonNode::isObject)
                        .map(object -> machine(object, question.namespace()));
        if (question.isRehearsal()) {
            macs.check(machine, old);
            return;
        }
        List<ClusterMacs.Given> given = macs.assign(machine, old);
        for (ClusterMacs.Given each : given) {
            if (each.nic().mac() == 0) {
                String path = INTERFACES + each.nic().index() + "/macAddress";
                add(patch, path).put("value", AddressText.mac(each.mac()));
            }
        }
        claims(question.object().path("metadata").path("annotations"), given, patch);
    }

    /** The namespace may be in the request alone. */
    private static Machine machine(JsonNode object, String namespace) {
        Machine machine = Machine.of(Admission.JSON.convertValue(object, OBJECT));
        return new Machine(namespace, machine.name(), machine.nics());
    }

    private static void claims(
            JsonNode annotations, List<ClusterMacs.Given> given, ArrayNode patch) {
        String claims =
                given.stream()
                        .filter(each -> !each.claim().isEmpty())
                        .map(each -> each.nic().name() + "=" + each.claim())
                        .collect(Collectors.joining(","));
        if (claims.equals(annotations.path(Machine.CLAIMS).asText(""))) {
            return;
        }
        if (annotations.isObject()) {
            String path = "/metadata/annotations/" + Machine.CLAIMS.replace("/", "~1");
            add(patch, path).put("value", claims);
        } else {
            add(patch, "/metadata/annotations").putObject("value").put(Machine.CLAIMS, claims);
        }
    }

    private static void rewrite(JsonNode object, ArrayNode patch) {
        JsonNode interfaces = object.at("/spec/template/spec/domain/devices/interfaces");
        for (int i = 0; i < interfaces.size(); i++) {
            if (interfaces.get(i).has("masquerade")) {
                patch.addObject().put("op", "remove").put("path", INTERFACES + i + "/masquerade");
                add(patch, INTERFACES + i + "/binding").putObject("value").put("name", PLUGIN);
            }
        }
    }

    private static ObjectNode add(ArrayNode patch, String path) {
        return patch.addObject().put("op", "add").put("path", path);
    }
}
