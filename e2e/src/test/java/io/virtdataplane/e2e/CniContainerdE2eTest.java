package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** containerd and runc run a container, whose network is ours by their CNI library. */
@RootTest
@Timeout(120)
class CniContainerdE2eTest {
    /** An image of busybox alone, in the form that docker saves. */
    private static final String IMAGE =
            """
            import hashlib, io, json, shutil, sys, tarfile
            def tar(files):
                made = io.BytesIO()
                with tarfile.open(fileobj=made, mode="w") as archive:
                    for name, content, mode in files:
                        entry = tarfile.TarInfo(name)
                        entry.size, entry.mode = len(content), mode
                        archive.addfile(entry, io.BytesIO(content))
                return made.getvalue()
            layer = tar([("bin/busybox", open(shutil.which("busybox"), "rb").read(), 0o755)])
            rootfs = {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}
            config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}).encode()
            manifest = json.dumps([{"Config": "config.json", "RepoTags": ["lab/box:1"], "Layers": ["layer.tar"]}]).encode()
            open(sys.argv[1], "wb").write(tar([("config.json", config, 0o644), ("layer.tar", layer, 0o644), ("manifest.json", manifest, 0o644)]))
            """;

    /** In a mount namespace: ctr has its directories built in. */
    private static final String RUN =
            """
            for d in /opt/cni/bin /etc/cni/net.d; do mkdir -p $d; mount -t tmpfs none $d; done
            cp %1$s /opt/cni/bin/cnv-bridge
            echo '{"cniVersion":"1.0.0","name":"vlan100","plugins":[{"type":"cnv-bridge","bridge":"br1","vlan":100}]}' > /etc/cni/net.d/10-vlan100.conflist
            export VIRT_DATAPLANE_CNI_SOCKET=%2$s
            ctr -a %3$s/containerd.sock run --rm --privileged --cni --snapshotter native docker.io/lab/box:1 box \
              /bin/busybox sh -c 'busybox ifconfig eth0 10.100.0.6 up; busybox ping -c 3 10.100.0.9; busybox cat /sys/class/net/eth0/address'
            """;

    private final BridgeLab bridge = new BridgeLab().bridges();
    private final Lab lab = bridge.lab;
    private Containerd containerd;

    @AfterEach
    void close() {
        if (containerd != null) {
            lab.shell.end(containerd.process());
        }
        lab.shell.run(
                "rmdir", "-p", "--ignore-fail-on-non-empty", "/opt/cni/bin", "/etc/cni/net.d");
        bridge.close();
    }

    @Test
    void containerIsOnTheBridgeWhileItRuns() throws IOException {
        CniCaller cni = new CniCaller(lab);
        containerd = Containerd.start(lab.shell);
        Path image = containerd.home().resolve("image.tar");
        lab.shell.must("python3", "-c", IMAGE, image.toString());
        String ctr = containerd.ctr();
        lab.shell.sh(ctr + " image import --snapshotter native " + image + " > /dev/null");
        Shell.Result result =
                lab.shell.run(
                        "unshare",
                        "-m",
                        "bash",
                        "-ec",
                        RUN.formatted(cni.plugin(), cni.socket(), containerd.home()));
        assertThat(result.out()).contains("3 packets received");
        String events = lab.mustClient("events");
        assertThat(events).contains("Attached").contains("Detached");
        assertThat(lab.mustClient("get", "nics")).as("DEL has come").doesNotContain("eth0");
    }
}
