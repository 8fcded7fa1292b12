package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what a container runtime asks of a CNI plugin (CNI specification 1.1.0), by the network's
 * type: an ADD gives a pod an interface, or does nothing of it; a DEL takes away what is there and
 * has nothing to say where there is nothing.
 */
final class CniPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(CniPlugin.class);
    private static final int LOCKS = 64;
    private final Map<String, CniNetwork> networkByType;
    private final Object[] locks = new Object[LOCKS];

    /**
     * @param output to print
     */
    record Answer(int exitCode, String output) {
        static final Answer NOTHING = new Answer(0, "");
    }

    CniPlugin(Map<String, CniNetwork> networkByType) {
        this.networkByType = networkByType;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
    }

    Answer run(CniCall call) {
        String version = CniRules.VERSIONS.getLast();
        try {
            CniRules.checkEnvironment(call);
            if (call.command().equals("VERSION")) {
                return new Answer(0, CniResult.versions());
            }
            CniConfig config = CniConfig.parse(call.input());
            version = config.version();
            CniRules.checkName(config.name());
            if (!CniVariable.CNI_COMMAND.isRequiredBy(call.command())) {
                throw new CniException(
                        CniException.INVALID_ENVIRONMENT, "unknown CNI_COMMAND: " + call.command());
            }
            CniRules.checkVersion(call.command(), version);
            return run(call, config);
        } catch (CniException e) {
            return new Answer(1, CniResult.error(version, e));
        } catch (RuntimeException e) {
            LOG.warn(
                    "CNI call failed: command={} container={}",
                    call.command(),
                    call.containerId(),
                    e);
            CniException told = new CniException(CniException.INTERNAL, e.getMessage());
            return new Answer(1, CniResult.error(version, told));
        }
    }

    private Answer run(CniCall call, CniConfig config) {
        CniNetwork network = networkByType.get(config.type());
        if (network == null) {
            throw new CniException(
                    CniException.INVALID_CONFIG,
                    "type must be one of "
                            + String.join(", ", networkByType.keySet().stream().sorted().toList())
                            + ": type="
                            + config.type());
        }
        synchronized (locks[Math.floorMod(call.containerId().hashCode(), LOCKS)]) {
            switch (call.command()) {
                case "ADD" -> {
                    return add(call, config, network);
                }
                case "DEL" -> network.delete(call, config);
                case "CHECK" -> check(call, config, network);
                case "GC" -> collect(config, network);
                default -> network.checkStatus(config);
            }
            return Answer.NOTHING;
        }
    }

    private static Answer add(CniCall call, CniConfig config, CniNetwork network) {
        CniArguments arguments = arguments(call);
        if (CniRules.VERSIONS.indexOf(config.version()) < CniRules.VERSIONS.indexOf("0.3.0")) {
            throw new CniException(
                    CniException.INCOMPATIBLE_VERSION,
                    "cannot convert: no valid IP addresses",
                    "a result of version " + config.version() + " has room for addresses only");
        }
        return new Answer(0, CniResult.of(config, network.add(call, config, arguments)));
    }

    private static CniArguments arguments(CniCall call) {
        return CniArguments.parse(call.variable(CniVariable.CNI_ARGS));
    }

    private static void check(CniCall call, CniConfig config, CniNetwork network) {
        if (!config.hasPrevResult()) {
            throw new CniException(CniException.INVALID_CONFIG, "Required prevResult missing");
        }
        network.check(call, config, arguments(call));
    }

    /** A DEL that came while no daemon was there: of which type, nobody knows any more. */
    void deleteLater(String containerId, String ifname) {
        for (CniNetwork network : new HashSet<>(networkByType.values())) {
            network.deleteLater(containerId, ifname);
        }
    }

    /** Of this network, what the runtime does not name is nobody's. */
    private static void collect(CniConfig config, CniNetwork network) {
        Set<List<String>> valid = new HashSet<>();
        for (JsonNode each : validAttachments(config)) {
            valid.add(List.of(each.path("containerID").asText(""), each.path("ifname").asText("")));
        }
        network.collect(
                config.name(), (container, ifname) -> valid.contains(List.of(container, ifname)));
    }

    /** The list's name in an early text of the specification was another. */
    private static JsonNode validAttachments(CniConfig config) {
        for (String key : List.of("cni.dev/valid-attachments", "cni.dev/attachments")) {
            JsonNode list = config.json().path(key);
            if (list.isArray() || list.isNull()) {
                return list;
            }
        }
        throw new CniException(
                CniException.INVALID_CONFIG,
                "cni.dev/valid-attachments must be a list: nothing is collected without it");
    }
}
