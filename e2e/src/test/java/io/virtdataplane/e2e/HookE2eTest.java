package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The hook sidecar in a pod's namespace, and what libvirt says of the domain it makes. */
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
        try (HookSidecar sidecar = new HookSidecar(lab)) {
            assertThat(sidecar.name()).isEqualTo("virt-dataplane");
            String defined = sidecar.defineTwice(DOMAIN, VMI);
            assertThat(defined).containsOnlyOnce("dev=\"tap0\"").contains("1450");
            Path domain = Files.writeString(sidecar.directory.resolve("domain.xml"), defined);
            assertThat(lab.shell.must("virt-xml-validate", domain.toString(), "domain"))
                    .contains("validates");
            sidecar.cloudInit("{\"NetworkData\":\"\"}", VMI);
            assertThat(residentKb(sidecar.process)).isPositive().isLessThan(MOST_KB);
            sidecar.shutdown();
            assertThat(sidecar.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(sidecar.process.exitValue()).isZero();
        }
    }

    private static int residentKb(Process process) throws IOException {
        String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
        Matcher found = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(status);
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }
}
