package io.virtdataplane.daemon;

import io.virtdataplane.api.Endpoint;
import io.virtdataplane.api.PlainText;
import io.virtdataplane.sys.Unsupported;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the daemon. */
@Command(
        name = "virt-dataplane run",
        description = "Run the daemon in the foreground until SIGTERM.",
        mixinStandardHelpOptions = true,
        versionProvider = RunCommand.BuildVersion.class,
        sortOptions = false)
public final class RunCommand implements Callable<Integer> {
    private static final Path DEFAULT_CONFIG = Path.of("/etc/virt-dataplane/config.yaml");

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Configuration file (default: /etc/virt-dataplane/config.yaml, where it exists). The options below have priority over it.")
    private Path config;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Path of the control socket (default: " + Endpoint.DEFAULT_SOCKET + ").")
    private String socket;

    @Option(
            names = "--state-dir",
            paramLabel = "DIR",
            description =
                    "Directory for attachments, objects and events (default: /var/lib/virt-dataplane).")
    private String stateDirectory;

    @Option(
            names = "--pin-dir",
            paramLabel = "DIR",
            description =
                    "Directory below a bpffs for what goes on while the daemon is away (default: /sys/fs/bpf/virt-dataplane).")
    private String pinDirectory;

    @Option(
            names = "--pod",
            description =
                    "Serve the pod that the daemon runs in, and no other: no CNI socket, no device plugin; attach without --netns.")
    private boolean pod;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Number of packet threads (default: one for every four processors).")
    private Integer workers;

    @Option(
            names = "--worker-cpus",
            paramLabel = "CPU",
            split = ",",
            description =
                    "Processors for the packet threads, one each, for example 2,3 (default: the scheduler chooses).")
    private List<Integer> workerCpus;

    @Option(
            names = "--poller",
            paramLabel = "KIND",
            description = "Input and output of frames: auto, io_uring or epoll (default: auto).")
    private String poller;

    @Option(
            names = "--metrics-address",
            paramLabel = "ADDRESS:PORT",
            description =
                    "Loopback address to serve metrics on as well, for example 127.0.0.1:9464 (default: none, only the UNIX socket).")
    private String metricsAddress;

    @Option(
            names = "--operator-namespace",
            paramLabel = "NAMESPACE",
            description =
                    "Namespace of the SR-IOV operator's objects (default: openshift-sriov-network-operator and sriov-network-operator).")
    private String operatorNamespace;

    @Option(
            names = "--node-name",
            paramLabel = "NAME",
            description =
                    "Name of this node, as the Kubernetes API has it (default: the host name).")
    private String nodeName;

    @Option(
            names = "--kubernetes",
            description =
                    "Take objects from the Kubernetes API as well, and write status there (default: files and gRPC only).")
    private boolean kubernetes;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description =
                    "How to reach the Kubernetes API (default: the service account of the pod that the daemon runs in).")
    private String kubeconfig;

    @Option(
            names = "--kinds",
            paramLabel = "KIND",
            split = ",",
            description =
                    "Kinds of objects of the Kubernetes API that this daemon is the engine of, for example NodeNetworkConfigurationPolicy (default: none).")
    private List<String> kinds;

    @Option(
            names = "--guest-services",
            description =
                    "Guests reach the cluster's Services by their own NAT, whatever the pod's kernel does (default: as the pod's kernel does it).")
    private boolean guestServices;

    @Option(
            names = "--service-cluster-ip-range",
            paramLabel = "CIDR",
            split = ",",
            description =
                    "Network for the addresses of Services, or one of each family; that of the first is the default (default: 10.96.0.0/12).")
    private List<String> clusterIpRange;

    @Option(
            names = "--service-node-port-range",
            paramLabel = "FIRST-LAST",
            description = "Node ports of Services (default: 30000-32767).")
    private String nodePortRange;

    @Option(
            names = "--load-balancer-pool",
            paramLabel = "CIDR|FIRST-LAST",
            split = ",",
            description =
                    "Addresses for Services of type LoadBalancer, for example 192.0.2.16/28 (default: none, such Services wait).")
    private List<String> loadBalancerPool;

    @Option(
            names = "--service-device",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Devices of the node by which clients from outside come to Services (default: those with a default route).")
    private List<String> serviceDevices;

    /** As the client says its own. */
    static final class BuildVersion implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"virt-dataplane " + Endpoint.VERSION};
        }
    }

    public static void main(String[] arguments) {
        System.setErr(PlainText.stream(System.err)); // the log: others' words stand there
        CommandLine command = new CommandLine(new RunCommand());
        command.setExecutionExceptionHandler((e, of, parsed) -> failed(e));
        System.exit(command.execute(arguments));
    }

    /** One line where it is a setting's or the node's fault: what broke which rule. */
    private static int failed(Exception e) {
        boolean isKnown =
                e instanceof IllegalArgumentException
                        || e instanceof IOException
                        || e instanceof Unsupported;
        System.err.println("virt-dataplane: " + (isKnown ? e.getMessage() : e.toString()));
        return CommandLine.ExitCode.SOFTWARE;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        ConfigFile file = ConfigFile.read(config == null ? DEFAULT_CONFIG : config, config != null);
        file.socket = socket == null ? file.socket : socket;
        file.stateDirectory = stateDirectory == null ? file.stateDirectory : stateDirectory;
        file.pinDirectory = pinDirectory == null ? file.pinDirectory : pinDirectory;
        file.pod = pod || file.pod;
        file.workers = workers == null ? file.workers : workers;
        file.workerCpus = workerCpus == null ? file.workerCpus : workerCpus;
        file.poller = poller == null ? file.poller : poller;
        file.metrics.address = metricsAddress == null ? file.metrics.address : metricsAddress;
        file.sriov.operatorNamespace =
                operatorNamespace == null ? file.sriov.operatorNamespace : operatorNamespace;
        file.nodeName = nodeName == null ? file.nodeName : nodeName;
        file.kubernetes.enabled = kubernetes || file.kubernetes.enabled;
        file.kubernetes.kubeconfig = kubeconfig == null ? file.kubernetes.kubeconfig : kubeconfig;
        file.kubernetes.kinds = kinds == null ? file.kubernetes.kinds : kinds;
        file.kubernetes.guestServices = guestServices || file.kubernetes.guestServices;
        file.services.clusterIpRange =
                clusterIpRange == null ? file.services.clusterIpRange : clusterIpRange;
        file.services.nodePortRange =
                nodePortRange == null ? file.services.nodePortRange : nodePortRange;
        file.services.loadBalancerPool =
                loadBalancerPool == null ? file.services.loadBalancerPool : loadBalancerPool;
        file.services.devices = serviceDevices == null ? file.services.devices : serviceDevices;
        new Service().run(Config.of(file));
        return 0;
    }
}
