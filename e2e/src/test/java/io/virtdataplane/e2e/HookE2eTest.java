package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtdataplane.api.UnixChannel;
import io.virtdataplane.kubevirt.hooks.InfoGrpc;
import io.virtdataplane.kubevirt.hooks.InfoParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.CallbacksGrpc;
import io.virtdataplane.kubevirt.hooks.v1alpha3.OnDefineDomainParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.PreCloudInitIsoParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.ShutdownParams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The hook sidecar in a pod's namespace, as KubeVirt runs one: a user without root, no capability;
 * and what libvirt says of the domain it makes.
 */
@RootTest
@Timeout(60)
class HookE2eTest {
    private static final String VMI =
            """
            {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": {"name": "vm1"},
             "spec": {"domain": {"devices": {"interfaces": [{"name": "blue", "macAddress": "02:00:00:00:00:05", "binding": {"name": "virt-dataplane"}}]}},
              "networks": [{"name": "blue", "pod": {}}]}}
            """;
    private static final String DOMAIN =
            """
            <domain type="kvm"><name>default_vm1</name><memory unit="MiB">256</memory>
              <os><type arch="x86_64" machine="q35">hvm</type></os>
              <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>
            """;
    private static final int MOST_KB = 100 << 10;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void domainGetsTheTapOfThePodAndLibvirtAcceptsIt() throws IOException, InterruptedException {
        lab.mustIn(lab.pod, "ip tuntap add tap0 mode tap && ip link set tap0 mtu 1450 up");
        Path hooks = Files.createDirectory(lab.shell.directory().resolve("hooks"));
        lab.shell.must("chmod", "755", lab.shell.directory().toString());
        lab.shell.must("chown", "107:107", hooks.toString());
        String client =
                Path.of("").toAbsolutePath().getParent().resolve("bin/virt-dataplane").toString();
        Process sidecar =
                lab.startIn(
                        lab.pod,
                        "setpriv",
                        "--reuid=107",
                        "--regid=107",
                        "--clear-groups",
                        "--bounding-set=-all",
                        "--inh-caps=-all",
                        "--no-new-privs",
                        client,
                        "hook",
                        "--hooks-dir",
                        hooks.toString());
        Path socket = hooks.resolve("virt-dataplane.sock");
        Wait.until("the sidecar", 20, () -> Files.exists(socket), there -> there);
        try (UnixChannel channel = new UnixChannel(socket, 1 << 20)) {
            assertThat(
                            InfoGrpc.newBlockingStub(channel.channel())
                                    .info(InfoParams.getDefaultInstance())
                                    .getName())
                    .isEqualTo("virt-dataplane");
            var callbacks = CallbacksGrpc.newBlockingStub(channel.channel());
            ByteString vmi = ByteString.copyFromUtf8(VMI);
            ByteString defined = ByteString.copyFromUtf8(DOMAIN);
            for (int i = 0; i < 2; i++) {
                defined =
                        callbacks
                                .onDefineDomain(
                                        OnDefineDomainParams.newBuilder()
                                                .setDomainXML(defined)
                                                .setVmi(vmi)
                                                .build())
                                .getDomainXML();
            }
            assertThat(defined.toStringUtf8()).containsOnlyOnce("dev=\"tap0\"").contains("1450");
            Path domain = Files.writeString(hooks.resolve("domain.xml"), defined.toStringUtf8());
            assertThat(lab.shell.must("virt-xml-validate", domain.toString(), "domain"))
                    .contains("validates");
            callbacks.preCloudInitIso(
                    PreCloudInitIsoParams.newBuilder()
                            .setVmi(vmi)
                            .setCloudInitData(ByteString.copyFromUtf8("{\"NetworkData\":\"\"}"))
                            .build());
            assertThat(residentKb(sidecar)).isPositive().isLessThan(MOST_KB);
            callbacks.shutdown(ShutdownParams.getDefaultInstance());
            assertThat(sidecar.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(sidecar.exitValue()).isZero();
        }
    }

    private static int residentKb(Process process) throws IOException {
        String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
        Matcher found = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(status);
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }
}
