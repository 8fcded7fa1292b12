package io.virtdataplane.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Calls the CNI plugin's executable as a container runtime does. */
final class CniCaller {
    private static boolean isBuilt;
    private final Lab lab;
    private final Path plugin;

    /** What a call has ended with. */
    record Answer(int code, String out) {
        JsonNode json() {
            try {
                return new ObjectMapper().readTree(out);
            } catch (IOException e) {
                throw new AssertionError(out, e);
            }
        }
    }

    CniCaller(Lab lab) {
        this.lab = lab;
        plugin = build(lab);
    }

    /** Once for all tests. */
    private static synchronized Path build(Lab lab) {
        Path here = Path.of("").toAbsolutePath();
        Path built = here.resolve("target/virt-dataplane-cni");
        if (!isBuilt) {
            lab.shell.must(
                    here.getParent().resolve("deploy/cni/build").toString(), built.toString());
            isBuilt = true;
        }
        return built;
    }

    Path plugin() {
        return plugin;
    }

    String socket() {
        return lab.shell.directory().resolve("cni.sock").toString();
    }

    /** As a kubelet's runtime and Multus give them. */
    static String arguments(String id) {
        return "IgnoreUnknown=1;K8S_POD_NAMESPACE=demo;K8S_POD_NAME=launcher-"
                + id
                + ";K8S_POD_UID=1";
    }

    /** The variables of a call about a pod's interface. */
    static Map<String, String> about(String command, String id, String netns, String ifname) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("CNI_COMMAND", command);
        environment.put("CNI_CONTAINERID", id);
        environment.put("CNI_NETNS", netns.isEmpty() ? "" : "/run/netns/" + netns);
        environment.put("CNI_IFNAME", ifname);
        environment.put("CNI_ARGS", arguments(id));
        environment.put("CNI_PATH", "/opt/cni/bin");
        return environment;
    }

    Answer call(Map<String, String> environment, String input) {
        String variables =
                environment.entrySet().stream()
                        .map(each -> each.getKey() + "='" + each.getValue() + "'")
                        .collect(Collectors.joining(" "));
        Shell.Result result =
                lab.shell.run(
                        "bash",
                        "-c",
                        "VIRT_DATAPLANE_CNI_SOCKET=%s %s %s <<'END'\n%s\nEND"
                                .formatted(socket(), variables, plugin, input));
        return new Answer(result.code(), result.out().strip());
    }

    Answer call(String command, String id, String netns, String ifname, String input) {
        return call(about(command, id, netns, ifname), input);
    }
}
