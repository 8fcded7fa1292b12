package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A pod, its guest and the world outside, each a network namespace, and a daemon of our own beside
 * them. Needs root. Everything is named after this process and is gone after {@link #close}.
 */
final class Lab implements AutoCloseable {
    static final String POD_ADDRESS = "10.244.1.5";
    static final String POD_ADDRESS6 = "fd00:10:244::5";
    static final String OUTSIDE = "203.0.113.7"; // TEST-NET-3
    static final String OUTSIDE6 = "2001:db8::7"; // RFC 3849
    static final String FAR = "198.51.100.9"; // TEST-NET-2
    static final String FAR6 = "2001:db8:9::9";
    static final String CHAPTER =
            """
            kind: VirtualMachine
            spec:
              domain:
                devices:
                  interfaces:
                    - name: default
                      masquerade: {}
                      ports:
                        - port: 80
                        - port: 22
                        - port: 5201
              networks:
              - name: default
                pod: {}
            """;
    private static final String DEVICES = "VDP_E2E_DEVICES";
    private static final int SERVER_SECONDS = 20;
    private static int labs;

    final Shell shell;
    final String pod;
    final String guest;
    final String out;
    private String far = "";
    private final Path root = Path.of("").toAbsolutePath().getParent();
    private final LabDaemon daemon;

    Lab() {
        try {
            shell = new Shell(Files.createTempDirectory("virt-dataplane-e2e-"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        daemon = new LabDaemon(shell, root.resolve("bin"));
        String tag = "vdpt" + ProcessHandle.current().pid() % 100_000 + letters();
        pod = tag + "-pod";
        guest = tag + "-guest";
        out = tag + "-out";
        for (String name : new String[] {pod, guest, out}) {
            shell.must("ip", "netns", "add", name);
            shell.must("ip", "-n", name, "link", "set", "lo", "up");
        }
        shell.sh(
                """
                ip link add eth0 netns %1$s type veth peer name eth0 netns %2$s
                ip -n %1$s addr add 10.244.1.5/24 dev eth0
                ip -n %2$s addr add 10.244.1.1/24 dev eth0
                ip -n %2$s addr add 203.0.113.7/32 dev lo
                ip -n %1$s link set eth0 up
                ip -n %2$s link set eth0 up
                ip -n %1$s route add default via 10.244.1.1
                ip -n %1$s addr add fd00:10:244::5/64 dev eth0 nodad
                ip -n %2$s addr add fd00:10:244::1/64 dev eth0 nodad
                ip -n %2$s addr add 2001:db8::7/128 dev lo nodad
                ip -n %1$s route add default via fd00:10:244::1
                mkdir -p /etc/netns/%1$s /etc/netns/%3$s
                printf 'nameserver 203.0.113.7\\nnameserver 2001:db8::7\\nsearch default.svc.cluster.local svc.cluster.local\\n' > /etc/netns/%1$s/resolv.conf
                : > /etc/netns/%3$s/resolv.conf
                """
                        .formatted(pod, out, guest));
    }

    /** No two labs of a run have the same: some last as long as dozens of others. */
    private static synchronized String letters() {
        int number = labs++;
        return "" + (char) ('a' + number / 26 % 26) + (char) ('a' + number % 26);
    }

    /** The pod has no IPv6 address. */
    Lab withoutIpv6() {
        shell.must("ip", "-n", pod, "addr", "del", POD_ADDRESS6 + "/64", "dev", "eth0");
        return this;
    }

    /** The pod has no IPv4 address. */
    Lab withoutIpv4() {
        shell.must("ip", "-n", pod, "addr", "del", POD_ADDRESS + "/24", "dev", "eth0");
        return this;
    }

    /** A host behind the outside, which forwards to it over a link of this MTU. */
    String far(int mtu) {
        far = out.replace("-out", "-far");
        shell.sh(
                """
                ip netns add %1$s
                ip -n %1$s link set lo up
                ip link add far0 netns %2$s mtu %3$d type veth peer name eth0 netns %1$s mtu %3$d
                ip -n %2$s addr add 198.51.100.1/24 dev far0
                ip -n %1$s addr add 198.51.100.9/24 dev eth0
                ip -n %2$s addr add 2001:db8:9::1/64 dev far0 nodad
                ip -n %1$s addr add 2001:db8:9::9/64 dev eth0 nodad
                ip -n %2$s link set far0 up
                ip -n %1$s link set eth0 up
                ip -n %1$s route add default via 198.51.100.1
                ip -n %1$s route add default via 2001:db8:9::1
                ip netns exec %2$s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
                """
                        .formatted(far, out, mtu));
        return far;
    }

    /** What goes on without the daemon is kept in a bpffs of the lab's own. */
    Lab keeping() {
        shell.sh("mkdir %1$s && mount -t bpf bpf %1$s".formatted(bpffs()));
        return this;
    }

    Path bpffs() {
        return shell.directory().resolve("bpf");
    }

    /** With the JVM's flags of an installed daemon: for what measures. */
    Lab asInstalled() {
        daemon.asInstalled();
        return this;
    }

    /** For the daemon's process. */
    Lab environment(String name, String value) {
        daemon.environment(name, value);
        return this;
    }

    /** Starts the daemon, or starts it anew, and waits until it answers. */
    Lab daemon(String... options) {
        return startDaemon(List.of(), options);
    }

    /** The same in a network namespace: its node's, with cgroups, which ip-netns(8) leaves out. */
    Lab daemonIn(String namespace, String... options) {
        String cgroups = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$0\" \"$@\"";
        return startDaemon(List.of("ip", "netns", "exec", namespace, "sh", "-c", cgroups), options);
    }

    void endDaemon() {
        daemon.end();
    }

    /** Without a word to it; it is no more when this returns. */
    void killDaemon() {
        daemon.kill();
    }

    private Lab startDaemon(List<String> prefix, String... options) {
        String[] places = {
            "--socket",
            socket(),
            "--state-dir",
            shell.directory().resolve("state").toString(),
            "--pin-dir",
            bpffs().resolve("vdp").toString()
        };
        daemon.start(
                prefix, Stream.of(places, options).flatMap(Arrays::stream).toArray(String[]::new));
        return this;
    }

    String daemonLog() {
        return daemon.log();
    }

    Process daemonProcess() {
        return daemon.process();
    }

    String socket() {
        return shell.directory().resolve("control.sock").toString();
    }

    Shell.Result client(String... arguments) {
        String[] socket = {"--socket", socket()};
        return Clients.run(
                root, Stream.of(arguments, socket).flatMap(Arrays::stream).toArray(String[]::new));
    }

    /** A client that goes on; see {@link #clientsSaid}. */
    Process startClient(String... arguments) {
        String[] command = {root.resolve("bin/virt-dataplane").toString()};
        String[] socket = {"--socket", socket()};
        return shell.start(
                clients(),
                Stream.of(command, arguments, socket)
                        .flatMap(Arrays::stream)
                        .toArray(String[]::new));
    }

    /** What all of them have printed. */
    String clientsSaid() {
        return Shell.text(clients());
    }

    private Path clients() {
        return shell.directory().resolve("clients.log");
    }

    String mustClient(String... arguments) {
        Shell.Result result = client(arguments);
        if (!result.ok()) {
            throw new AssertionError(
                    String.join(" ", arguments) + ": " + result.out() + "\n" + daemonLog());
        }
        return result.out();
    }

    Path manifest(String text) {
        try {
            return Files.writeString(shell.directory().resolve("vm.yaml"), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Attaches by a tap that the daemon makes, and moves it into the guest's namespace as eth0;
     * where the environment has {@value #DEVICES}, by a device of the guest's, whose established
     * flows the kernel carries.
     */
    Lab attachTap(String manifest, String... options) {
        if (System.getenv(DEVICES) != null) {
            return makeDevice().attachMade(manifest, options);
        }
        attach(manifest, "tap:tap0", options);
        shell.must("ip", "-n", pod, "link", "set", "tap0", "netns", guest, "name", "eth0");
        shell.must("ip", "-n", guest, "link", "set", "eth0", "up");
        return this;
    }

    /**
     * Attaches by a veth whose other end is the guest's eth0: it outlives the daemon, as a tap of
     * QEMU does.
     */
    Lab attachDevice(String manifest) {
        return makeDevice().attachMade(manifest);
    }

    /** The first half of it. */
    Lab makeDevice() {
        shell.must(
                "ip", "link", "add", "eth0", "netns", guest, "type", "veth", "peer", "name", "tap0",
                "netns", pod);
        shell.must("ip", "-n", pod, "link", "set", "tap0", "up");
        shell.must("ip", "-n", guest, "link", "set", "eth0", "up");
        return this;
    }

    /** The other half. */
    Lab attachMade(String manifest, String... options) {
        return attach(manifest, "dev:tap0", options);
    }

    private Lab attach(String manifest, String as, String... options) {
        String[] attach = {
            "attach", "-f", manifest(manifest).toString(), "--netns", pod, "--guest", as
        };
        mustClient(Stream.of(attach, options).flatMap(Arrays::stream).toArray(String[]::new));
        return this;
    }

    /** Gives the guest its addresses, as the documentation's cloud-init example has IPv6. */
    Lab configureGuest() {
        return configureGuest("10.0.2.2/24", "10.0.2.1", "fd10:0:2::2/120", "fd10:0:2::1");
    }

    Lab configureGuest(String ipv4, String gateway4, String ipv6, String gateway6) {
        shell.must("ip", "-n", guest, "addr", "add", ipv4, "dev", "eth0");
        shell.must("ip", "-n", guest, "route", "add", "default", "via", gateway4);
        shell.must("ip", "-n", guest, "addr", "add", ipv6, "dev", "eth0", "nodad");
        // An advertisement may have brought a route already.
        shell.must("ip", "-n", guest, "route", "replace", "default", "via", gateway6);
        return this;
    }

    Shell.Result in(String namespace, String script) {
        return shell.run("ip", "netns", "exec", namespace, "bash", "-c", script);
    }

    String mustIn(String namespace, String script) {
        return shell.must("ip", "netns", "exec", namespace, "bash", "-ec", script);
    }

    Process startIn(String namespace, String... command) {
        String[] prefix = {"ip", "netns", "exec", namespace};
        return shell.start(
                shell.directory().resolve("servers.log"),
                Stream.of(prefix, command).flatMap(Arrays::stream).toArray(String[]::new));
    }

    /** Waits for a server's socket, as ss has it: "tcp sport = :22", "udp src 192.0.2.1:53". */
    void awaitSocket(String namespace, String socket) {
        Wait.until(
                "a server's socket, " + socket,
                SERVER_SECONDS,
                () -> in(namespace, "ss -Hln --" + socket).out(),
                seen -> !seen.isBlank());
    }

    /** An HTTP server that serves a directory; answers when this returns. */
    Process httpd(String namespace, int port, Path directory) {
        Process server =
                startIn(
                        namespace,
                        "busybox",
                        "httpd",
                        "-f",
                        "-p",
                        "[::]:" + port,
                        "-h",
                        directory.toString());
        awaitSocket(namespace, "tcp sport = :" + port);
        return server;
    }

    /** A directory whose page is {@code text}. */
    Path page(String text) {
        try {
            Path directory = Files.createTempDirectory(shell.directory(), "page");
            Files.writeString(directory.resolve("index.html"), text);
            return directory;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Outside; knows all names under example.test as 192.0.2.1, and web.v6.test as itself. Answers
     * when this returns.
     */
    void nameServer() {
        startIn(
                out,
                "dnsmasq",
                "-k",
                "-C",
                "/dev/null",
                "--no-hosts",
                "--no-resolv",
                "--listen-address=" + OUTSIDE + "," + OUTSIDE6,
                "--host-record=web.v6.test," + OUTSIDE6,
                "--bind-interfaces",
                "--address=/example.test/192.0.2.1");
        for (String address : new String[] {OUTSIDE, "[" + OUTSIDE6 + "]"}) {
            awaitSocket(out, "udp src " + address + ":53");
            awaitSocket(out, "tcp src " + address + ":53");
        }
    }

    @Override
    public void close() {
        endDaemon();
        shell.close();
        for (String name : new String[] {pod, guest, out, far}) {
            if (name.isEmpty()) {
                continue;
            }
            shell.run(
                    "bash",
                    "-c",
                    "ip netns pids %1$s | xargs -r kill -9; ip netns del %1$s; rm -rf /etc/netns/%1$s"
                            .formatted(name));
        }
        if (Files.exists(bpffs())) {
            shell.must("umount", bpffs().toString());
        }
        shell.deleteDirectory();
    }
}
