package io.virtdataplane.daemon;

import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.kube.ClusterSettings;
import io.virtdataplane.daemon.mac.MacRange;
import io.virtdataplane.daemon.metrics.MetricsConfig;
import io.virtdataplane.daemon.nic.KeptNics;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.rpc.GuardedSocket;
import io.virtdataplane.daemon.service.ServiceSettings;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.port.Pollers;
import io.virtdataplane.sys.Affinity;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.NetDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The daemon's settings, checked.
 *
 * @param pod it serves the pod that it runs in, and no other
 * @param cniSocket where the CNI plugin's executable calls; empty: nowhere
 * @param absence what NICs do while the daemon is away
 * @param macs of NICs on bridges
 * @param manifests what holds where manifests are silent
 * @param cluster the Kubernetes API
 * @param sriov virtual functions
 * @param services what there is to be given to Services
 * @param serviceDevices of the node, by which clients from outside come to them; none: those with a
 *     default route
 */
record Config(
        Socket socket,
        String cniSocket,
        boolean pod,
        State state,
        Packets packets,
        KeptNics.Settings absence,
        MetricsConfig metrics,
        NodeLabels node,
        Macs macs,
        ManifestDefaults manifests,
        ClusterSettings cluster,
        SriovConfig sriov,
        ServiceSettings services,
        List<String> serviceDevices) {
    private static final int MAX_WORKERS = 64;
    private static final int FEWEST_FRAMES = 64;
    private static final int MOST_FRAMES = 1024;
    private static final int MOST_FAST_SESSIONS = 1 << 20;
    private static final int LONGEST_ABSENCE = 3600;
    private static final int SMALLEST_JOURNAL = 1 << 20;

    /**
     * Where the control API listens.
     *
     * @param group whose members may use it; empty: root and the daemon's own user
     */
    record Socket(Path path, String group) {}

    /**
     * What outlives a run.
     *
     * @param journalBytes bound of the event journal
     */
    record State(Path directory, long journalBytes) {}

    /**
     * Who carries the frames.
     *
     * @param workers packet threads
     */
    record Packets(int workers, WorkerThread.Settings thread, DataPath path) {}

    /**
     * The MAC pool of the node.
     *
     * @param refusesConflicts a NIC whose address another NIC has is not attached
     */
    record Macs(MacRange range, boolean refusesConflicts) {}

    /** Throws with the first rule that a setting breaks. */
    static Config of(ConfigFile file) {
        return new Config(
                socket(file),
                cniSocket(file),
                file.pod,
                state(file),
                packets(file),
                absence(file),
                metrics(file.metrics, socket(file)),
                node(file),
                macs(file),
                manifests(file),
                ClusterSettings.of(
                        file.kubernetes.enabled,
                        file.kubernetes.kubeconfig,
                        file.kubernetes.guestServices,
                        file.kubernetes.kinds),
                sriov(file.sriov, file.pod),
                ServiceSettings.of(
                        file.services.clusterIpRange,
                        file.services.nodePortRange,
                        file.services.loadBalancerPool),
                file.services.devices.stream().map(NetDevice::checkName).toList());
    }

    private static Socket socket(ConfigFile file) {
        check(
                file.socket.startsWith("/") && file.socket.length() <= GuardedSocket.LONGEST_PATH,
                "socket must be an absolute path shorter than 108 bytes: socket=" + file.socket);
        return new Socket(Path.of(file.socket), file.group);
    }

    /** Beside the control socket where it is not set. */
    private static String cniSocket(ConfigFile file) {
        return switch (file.cniSocket) {
            case "none" -> "";
            case "" -> file.pod ? "" : Path.of(file.socket).resolveSibling("cni.sock").toString();
            default -> {
                check(
                        file.cniSocket.startsWith("/")
                                && file.cniSocket.length() <= GuardedSocket.LONGEST_PATH,
                        "cniSocket must be none, or an absolute path shorter than 108 bytes: cniSocket="
                                + file.cniSocket);
                yield file.cniSocket;
            }
        };
    }

    /** Where nothing else is said, as the control socket, and beside it. */
    private static MetricsConfig metrics(ConfigFile.Metrics file, Socket control) {
        String beside = control.path().toString().replaceFirst("(\\.sock)?$", "-metrics.sock");
        return MetricsConfig.of(
                file.socket.isEmpty() ? beside : file.socket,
                file.group.isEmpty() ? control.group() : file.group,
                file.address,
                file.nics);
    }

    private static State state(ConfigFile file) {
        check(
                file.stateDirectory.startsWith("/"),
                "stateDirectory must be an absolute path: stateDirectory=" + file.stateDirectory);
        check(
                file.journalBytes >= SMALLEST_JOURNAL,
                "journalBytes must be at least "
                        + SMALLEST_JOURNAL
                        + ": journalBytes="
                        + file.journalBytes);
        return new State(Path.of(file.stateDirectory), file.journalBytes);
    }

    private static KeptNics.Settings absence(ConfigFile file) {
        check(
                file.absenceSeconds >= 0 && file.absenceSeconds <= LONGEST_ABSENCE,
                "absenceSeconds must be 0-"
                        + LONGEST_ABSENCE
                        + ": absenceSeconds="
                        + file.absenceSeconds);
        check(
                file.pinDirectory.startsWith("/"),
                "pinDirectory must be an absolute path: pinDirectory=" + file.pinDirectory);
        return new KeptNics.Settings(Path.of(file.pinDirectory), file.absenceSeconds);
    }

    private static Packets packets(ConfigFile file) {
        List<Integer> cpus = List.copyOf(file.workerCpus);
        check(
                file.workers >= 0 && file.workers <= MAX_WORKERS,
                "workers must be 0-" + MAX_WORKERS + ": workers=" + file.workers);
        checkCpus(file.workers, cpus);
        check(
                file.framesPerWorker >= FEWEST_FRAMES && file.framesPerWorker <= MOST_FRAMES,
                "framesPerWorker must be "
                        + FEWEST_FRAMES
                        + "-"
                        + MOST_FRAMES
                        + ": framesPerWorker="
                        + file.framesPerWorker);
        return new Packets(
                workers(file, cpus),
                new WorkerThread.Settings(poller(file.poller), file.framesPerWorker, cpus),
                new DataPath(hooks(file.hooks), isFast(file.fastPath), fastSessions(file)));
    }

    private static int workers(ConfigFile file, List<Integer> cpus) {
        if (!cpus.isEmpty()) {
            return cpus.size();
        }
        return file.workers > 0
                ? file.workers
                : Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    }

    private static void checkCpus(int workers, List<Integer> cpus) {
        check(
                cpus.size() <= MAX_WORKERS
                        && cpus.stream().allMatch(cpu -> cpu >= 0 && cpu <= Affinity.MAX_CPU),
                "workerCpus must be at most "
                        + MAX_WORKERS
                        + " processors of 0-"
                        + Affinity.MAX_CPU
                        + ": workerCpus="
                        + cpus);
        check(
                cpus.size() == cpus.stream().distinct().count(),
                "workerCpus must name each processor once: workerCpus=" + cpus);
        check(
                workers == 0 || cpus.isEmpty() || workers == cpus.size(),
                "workers must be equal to the number of workerCpus: workers="
                        + workers
                        + " workerCpus="
                        + cpus);
    }

    private static Pollers.Kind poller(String name) {
        try {
            return Pollers.Kind.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "poller must be auto, io_uring or epoll: poller=" + name, e);
        }
    }

    private static Bpf.Mechanism hooks(String name) {
        try {
            return Bpf.Mechanism.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "hooks must be auto, tcx or clsact: hooks=" + name, e);
        }
    }

    private static int fastSessions(ConfigFile file) {
        check(
                file.fastPathSessions >= 0 && file.fastPathSessions <= MOST_FAST_SESSIONS,
                "fastPathSessions must be 0-"
                        + MOST_FAST_SESSIONS
                        + ": fastPathSessions="
                        + file.fastPathSessions);
        return file.fastPathSessions;
    }

    private static boolean isFast(String fastPath) {
        check(
                fastPath.equals("auto") || fastPath.equals("off"),
                "fastPath must be auto or off: fastPath=" + fastPath);
        return fastPath.equals("auto");
    }

    private static NodeLabels node(ConfigFile file) {
        String ofPod = System.getenv().getOrDefault("NODE_NAME", ""); // from spec.nodeName
        String named = file.nodeName.isEmpty() ? ofPod : file.nodeName;
        return new NodeLabels(named.isEmpty() ? hostName() : named, file.nodeLabels);
    }

    private static Macs macs(ConfigFile file) {
        boolean refuses = file.macPool.conflicts.equals("refuse");
        check(
                refuses || file.macPool.conflicts.equals("warn"),
                "macPool.conflicts must be refuse or warn: conflicts=" + file.macPool.conflicts);
        String site = node(file).name();
        return new Macs(MacRange.of(file.macPool.start, file.macPool.end, site), refuses);
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException("nodeName must be set: the host has no name", e);
        }
    }

    private static ManifestDefaults manifests(ConfigFile file) {
        String namespace = file.sriov.operatorNamespace;
        check(
                namespace.isEmpty() || namespace.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"),
                "sriov.operatorNamespace must be a DNS label in lower case: operatorNamespace="
                        + namespace);
        boolean hasDefault = file.defaultInterface.equals("masquerade");
        check(
                hasDefault || file.defaultInterface.equals("none"),
                "defaultInterface must be masquerade or none: defaultInterface="
                        + file.defaultInterface);
        return new ManifestDefaults(
                namespace.isEmpty() ? ManifestDefaults.OPERATOR_NAMESPACES : List.of(namespace),
                hasDefault);
    }

    private static SriovConfig sriov(ConfigFile.Sriov file, boolean pod) {
        return new SriovConfig(
                new SriovConfig.Trees(file.sysfs, file.proc),
                new SriovConfig.Cards(file.supportedNics, file.rootDevicesAlone),
                new SriovConfig.Offer(
                        file.resourcePrefix, pod ? "none" : file.devicePluginDirectory));
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
