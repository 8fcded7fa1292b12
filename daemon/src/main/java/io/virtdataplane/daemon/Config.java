package io.virtdataplane.daemon;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.virtdataplane.api.Endpoint;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.port.Pollers;
import io.virtdataplane.sys.Affinity;
import io.virtdataplane.sys.Bpf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The daemon's settings; README lists them.
 *
 * @param socket where the control API listens
 * @param stateDirectory journal and attachments
 * @param group of the socket; empty: the daemon's own
 * @param workers packet threads; 0: one for each four processors, at least one
 * @param workerCpus a processor for each packet thread to be bound to, which sets their number;
 *     empty: the scheduler chooses
 * @param poller "auto", "io_uring" or "epoll"
 * @param hooks how programs are tied to devices: "auto", "tcx" or "clsact"
 * @param framesPerWorker pooled frames of 68 KiB; touched only as they are used
 * @param journalBytes bound of the event journal
 * @param nodeName by which policies know this node; empty: the host name
 * @param nodeLabels by which policies select this node
 * @param sriov virtual functions
 */
public record Config(
        String socket,
        String stateDirectory,
        String group,
        int workers,
        List<Integer> workerCpus,
        String poller,
        String hooks,
        int framesPerWorker,
        long journalBytes,
        String nodeName,
        Map<String, String> nodeLabels,
        SriovConfig sriov) {
    private static final String DEFAULT_STATE = "/var/lib/virt-dataplane";
    private static final int MAX_WORKERS = 64;

    public Config {
        socket = socket == null ? Endpoint.DEFAULT_SOCKET : socket;
        stateDirectory = stateDirectory == null ? DEFAULT_STATE : stateDirectory;
        group = group == null ? "" : group;
        workerCpus = workerCpus == null ? List.of() : List.copyOf(workerCpus);
        poller = poller == null ? "auto" : poller;
        hooks = hooks == null ? "auto" : hooks;
        framesPerWorker = framesPerWorker == 0 ? 128 : framesPerWorker;
        journalBytes = journalBytes == 0 ? 64L << 20 : journalBytes;
        nodeName = nodeName == null ? "" : nodeName;
        nodeLabels = nodeLabels == null ? Map.of() : Map.copyOf(nodeLabels);
        sriov = sriov == null ? SriovConfig.DEFAULT : sriov;
        check(
                socket.startsWith("/") && socket.length() < 108,
                "socket must be an absolute path below 108 bytes: socket=" + socket);
        check(
                stateDirectory.startsWith("/"),
                "stateDirectory must be an absolute path: stateDirectory=" + stateDirectory);
        check(
                workers >= 0 && workers <= MAX_WORKERS,
                "workers must be 0-" + MAX_WORKERS + ": workers=" + workers);
        checkCpus(workers, workerCpus);
        check(
                framesPerWorker >= 64 && framesPerWorker <= 1024,
                "framesPerWorker must be 64-1024: framesPerWorker=" + framesPerWorker);
        check(
                journalBytes >= 1 << 20,
                "journalBytes must be at least 1048576: journalBytes=" + journalBytes);
        kind(poller);
        mechanism(hooks);
    }

    /** The file's settings; all defaults where there is no file and none was asked for. */
    public static Config read(Path file, boolean required) {
        if (!required && !Files.exists(file)) {
            return new Config(null, null, null, 0, null, null, null, 0, 0, null, null, null);
        }
        ObjectMapper yaml =
                new ObjectMapper(new YAMLFactory())
                        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        try {
            String text = Files.readString(file);
            return yaml.readValue(text.isBlank() ? "{}" : text, Config.class);
        } catch (UnrecognizedPropertyException e) {
            throw new IllegalArgumentException(
                    "config has an unknown setting: " + e.getPropertyName() + " file=" + file);
        } catch (IOException e) {
            String cause =
                    e.getCause() instanceof IllegalArgumentException rule
                            ? rule.getMessage()
                            : e.getMessage();
            throw new IllegalArgumentException(
                    "config must be readable YAML: file="
                            + file
                            + ": "
                            + cause.lines().findFirst().orElse(""));
        }
    }

    public Config with(
            String newSocket,
            String newState,
            Integer newWorkers,
            List<Integer> newWorkerCpus,
            String newPoller) {
        return new Config(
                newSocket == null ? socket : newSocket,
                newState == null ? stateDirectory : newState,
                group,
                newWorkers == null ? workers : newWorkers,
                newWorkerCpus == null ? workerCpus : newWorkerCpus,
                newPoller == null ? poller : newPoller,
                hooks,
                framesPerWorker,
                journalBytes,
                nodeName,
                nodeLabels,
                sriov);
    }

    NodeLabels node() {
        return new NodeLabels(nodeName.isEmpty() ? hostName() : nodeName, nodeLabels);
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException("nodeName must be set: the host has no name", e);
        }
    }

    int workerCount() {
        if (!workerCpus.isEmpty()) {
            return workerCpus.size();
        }
        return workers > 0 ? workers : Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    }

    Pollers.Kind pollerKind() {
        return kind(poller);
    }

    private static Pollers.Kind kind(String name) {
        try {
            return Pollers.Kind.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "poller must be auto, io_uring or epoll: poller=" + name);
        }
    }

    Bpf.Mechanism hookMechanism() {
        return mechanism(hooks);
    }

    private static Bpf.Mechanism mechanism(String name) {
        try {
            return Bpf.Mechanism.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("hooks must be auto, tcx or clsact: hooks=" + name);
        }
    }

    private static void checkCpus(int workers, List<Integer> cpus) {
        check(
                cpus.size() <= MAX_WORKERS
                        && cpus.stream().allMatch(cpu -> cpu >= 0 && cpu <= Affinity.MAX_CPU),
                "workerCpus must be at most "
                        + MAX_WORKERS
                        + " of 0-"
                        + Affinity.MAX_CPU
                        + ": workerCpus="
                        + cpus);
        check(
                cpus.size() == cpus.stream().distinct().count(),
                "workerCpus must name each processor once: workerCpus=" + cpus);
        check(
                workers == 0 || cpus.isEmpty() || workers == cpus.size(),
                "workers must be the number of workerCpus where both are given: workers="
                        + workers
                        + " workerCpus="
                        + cpus);
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
