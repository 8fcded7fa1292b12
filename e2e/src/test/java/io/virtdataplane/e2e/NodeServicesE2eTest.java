package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The chapter's Services carry traffic: from the guest, from the node and from outside of it, over
 * restarts of the daemon. The lab's outside is the node here; a host behind it is the client.
 * Numbers such as S13 are those of upstream's conformance tests.
 */
@RootTest
@Timeout(150)
class NodeServicesE2eTest {
    private static final String NODE = "198.51.100.1";
    private static final String NODE6 = "2001:db8:9::1";
    private static final String BALANCER = "198.51.100.80";
    private static final String BALANCER6 = "2001:db8:9::80";
    private static final String MACHINE = MorePods.MACHINE.formatted("vm-ephemeral");
    private static final String CHAPTER = ServiceObjectsE2eTest.CHAPTER;

    /** Says who has asked, and then repeats what it gets. */
    private static final String SSH =
            """
            import socket, threading
            def serve(s):
                while True:
                    c, peer = s.accept()
                    threading.Thread(target=talk, args=(c, peer)).start()
            def talk(c, peer):
                c.sendall((peer[0].replace('::ffff:', '') + '\\n').encode())
                while (d := c.recv(1000)): c.sendall(d)
            s = socket.socket(socket.AF_INET6)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('::', 22)); s.listen(64); serve(s)
            """;

    private static final String ASK =
            "timeout 3 bash -c 'exec 3<>/dev/tcp/%s/%d && head -1 <&3' 2>&1 || true";
    private final Lab lab = new Lab();
    private String far;
    private String fastPath = "auto";

    @AfterEach
    void close() {
        lab.close();
    }

    private void start(String... services) {
        attach();
        lab.startIn(lab.guest, "python3", "-c", SSH);
        Wait.until(
                "the guest's server",
                10,
                () -> lab.mustIn(lab.guest, "ss -Hlnt sport = 22"),
                said -> !said.isEmpty());
        for (String service : services) {
            apply(service);
        }
    }

    private void attach() {
        far = lab.far(1500);
        lab.mustIn(lab.out, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        lab.keeping();
        daemon();
        lab.attachDevice(MACHINE).configureGuest();
    }

    private void daemon() {
        Path config = lab.shell.directory().resolve("config.yaml");
        lab.shell.write(config, "fastPath: \"" + fastPath + "\"\n");
        lab.daemonIn(
                lab.out,
                "--config",
                config.toString(),
                "--service-device",
                "far0",
                "--load-balancer-pool",
                BALANCER + "/32," + BALANCER6 + "/128",
                "--service-cluster-ip-range",
                "10.96.0.0/12,fd00:96::/112");
    }

    private void apply(String service) {
        lab.mustClient("apply", "-f", lab.manifest(service).toString());
    }

    private String ask(String from, String address, int port) {
        return lab.mustIn(from, ASK.formatted(address, port)).trim();
    }

    private String clusterIp() {
        return lab.mustClient("get", "svc", "vmservice", "-n", "example-namespace", "-o", "yaml")
                .lines()
                .filter(line -> line.contains("clusterIP:"))
                .findFirst()
                .orElseThrow()
                .replaceFirst("clusterIP:", "")
                .replace("\"", "")
                .trim();
    }

    /** What the chapter makes Services for. */
    @Test
    void secureShellReachesTheGuestByEachKindOfService() {
        attach();
        SecureShell ssh = new SecureShell(lab);
        apply(CHAPTER);
        String who = "echo $SSH_CONNECTION";
        assertThat(ssh.run(lab.out, clusterIp(), 27017, who)).endsWith(" 10.0.2.2 22");
        assertThat(ssh.run(far, NODE, 30000, who))
                .startsWith(Lab.FAR + " ")
                .endsWith(" 10.0.2.2 22");
        apply(CHAPTER.replace("type: NodePort", "type: LoadBalancer"));
        assertThat(ssh.run(far, BALANCER, 27017, who))
                .startsWith(Lab.FAR + " ")
                .endsWith(" 10.0.2.2 22");
    }

    /** S10, S11, S13, S15. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "off"})
    void theChaptersServiceIsReachedFromAllSidesAndTheClientIsSeen(String path) {
        fastPath = path;
        start(CHAPTER);
        String vip = clusterIp();
        assertThat(ask(far, NODE, 30000)).as("from outside").isEqualTo(Lab.FAR);
        assertThat(ask(lab.out, vip, 27017)).as("from the node").isEqualTo("10.244.1.1");
        assertThat(ask(lab.out, NODE, 30000)).as("by its node port").isEqualTo("10.244.1.1");
        assertThat(ask(lab.guest, vip, 27017)).as("its own").isEqualTo(Lab.POD_ADDRESS);
        assertThat(ask(lab.guest, NODE, 30000)).as("by its node").isEqualTo(Lab.POD_ADDRESS);

        apply(CHAPTER.replace("type: NodePort", "type: LoadBalancer"));
        assertThat(lab.mustClient("get", "svc", "-n", "example-namespace"))
                .containsPattern("LoadBalancer +" + vip + " +" + BALANCER + " +27017:30000/TCP");
        assertThat(ask(far, BALANCER, 27017)).as("its balancer's address").isEqualTo(Lab.FAR);
        assertThat(ask(lab.guest, BALANCER, 27017)).isEqualTo(Lab.POD_ADDRESS);

        lab.mustClient("set", "vm-ephemeral", "--ports", "TCP/80");
        assertThat(ask(far, NODE, 30000)).contains("refused");
        assertThat(ask(far, BALANCER, 27017)).contains("refused");
        assertThat(ask(lab.guest, NODE, 30000)).contains("refused");
        assertThat(ask(lab.out, vip, 27017)).contains("refused");
        assertThat(ask(lab.guest, vip, 27017)).contains("refused");
        assertThat(lab.mustClient("get", "counters")).contains("drop_service_no_endpoint");
        lab.mustClient("set", "vm-ephemeral", "--ports", "TCP/22");
        assertThat(ask(far, NODE, 30000)).isEqualTo(Lab.FAR);

        lab.mustClient("delete", "svc", "vmservice", "-n", "example-namespace");
        assertThat(ask(far, NODE, 30000)).contains("refused");
        assertThat(lab.shell.must("find", lab.bpffs().toString()))
                .as("without a Service there are no programs")
                .doesNotContain("-node");
        assertThat(lab.mustClient("events")).contains("NodeServices");
    }

    @Test
    void bothFamilies() {
        start(
                CHAPTER.replace(
                        "  type: NodePort",
                        "  type: LoadBalancer\n  ipFamilyPolicy: RequireDualStack\n  ipFamilies: [IPv6, IPv4]"));
        String vip = clusterIp();
        assertThat(vip).startsWith("fd00:96:");
        assertThat(ask(lab.guest, vip, 27017)).isEqualTo(Lab.POD_ADDRESS6);
        assertThat(ask(far, NODE6, 30000)).isEqualTo(Lab.FAR6);
        assertThat(ask(far, NODE, 30000)).isEqualTo(Lab.FAR);
        assertThat(ask(far, BALANCER6, 27017)).as("who has it is answered").isEqualTo(Lab.FAR6);
        assertThat(ask(far, BALANCER, 27017)).isEqualTo(Lab.FAR);
        assertThat(ask(lab.out, vip, 27017)).isEqualTo("fd00:10:244::1");

        // S13: the same number becomes UDP's
        lab.startIn(lab.guest, "socat", "UDP6-LISTEN:53,fork,ipv6only=0", "EXEC:cat");
        lab.awaitSocket(lab.guest, "udp sport = :53");
        apply(CHAPTER.replace("protocol: TCP", "protocol: UDP").replace(": 22", ": 53"));
        for (String from : List.of(far, lab.guest)) {
            assertThat(
                            lab.mustIn(
                                    from,
                                    "echo hello | timeout 3 socat -t 2 - UDP4:" + NODE + ":30000"))
                    .isEqualTo("hello\n");
        }
        assertThat(ask(far, NODE, 30000)).contains("refused");
    }

    /** S20: a guest that is about to leave serves no longer. */
    @Test
    void underLocalTheHealthPortTellsWhetherThereIsAnEndpoint() {
        start(
                CHAPTER.replace(
                                "type: NodePort",
                                "type: LoadBalancer\n  healthCheckNodePort: 31999")
                        .replace("Policy: Cluster", "Policy: Local"));
        String look = "curl -s -m 3 -w ' %{http_code}' http://" + NODE + ":31999/healthz";
        assertThat(lab.mustIn(far, look))
                .contains("\"name\":\"vmservice\"", "\"localEndpoints\":1")
                .endsWith(" 200");
        assertThat(ask(far, BALANCER, 27017)).isEqualTo(Lab.FAR);
        lab.mustClient("drain", "vm-ephemeral");
        assertThat(lab.mustIn(far, look)).contains("\"localEndpoints\":0").endsWith(" 503");
        lab.mustClient("drain", "--cancel", "vm-ephemeral");
        assertThat(lab.mustIn(far, look)).endsWith(" 200");
        lab.mustClient("set", "vm-ephemeral", "--ports", "TCP/80");
        assertThat(lab.mustIn(far, look)).contains("\"localEndpoints\":0").endsWith(" 503");
        assertThat(ask(far, BALANCER, 27017)).as("dropped, not refused").isEmpty();
    }

    /** The daemon goes and comes: whoever talks to the guest by a Service must not notice. */
    @Test
    void connectionsGoOnOverRestarts() {
        start(CHAPTER);
        String vip = clusterIp();
        Path said = lab.shell.directory().resolve("talk");
        String talk =
                """
                import socket, sys, time
                s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
                f = s.makefile('rwb')
                f.readline()
                n = 0
                longest = 0
                while True:
                    began = time.monotonic()
                    f.write(b'%d\\n' % n); f.flush()
                    assert f.readline() == b'%d\\n' % n
                    longest = max(longest, time.monotonic() - began)
                    n += 1
                    print(n, int(longest * 1000), flush=True)
                    time.sleep(0.02)
                """;
        lab.shell.start(said, "ip", "netns", "exec", far, "python3", "-c", talk, NODE, "30000");
        Path own = lab.shell.directory().resolve("talk-own");
        lab.shell.start(own, "ip", "netns", "exec", lab.guest, "python3", "-c", talk, vip, "27017");
        Wait.until("a talk", 10, () -> count(said) + count(own), count -> count > 20);
        lab.endDaemon();
        long before = count(said);
        Wait.until("the talk without the daemon", 10, () -> count(said), n -> n > before + 20);
        assertThat(ask(far, NODE, 30000))
                .as("a known client's connection is opened without the daemon")
                .isEqualTo(Lab.FAR);
        daemon();
        long ownCount = count(own);
        Wait.until("the guest's own talk goes on", 20, () -> count(own), n -> n > ownCount + 20);
        String ownLongest = last(own)[1];
        assertThat(lab.daemonLog()).contains("programs=kept");
        assertThat(ask(far, NODE, 30000)).isEqualTo(Lab.FAR);
        lab.killDaemon();
        daemon();
        long after = count(said);
        Wait.until("the talk goes on", 10, () -> count(said), n -> n > after + 20);
        System.out.printf(
                "NodeServicesE2eTest: talking every 20 ms over SIGTERM and SIGKILL, longest answer %s ms by a node port; over SIGTERM %s ms from the guest to its own Service%n",
                last(said)[1], ownLongest);
    }

    private static String[] last(Path said) {
        String[] lines = Shell.text(said).split("\n");
        return lines[lines.length - 1].split(" ");
    }

    private static long count(Path said) {
        String first = last(said)[0];
        if (!first.isEmpty() && !first.matches("\\d+")) {
            throw new AssertionError(Shell.text(said));
        }
        return first.isEmpty() ? 0 : Long.parseLong(first);
    }
}
