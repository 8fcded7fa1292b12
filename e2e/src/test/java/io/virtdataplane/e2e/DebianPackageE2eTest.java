package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package is built, looked at by lintian, installed, used, upgraded and purged. */
@RootTest
@Timeout(300)
class DebianPackageE2eTest {
    /**
     * This machine's files with a layer of our own over them: what is installed there is gone with
     * it.
     */
    private static final String IN_A_LAYER =
            """
            set -eu
            mount -t tmpfs none %1$s/layer
            mkdir %1$s/layer/upper %1$s/layer/work %1$s/layer/root
            mount -t overlay overlay -o lowerdir=/,upperdir=%1$s/layer/upper,workdir=%1$s/layer/work %1$s/layer/root
            mount -t proc proc %1$s/layer/root/proc
            mount -t tmpfs none %1$s/layer/root/run
            ip link set lo up
            mount --bind /dev %1$s/layer/root/dev
            cp %2$s %1$s/layer/root/virt-dataplane.deb
            chroot %1$s/layer/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root sh -eu %1$s/in-layer.sh
            """;

    private static final String SCRIPT =
            """
            dpkg --force-depends -i /virt-dataplane.deb > /dev/null
            test -x /usr/lib/virt-dataplane/cni/virt-dataplane
            virt-dataplane version --client
            man -w virt-dataplane > /dev/null || test -f /usr/share/man/man8/virt-dataplane.8.gz
            bash -c 'source /usr/share/bash-completion/completions/virt-dataplane && complete -p virt-dataplane'
            systemd-analyze verify --man=no virt-dataplane.service 2>&1 | grep virt-dataplane | grep -v "Unknown key 'Restart" || echo UNIT-GOOD
            virt-dataplane run > /run/log 2>&1 &
            for i in $(seq 200); do grep -q ready: /run/log && break; sleep 0.1; done
            cat /run/log
            virt-dataplane get nics
            kill $!; wait $! || true
            echo '# mine' >> /etc/virt-dataplane/config.yaml
            dpkg --force-depends -i /virt-dataplane.deb > /dev/null
            tail -n 1 /etc/virt-dataplane/config.yaml
            dpkg -r virt-dataplane > /dev/null
            test -d /var/lib/virt-dataplane && echo STATE-KEPT
            dpkg --purge virt-dataplane > /dev/null 2>&1
            find / -xdev -name '*virt-dataplane*' -not -path '/proc/*' -newer /virt-dataplane.deb -not -name virt-dataplane.deb -not -path '/tmp/*' -print | sed 's/^/LEFT /'
            echo PURGED
            """;

    /** As the DaemonSet has it, but for the node's directories. */
    private static final String IN_CONTAINER =
            """
            virt-dataplane run > /run/log 2>&1 &
            until grep -q ready: /run/log; do sleep 0.1; done
            cat /run/log
            virt-dataplane get nics
            test -x /opt/cni/bin/virt-dataplane && echo PLUGIN
            """;

    @TempDir Path directory;
    private Shell shell;

    @BeforeEach
    void open() {
        shell = new Shell(directory);
    }

    @AfterEach
    void close() {
        shell.close();
    }

    private void runsAsImage(String deb) throws IOException {
        Path image = directory.resolve("image.tar");
        String name =
                shell.must(Path.of("../deploy/image/build").toString(), deb, image.toString())
                        .strip();
        Containerd containerd = Containerd.start(shell);
        String ctr = containerd.ctr();
        shell.sh(ctr + " image import --snapshotter native " + image);
        assertThat(
                        shell.sh(
                                "timeout 60 %s run --rm --privileged --snapshotter native %s one /bin/sh -ec '%s'"
                                        .formatted(ctr, name, IN_CONTAINER)))
                .contains("ready: version=")
                .contains("NAME")
                .contains("PLUGIN")
                .doesNotContain("[aot]");
        shell.end(containerd.process());
    }

    @Test
    void aPackageComesAndGoesWhole() throws IOException {
        Files.createDirectory(directory.resolve("layer"));
        Files.writeString(directory.resolve("in-layer.sh"), SCRIPT);
        String deb = DebianPackage.built(shell).toString();

        assertThat(shell.run("lintian", deb).out().lines())
                .anyMatch(line -> line.startsWith("W: virt-dataplane:"))
                .noneMatch(line -> line.startsWith("E:") && !line.contains("uses-no-compression"));

        runsAsImage(deb);
        String done =
                shell.must(
                        "unshare", "-m", "-n", "bash", "-c", IN_A_LAYER.formatted(directory, deb));
        assertThat(done)
                .contains("client 0.1")
                .contains("virt-dataplane")
                .contains("UNIT-GOOD")
                .contains("ready: version=")
                .contains("# mine")
                .contains("STATE-KEPT")
                .contains("PURGED")
                .doesNotContain("LEFT ")
                .doesNotContain("[aot]");
    }
}
