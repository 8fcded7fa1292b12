package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtdataplane.api.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the controller. */
@Command(
        name = "virt-dataplane controller",
        description =
                "Run the cluster's controller until SIGTERM: MAC addresses and admission of VirtualMachines, network definitions of SriovNetworks.",
        mixinStandardHelpOptions = true,
        versionProvider = ControllerCommand.BuildVersion.class,
        sortOptions = false)
public final class ControllerCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerCommand.class);
    private static final Path POD_NAMESPACE =
            Path.of("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
    private static final int FIRST_RETRY_MS = 1_000;
    private static final String REQUEST_SECONDS = "10";
    private static final int LONGEST_RETRY_MS = 30_000;
    private static final int END_SECONDS = 20;

    /** Until the API server's nodes know that questions go elsewhere. */
    private static final Duration LEAVE = Duration.ofSeconds(5);

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "How to reach the API server (default: the pod's service account).")
    private Path kubeconfig;

    @Option(
            names = "--namespace",
            paramLabel = "NAMESPACE",
            description =
                    "Namespace of the controller's own objects (default: the pod's, else virt-dataplane).")
    private String namespace;

    @Option(
            names = "--mac-start",
            paramLabel = "MAC",
            defaultValue = "",
            description =
                    "First MAC address of the pool (default: 02:XX:XX:00:00:00, of the cluster's own).")
    private String macStart;

    @Option(
            names = "--mac-end",
            paramLabel = "MAC",
            defaultValue = "",
            description = "Last MAC address of the pool (default: 02:XX:XX:ff:ff:ff).")
    private String macEnd;

    @Option(
            names = "--mac-mode",
            paramLabel = "MODE",
            defaultValue = "opt-out",
            description =
                    "Which namespaces are the pool's: opt-out, all but those labelled mutatevirtualmachines.kubemacpool.io=ignore; opt-in, those labelled =allocate (default: ${DEFAULT-VALUE}).")
    private String macMode;

    @Option(
            names = "--mac-wait",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description =
                    "After this time the address of a machine that was never made is given back; longer than the API server's --request-timeout (default: ${DEFAULT-VALUE}).")
    private int macWait;

    @Option(
            names = "--webhook-port",
            paramLabel = "PORT",
            defaultValue = "9443",
            description = "Port to answer the API server on (default: ${DEFAULT-VALUE}).")
    private int webhookPort;

    @Option(
            names = "--webhook-name",
            paramLabel = "NAME",
            split = ",",
            description =
                    "DNS names and IPv4 addresses that the API server calls the webhook by (default: virt-dataplane-webhook.NAMESPACE.svc).")
    private List<String> webhookNames;

    @Option(
            names = "--webhook-configuration",
            paramLabel = "NAME",
            defaultValue = "virt-dataplane",
            description =
                    "Name of the webhook configurations that are told whom to trust (default: ${DEFAULT-VALUE}).")
    private String webhookConfiguration;

    @Option(
            names = "--status-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description =
                    "Port of /healthz, /readyz and /metrics, over HTTP (default: ${DEFAULT-VALUE}).")
    private int statusPort;

    @Option(
            names = "--sriov-networks",
            description =
                    "Keep the NetworkAttachmentDefinitions of SriovNetworks: where no SR-IOV operator does.")
    private boolean sriovNetworks;

    @Option(
            names = "--resource-prefix",
            paramLabel = "PREFIX",
            defaultValue = "openshift.io",
            description = "Of the extended resources of SR-IOV (default: ${DEFAULT-VALUE}).")
    private String resourcePrefix;

    /** As the client says its own. */
    static final class BuildVersion implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"virt-dataplane " + Endpoint.VERSION};
        }
    }

    public static void main(String[] arguments) {
        // The JDK's HTTP server waits without end for a request that has begun.
        System.setProperty("sun.net.httpserver.maxReqTime", REQUEST_SECONDS);
        CommandLine command = new CommandLine(new ControllerCommand());
        command.setExecutionExceptionHandler(
                (e, of, parsed) -> {
                    boolean isKnown =
                            e instanceof IllegalArgumentException || e instanceof IOException;
                    System.err.println(
                            "virt-dataplane: " + (isKnown ? e.getMessage() : e.toString()));
                    return CommandLine.ExitCode.SOFTWARE;
                });
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, GeneralSecurityException, InterruptedException {
        ControllerConfig config = config();
        if (config.macs().patience().compareTo(ControllerConfig.Macs.LEAST_SAFE_WAIT) < 0) {
            LOG.warn(
                    "mac-wait is shorter than the API server may work on a request: mac-wait={} recommended={}",
                    config.macs().patience().toSeconds(),
                    ControllerConfig.Macs.LEAST_SAFE_WAIT.toSeconds());
        }
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(this::end));
        try (Controller controller = started(config)) {
            if (controller != null) {
                stop.await();
                controller.leave();
                Thread.sleep(LEAVE);
            }
        } finally {
            LOG.info("stopped");
            stopped.countDown();
        }
        return 0;
    }

    /** Tries until the API server answers; null where the end came first. */
    private Controller started(ControllerConfig config)
            throws GeneralSecurityException, InterruptedException {
        int wait = FIRST_RETRY_MS;
        while (true) {
            try {
                return new Controller(config);
            } catch (KubernetesClientException e) {
                LOG.warn("API server does not answer as needed, tried again: {}", e.getMessage());
            }
            long jittered = wait / 2 + ThreadLocalRandom.current().nextInt(wait / 2 + 1);
            if (stop.await(jittered, TimeUnit.MILLISECONDS)) {
                return null;
            }
            wait = Math.min(2 * wait, LONGEST_RETRY_MS);
        }
    }

    private void end() {
        stop.countDown();
        try {
            stopped.await(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ControllerConfig config() throws IOException {
        String own = namespace == null ? podNamespace() : namespace;
        return new ControllerConfig(
                kubeconfig,
                own,
                InetAddress.getLocalHost().getHostName() + "_" + UUID.randomUUID(),
                new ControllerConfig.Macs(
                        macStart, macEnd, Namespaces.Mode.of(macMode), Duration.ofSeconds(macWait)),
                new ControllerConfig.Webhook(
                        webhookPort,
                        webhookNames == null
                                ? List.of("virt-dataplane-webhook." + own + ".svc")
                                : webhookNames,
                        webhookConfiguration),
                statusPort,
                sriovNetworks,
                resourcePrefix);
    }

    private static String podNamespace() throws IOException {
        return Files.isReadable(POD_NAMESPACE)
                ? Files.readString(POD_NAMESPACE).strip()
                : "virt-dataplane";
    }
}
