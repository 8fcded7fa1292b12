package io.virtdataplane.daemon;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.virtdataplane.api.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The settings as their file has them, each with its default; the manual page lists them. {@link
 * Config#of} checks them.
 */
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE)
final class ConfigFile {
    /** A whole line of one; a package's file has nothing else. */
    private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*(#.*|---\\s*)$");

    /** Where the control API listens. */
    String socket = Endpoint.DEFAULT_SOCKET;

    /** Where the CNI plugin calls; empty: cni.sock beside the other; "none": nowhere. */
    String cniSocket = "";

    /** It runs in a pod, and serves its own network namespace only. */
    boolean pod;

    /** Journal, objects and attachments. */
    String stateDirectory = "/var/lib/virt-dataplane";

    /** Of the socket; empty: the daemon's own. */
    String group = "";

    /** Packet threads; 0: one for each four processors, at least one. */
    int workers;

    /** A processor for each packet thread to be bound to; empty: the scheduler chooses. */
    List<Integer> workerCpus = List.of();

    /** "auto", "io_uring" or "epoll". */
    String poller = "auto";

    /** How programs are tied to devices: "auto", "tcx" or "clsact". */
    String hooks = "auto";

    /** "auto": the kernel carries established flows where it can; "off". */
    String fastPath = "auto";

    /** Of a NIC, that the kernel may carry at a time; 0: an eighth of its limit, or 4096. */
    int fastPathSessions;

    /** How long NICs go on as they are without a daemon; 0: they end with it. */
    int absenceSeconds = 30;

    /** Below a mount of bpffs: what goes on without a daemon is kept there. */
    String pinDirectory = "/sys/fs/bpf/virt-dataplane";

    /** Pooled frames of 68 KiB; touched only as they are used. */
    int framesPerWorker = 128;

    /** Bound of the event journal. */
    long journalBytes = 64L << 20;

    /** By which policies know this node; empty: the host name. */
    String nodeName = "";

    /** By which policies select this node. */
    Map<String, String> nodeLabels = Map.of();

    /** Of a machine that lists no NIC: "masquerade", on the pod network, or "none". */
    String defaultInterface = "masquerade";

    MacPool macPool = new MacPool();

    Metrics metrics = new Metrics();

    Kubernetes kubernetes = new Kubernetes();

    Sriov sriov = new Sriov();

    Services services = new Services();

    /** The settings below {@code services}. */
    @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE)
    static final class Services {
        /** One network, or one of each family; the first is the default. */
        List<String> clusterIpRange = List.of("10.96.0.0/12");

        /** FIRST-LAST. */
        String nodePortRange = "30000-32767";

        /** Networks, or FIRST-LAST, that are led to this node; empty: such Services wait. */
        List<String> loadBalancerPool = List.of();

        /** Of the node, by which clients from outside come; empty: those with a default route. */
        List<String> devices = List.of();
    }

    /** The settings below {@code macPool}. */
    @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE)
    static final class MacPool {
        /** First MAC address; empty, with end: 02:XX:XX:00:00:00, of the node's name. */
        String start = "";

        /** Last one. */
        String end = "";

        /** Of a NIC whose address another NIC on a bridge has: "refuse" or "warn". */
        String conflicts = "refuse";
    }

    /** The settings below {@code metrics}. */
    @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE)
    static final class Metrics {
        /** Path; empty: beside the control socket; "none": no socket. */
        String socket = "";

        /** Of that socket; empty: the control socket's. */
        String group = "";

        /** Loopback ADDRESS:PORT to listen on as well; empty: none. */
        String address = "";

        /** How many NICs and uplinks are told one by one. */
        int nics = 1000;
    }

    /** The settings below {@code kubernetes}. */
    @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE)
    static final class Kubernetes {
        /** Objects come from the Kubernetes API too, and status goes there. */
        boolean enabled;

        /** As kubectl takes it; empty: the service account of the pod that the daemon runs in. */
        String kubeconfig = "";

        /**
         * Of which the daemon is the engine on this node, such as NodeNetworkConfigurationPolicy.
         */
        List<String> kinds = List.of();

        /** Guests reach the cluster's Services by their own NAT, not by the pod's kernel. */
        boolean guestServices;
    }

    /** The settings below {@code sriov}. */
    @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE)
    static final class Sriov {
        /** Root of the device tree. */
        String sysfs = "/sys";

        /** Where processes are looked up. */
        String proc = "/proc";

        /** Where the operator's objects are; empty: both that upstream installs it in. */
        String operatorNamespace = "";

        /** Beside the operator's: "VENDOR PF VF". */
        List<String> supportedNics = List.of();

        /** A policy may select by rootDevices only. */
        boolean rootDevicesAlone;

        /** Of extended resources. */
        String resourcePrefix = "openshift.io";

        /** The kubelet's; "none": no device plugin; missing: none until a kubelet makes it. */
        String devicePluginDirectory = "/var/lib/kubelet/device-plugins";
    }

    /** The file's settings; all defaults where there is no file and none was asked for. */
    static ConfigFile read(Path file, boolean required) {
        if (!required && !Files.exists(file)) {
            return new ConfigFile();
        }
        try {
            String text = Files.readString(file);
            if (COMMENT.matcher(text).replaceAll("").isBlank()) {
                return new ConfigFile();
            }
            ObjectMapper yaml =
                    new ObjectMapper(new YAMLFactory())
                            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .setDefaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SKIP));
            ConfigFile read = yaml.readValue(text, ConfigFile.class);
            return read == null ? new ConfigFile() : read;
        } catch (UnrecognizedPropertyException e) {
            throw new IllegalArgumentException(
                    "config must not have unknown settings: setting=" + path(e) + " file=" + file,
                    e);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("config must exist: config=" + file, e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "config must be readable YAML: file="
                            + file
                            + ": "
                            + e.getMessage().lines().findFirst().orElse(""),
                    e);
        }
    }

    /** "sriov.nodeLabels": a setting may stand in the wrong place. */
    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference field : e.getPath()) {
            path.append(path.isEmpty() ? "" : ".").append(field.getFieldName());
        }
        return path.toString();
    }
}
