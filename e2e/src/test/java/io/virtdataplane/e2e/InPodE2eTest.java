package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The daemon in the pod beside the guest, as KubeVirt's launcher runs: a user without root, and of
 * capabilities what a network needs.
 */
@RootTest
@Timeout(60)
class InPodE2eTest {
    private static final String CAPABILITIES = "-all,+net_admin,+net_raw,+bpf,+perfmon";

    /** As KubeVirt's device plugin gives it to a pod: everybody's. In the mount namespace of ip. */
    private static final String TUN =
            "mknod -m 666 $0/tun c 10 200; mount --bind $0/tun /dev/net/tun; ";

    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void podIsServedWithoutRootAndNoOtherIs() throws IOException {
        Path own = Files.createDirectory(lab.shell.directory().resolve("pod"));
        lab.shell.must("chmod", "755", lab.shell.directory().toString());
        lab.shell.must("chown", "107:107", own.toString());
        Path root = Path.of("").toAbsolutePath().getParent();
        String command = root.resolve("bin/virt-dataplane").toString();
        String socket = own.resolve("control.sock").toString();
        lab.shell.must(root.resolve("bin/make-aot-cache").toString());
        lab.startIn(
                lab.pod,
                "bash",
                "-c",
                TUN + "exec \"$@\"",
                own.toString(),
                "setpriv",
                "--reuid=107",
                "--regid=107",
                "--clear-groups",
                "--bounding-set=" + CAPABILITIES,
                "--inh-caps=" + CAPABILITIES,
                "--ambient-caps=" + CAPABILITIES,
                "--no-new-privs",
                command,
                "run",
                "--pod",
                "--socket",
                socket,
                "--state-dir",
                own.resolve("state").toString());
        Wait.until(
                "the daemon in the pod",
                30,
                () -> lab.shell.run(command, "version", "--socket", socket).out(),
                said -> said.contains("daemon"));
        assertThat(Files.exists(own.resolve("cni.sock"))).isFalse();
        String manifest = lab.manifest(Lab.CHAPTER).toString();
        String[] attach = {
            command, "attach", "-f", manifest, "--guest", "tap:tap0", "--socket", socket
        };
        lab.shell.must(attach);
        lab.shell.must(
                "ip", "-n", lab.pod, "link", "set", "tap0", "netns", lab.guest, "name", "eth0");
        lab.shell.must("ip", "-n", lab.guest, "link", "set", "eth0", "up");
        lab.configureGuest();
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.out, 8080, lab.page("outside"));
        assertThat(lab.mustIn(lab.guest, "curl -sS -m 3 http://" + Lab.OUTSIDE + ":8080/"))
                .isEqualTo("outside");
        assertThat(lab.mustIn(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS + "/"))
                .isEqualTo("guest");
        assertThat(lab.mustIn(lab.pod, "curl -sS -m 3 http://127.0.0.1/")).isEqualTo("guest");
        Shell.Result other =
                lab.shell.run(
                        command,
                        "attach",
                        "-f",
                        manifest,
                        "--name",
                        "other",
                        "--netns",
                        lab.out,
                        "--socket",
                        socket);
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.out()).contains("netns must be left out: this daemon serves its own pod");
    }
}
