package io.virtdataplane.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real Kubernetes API server, kube-apiserver 1.20 with its etcd, on free loopback ports and in a
 * directory of its own. There is no kubelet: a test plays it ({@code kubectl patch pod NAME
 * --subresource=status}).
 *
 * <p>Most tests take {@link #shared()} and keep to namespaces and objects of their own; one that
 * stops the server, or installs webhooks, takes a server of its own by {@link #start()}.
 *
 * <p>Each user is a token of a kubeconfig. {@link #ADMIN} may do all. The others may do nothing
 * until a role is bound to them: {@link #AGENT} and {@link #CONTROLLER} are the service accounts of
 * deploy/, {@link #NODE1} and {@link #NODE2} plain users of the group {@link #NODES}.
 */
final class ApiServer implements AutoCloseable {
    static final String ADMIN = "admin";
    static final String AGENT = "agent";
    static final String CONTROLLER = "controller";
    static final String NODE1 = "node1";
    static final String NODE2 = "node2";

    /** The group of {@link #NODE1} and {@link #NODE2}. */
    static final String NODES = "virt-dataplane:nodes";

    private static final String LOOPBACK = "127.0.0.1";
    private static final int READY_SECONDS = 90;
    private static final int ATTEMPTS = 3;

    /** Go's garbage collector costs a server that has just been started a third of its time. */
    private static final Map<String, String> OFTEN_ENOUGH = Map.of("GOGC", "400");

    private static ApiServer shared;

    private final KubernetesServers servers = KubernetesServers.found();
    private final Shell shell;
    private final Path directory;
    private final int port = freePort();
    private int etcdPort;
    private Process server;

    private ApiServer() {
        try {
            directory = Files.createTempDirectory("virt-dataplane-api-");
            shell = new Shell(directory);
            ApiCredentials.write(directory);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        startEtcd();
    }

    /**
     * A server of the caller's own, ready. Where the servers are not built the test is aborted, as
     * one that has not run.
     */
    static ApiServer start() {
        ApiServer api = new ApiServer();
        try {
            api.restart();
            return api;
        } catch (AssertionError | RuntimeException e) {
            api.close();
            throw e;
        }
    }

    /** One for all tests of this JVM, which ends it. It has no webhooks and is never stopped. */
    static synchronized ApiServer shared() {
        if (shared == null) {
            ApiServer api = start();
            Runtime.getRuntime().addShutdownHook(new Thread(api::close));
            shared = api;
        }
        return shared;
    }

    /** "https://127.0.0.1:PORT". */
    String url() {
        return "https://" + LOOPBACK + ":" + port;
    }

    /** For processes; its token is the user's name, the server's certificate is in it. */
    Path kubeconfig(String user) {
        return directory.resolve("kubeconfig-" + user);
    }

    /** Where the servers' logs are. */
    Path directory() {
        return directory;
    }

    /** As admin; must succeed. */
    String kubectl(String... arguments) {
        Shell.Result result = kubectlAs(ADMIN, arguments);
        if (!result.ok()) {
            throw new AssertionError(
                    "kubectl " + String.join(" ", arguments) + ":\n" + result.out());
        }
        return result.out();
    }

    Shell.Result kubectlAs(String user, String... arguments) {
        return kubectl(List.of(), user, arguments);
    }

    /** In a network namespace, see {@link #letReachFrom}. */
    Shell.Result kubectlFrom(String namespace, String user, String... arguments) {
        return kubectl(List.of("ip", "netns", "exec", namespace), user, arguments);
    }

    private Shell.Result kubectl(List<String> prefix, String user, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(servers.kubectl().toString());
        command.add("--kubeconfig=" + kubeconfig(user));
        command.add("--cache-dir=" + directory.resolve("kubectl"));
        command.addAll(Arrays.asList(arguments));
        return shell.run(command.toArray(String[]::new));
    }

    /** Creates or changes what the YAML has in it; custom resources can be made once it returns. */
    void applyText(String yaml) {
        try {
            Path file = Files.createTempFile(directory, "apply", ".yaml");
            apply(Files.writeString(file, yaml));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A file, or a directory with files; custom resources can be made once it returns. */
    void apply(Path manifests) {
        String named = kubectl("apply", "-f", manifests.toString(), "-o", "name");
        String[] definitions =
                named.lines()
                        .filter(line -> line.startsWith("customresourcedefinition."))
                        .toArray(String[]::new);
        if (definitions.length > 0) {
            kubectl(
                    Stream.concat(
                                    Stream.of("wait", "--for=condition=Established"),
                                    Arrays.stream(definitions))
                            .toArray(String[]::new));
        }
    }

    /** The resources of other systems that we read and write: KubeVirt, nmstate, Multus, SR-IOV. */
    void applyUpstreamDefinitions() {
        apply(Path.of("src/test/kubernetes/crds"));
    }

    /** Our own resources, as they are installed. */
    void applyOwnDefinitions() {
        apply(Path.of("../deploy/crds"));
    }

    /** The server ends as it would on an orderly shutdown; what etcd holds stays. */
    void stop() {
        shell.end(server);
    }

    /** The server is gone without a word to its clients; what etcd holds stays. */
    void kill() {
        try {
            server.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Starts the server, again on the same port, data and keys, and waits until it is ready. */
    void restart() {
        server =
                shell.start(
                        directory.resolve("kube-apiserver.log"),
                        OFTEN_ENOUGH,
                        servers.program("kube-apiserver"),
                        "--etcd-servers=http://" + LOOPBACK + ":" + etcdPort,
                        "--bind-address=" + LOOPBACK,
                        "--advertise-address=" + LOOPBACK,
                        "--secure-port=" + port,
                        "--cert-dir=" + directory.resolve("certificates"),
                        "--service-cluster-ip-range=10.96.0.0/16",
                        "--service-account-issuer=https://kubernetes.default.svc",
                        "--service-account-key-file=" + ApiCredentials.accountKey(directory),
                        "--service-account-signing-key-file="
                                + ApiCredentials.accountKey(directory),
                        "--token-auth-file=" + ApiCredentials.tokens(directory),
                        "--authorization-mode=RBAC",
                        "--allow-privileged",
                        // As later servers have it without being asked.
                        "--feature-gates=EndpointSliceTerminatingCondition=true",
                        "--endpoint-reconciler-type=none",
                        // No controller makes the accounts of pods unless a test wants it.
                        "--disable-admission-plugins=ServiceAccount");
        Path certificate = directory.resolve("certificates/apiserver.crt");
        Wait.until(
                "the API server's certificate",
                READY_SECONDS,
                () -> alive("kube-apiserver") && Files.exists(certificate),
                exists -> exists);
        ApiCredentials.writeKubeconfigs(directory, url(), certificate);
        Wait.until(
                "the API server",
                READY_SECONDS,
                () -> {
                    alive("kube-apiserver");
                    return kubectlAs(ADMIN, "get", "--raw=/readyz").out();
                },
                "ok"::equals);
    }

    private boolean alive(String program) {
        if (!server.isAlive()) {
            throw new AssertionError(
                    program
                            + " ended with "
                            + server.exitValue()
                            + ":\n"
                            + lastLines(directory.resolve(program + ".log")));
        }
        return true;
    }

    private static String lastLines(Path log) {
        List<String> lines = Shell.text(log).lines().toList();
        return lines.subList(Math.max(0, lines.size() - 10), lines.size()).stream()
                .collect(Collectors.joining("\n"));
    }

    /** A port that was free may be another's when etcd asks for it: then with other ones. */
    private void startEtcd() {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            etcdPort = freePort();
            Process etcd = startEtcd("http://" + LOOPBACK + ":" + etcdPort);
            Wait.until(
                    "etcd",
                    READY_SECONDS,
                    () -> !etcd.isAlive() || isListening(etcdPort),
                    Boolean::booleanValue);
            if (etcd.isAlive()) {
                return;
            }
        }
        throw new AssertionError("etcd: " + lastLines(directory.resolve("etcd.log")));
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket(LOOPBACK, port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private Process startEtcd(String client) {
        return shell.start(
                directory.resolve("etcd.log"),
                servers.program("etcd"),
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=http://" + LOOPBACK + ":" + freePort(),
                // Data of a test need not outlive the machine.
                "--unsafe-no-fsync");
    }

    /**
     * Starts the controllers that fill in Endpoints, EndpointSlices and service accounts, collect
     * what has no owner any more, empty deleted namespaces and add up roles such as "view".
     */
    void startControllerManager() {
        shell.start(
                directory.resolve("kube-controller-manager.log"),
                servers.program("kube-controller-manager"),
                "--kubeconfig=" + kubeconfig(ADMIN),
                "--bind-address=" + LOOPBACK,
                "--secure-port=" + freePort(),
                "--port=0",
                "--cert-dir=" + directory.resolve("certificates-of-controllers"),
                "--service-account-private-key-file=" + ApiCredentials.accountKey(directory),
                "--leader-elect=false",
                "--controllers=endpoint,endpointslice,namespace,garbagecollector,serviceaccount,"
                        + "serviceaccount-token,clusterrole-aggregation");
    }

    /**
     * Lets processes of a network namespace reach the server by the same address, so that the
     * kubeconfigs hold there. While the server is away they see connections that end at once.
     */
    void letReachFrom(String namespace) {
        Path socket = directory.resolve("api.sock");
        if (!Files.exists(socket)) {
            shell.start(
                    directory.resolve("socat.log"),
                    "socat",
                    "UNIX-LISTEN:" + socket + ",fork",
                    "TCP:" + LOOPBACK + ":" + port);
            Wait.until("socat", 10, () -> Files.exists(socket), exists -> exists);
        }
        shell.start(
                directory.resolve("socat.log"),
                "ip",
                "netns",
                "exec",
                namespace,
                "socat",
                "TCP-LISTEN:" + port + ",bind=" + LOOPBACK + ",reuseaddr,fork",
                "UNIX-CONNECT:" + socket);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        shell.close();
        shell.deleteDirectory();
    }
}
