package io.virtdataplane.daemon.cni;

import com.fasterxml.jackson.databind.JsonNode;
import io.virtdataplane.api.CniAttachment;
import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.sys.Links;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.wire.AddressText;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what a container runtime asks of a CNI plugin (CNI specification 1.1.0): an ADD makes the
 * pod's devices and attaches a NIC to them, or nothing of it; a DEL takes away what is there, also
 * what was half made, and has nothing to say where there is nothing.
 */
final class CniPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(CniPlugin.class);
    private static final int LOCKS = 64;
    private final Nics nics;
    private final Map<String, CniNetwork> networkByType;
    private final Executor detaching;
    private final Object[] locks = new Object[LOCKS];

    /**
     * @param output to print
     */
    record Answer(int exitCode, String output) {
        static final Answer NOTHING = new Answer(0, "");
    }

    CniPlugin(Nics nics, Map<String, CniNetwork> networkByType, Executor detaching) {
        this.nics = nics;
        this.detaching = detaching;
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
            return switch (call.command()) {
                case "ADD" -> add(call, config, network);
                case "DEL" -> delete(call, config, network);
                case "CHECK" -> check(call, config, network);
                case "GC" -> collect(config);
                default -> {
                    network.checkStatus(config);
                    yield Answer.NOTHING;
                }
            };
        }
    }

    private Answer add(CniCall call, CniConfig config, CniNetwork network) {
        CniArguments arguments = CniArguments.parse(call.variable(CniVariable.CNI_ARGS));
        if (find(call).isPresent()) {
            throw new CniException(
                    CniException.INTERNAL,
                    "container has this interface already: container="
                            + call.containerId()
                            + " interface="
                            + call.ifname());
        }
        if (CniRules.VERSIONS.indexOf(config.version()) < CniRules.VERSIONS.indexOf("0.3.0")) {
            throw new CniException(
                    CniException.INCOMPATIBLE_VERSION,
                    "cannot convert: no valid IP addresses",
                    "a result of version " + config.version() + " has room for addresses only");
        }
        CniPlan plan = network.plan(call, config, arguments);
        String device = network.device(call, config);
        try (Netns netns = Netns.open(call.netns())) {
            netns.call(
                    () -> {
                        if (new NetDevice(device).exists()) {
                            throw new CniException(
                                    CniException.INTERNAL,
                                    "pod has such a device already: device=" + device);
                        }
                        plan.make().run();
                        return null;
                    });
            try {
                nics.attach(plan.request());
            } catch (RuntimeException e) {
                netns.call(() -> Links.delete(device));
                throw e;
            }
        }
        return new Answer(0, CniResult.of(config, plan.interfaces()));
    }

    /**
     * Also what an ADD that was cut off has left. The NIC and the pod's device end side by side:
     * each waits for the kernel, which lets nobody see a device that is going.
     */
    private Answer delete(CniCall call, CniConfig config, CniNetwork network) {
        Optional<String> nic = find(call);
        CompletableFuture<Void> detached =
                CompletableFuture.runAsync(() -> nic.ifPresent(this::detach), detaching);
        network.owned(call, config, nic.isPresent())
                .ifPresent(device -> deleteDevice(call.netns(), device));
        try {
            detached.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        return Answer.NOTHING;
    }

    private static void deleteDevice(String path, String device) {
        if (path.isEmpty() || !Files.exists(Netns.path(path))) {
            return;
        }
        try (Netns netns = Netns.open(path)) {
            netns.call(() -> Links.delete(device));
        } catch (RuntimeException e) {
            if (Files.exists(Netns.path(path))) { // else it went meanwhile, with all in it
                throw e;
            }
        }
    }

    /** A DEL that came while no daemon was there. */
    void deleteLater(String containerId, String ifname) {
        find(containerId, ifname)
                .ifPresent(
                        each -> {
                            detach(each.name());
                            deleteDevice(each.netns(), GuestDevice.parse(each.device()).name());
                        });
    }

    private void detach(String name) {
        try {
            nics.detach(name);
        } catch (NotFoundException e) {
            LOG.debug("detached meanwhile: nic={}", name); // its pod was seen to be gone
        }
    }

    private Answer check(CniCall call, CniConfig config, CniNetwork network) {
        if (!config.hasPrevResult()) {
            throw new CniException(CniException.INVALID_CONFIG, "Required prevResult missing");
        }
        if (find(call).isEmpty()) {
            throw new CniException(
                    CniException.INTERNAL,
                    "container has no such interface: container="
                            + call.containerId()
                            + " interface="
                            + call.ifname());
        }
        String device = network.device(call, config);
        try (Netns netns = Netns.open(call.netns())) {
            netns.call(
                    () -> {
                        NetDevice there = new NetDevice(device);
                        if (!there.exists()) {
                            throw new CniException(
                                    CniException.INTERNAL,
                                    "device is missing in the pod: device=" + device);
                        }
                        checkMac(config, device, there.mac());
                        return null;
                    });
        }
        return Answer.NOTHING;
    }

    /** What an earlier result has told of the device holds. */
    private static void checkMac(CniConfig config, String device, long mac) {
        for (JsonNode told : config.json().path("prevResult").path("interfaces")) {
            String before = told.path("mac").asText("");
            boolean same = before.isEmpty() || before.equalsIgnoreCase(AddressText.mac(mac));
            if (told.path("name").asText("").equals(device) && !same) {
                throw new CniException(
                        CniException.INTERNAL,
                        "device has another MAC address: device=" + device + " mac=" + before);
            }
        }
    }

    /** Of this network, what the runtime does not name is nobody's. */
    private Answer collect(CniConfig config) {
        Set<List<String>> valid = new HashSet<>();
        for (JsonNode each : validAttachments(config)) {
            valid.add(List.of(each.path("containerID").asText(""), each.path("ifname").asText("")));
        }
        for (Nics.ForRuntime each : nics.forRuntime()) {
            CniAttachment as = each.as();
            boolean isOf = as.getNetwork().equals(config.name());
            if (isOf && !valid.contains(List.of(as.getContainerId(), as.getIfname()))) {
                detach(each.name());
            }
        }
        return Answer.NOTHING;
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

    private Optional<String> find(CniCall call) {
        return find(call.containerId(), call.ifname()).map(Nics.ForRuntime::name);
    }

    private Optional<Nics.ForRuntime> find(String containerId, String ifname) {
        return nics.forRuntime().stream()
                .filter(each -> each.as().getContainerId().equals(containerId))
                .filter(each -> each.as().getIfname().equals(ifname))
                .findFirst();
    }
}
