package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A virtual machine's whole way into a pod: the CNI plugin makes its tap, the hook sidecar its
 * domain's interface, and libvirt starts it. QEMU emulates the processor: what is asserted is
 * behaviour. Needs libvirtd, and says by name where there is none.
 */
@RootTest
@Timeout(400)
class LibvirtE2eTest {
    private static final int GUEST_SECONDS = 180;
    private static final String ID = "beef00c0ffee";
    private static final Path FILES = Path.of("src/test/hook").toAbsolutePath();
    private static final String NETWORK =
            """
            {"cniVersion":"1.0.0","name":"vdp","type":"virt-dataplane","ports":[{"port":80}],"args":{"cni":{"logicNetworkName":"default"}}}
            """;
    private static final String SCRIPT =
            """
            cat /sys/class/net/eth0/address | sed 's/^/MAC /'
            cat /sys/class/net/eth0/mtu | sed 's/^/MTU /'
            basename "$(readlink -f /sys/class/net/eth0/device/..)" | sed 's/^/PCI /'
            udhcpc -i eth0 -n -q -t 10 -T 2 -O mtu -s /etc/udhcpc.sh
            curl -sS -m 60 http://203.0.113.7:8080/ | sed 's/^/SAID /'
            echo guest > /var/www/index.html
            httpd -p 80 -h /var/www
            """;
    private final BridgeLab bridge = new BridgeLab().bridges();
    private final Lab lab = bridge.lab;
    private final CniCaller cni = new CniCaller(lab);
    private final TestGuest guest = new TestGuest(lab.shell);

    @AfterEach
    void close() {
        bridge.close();
    }

    @Test
    void domainOfTheHookIsStartedByLibvirtAndReachedOnItsPort()
            throws IOException, InterruptedException {
        Libvirt libvirt = new Libvirt(lab);
        String missing = libvirt.start();
        if (!missing.isEmpty()) {
            System.out.println("NOT RUN: LibvirtE2eTest: " + missing);
        }
        assumeTrue(missing.isEmpty(), missing);
        Shell.Result built = guest.build();
        assertThat(built.code()).as(built.out()).isZero();
        CniCaller.Answer added = cni.call("ADD", ID, lab.pod, "net1", NETWORK);
        assertThat(added.code()).as(added.out()).isZero();

        String vmi = Files.readString(FILES.resolve("vmi.json"));
        Path files = Files.createDirectory(lab.shell.directory().resolve("overlay"));
        Files.writeString(files.resolve("test.sh"), SCRIPT);
        String domain =
                Files.readString(FILES.resolve("domain.xml"))
                        .replace("@KERNEL@", guest.kernel().toString())
                        .replace("@INITRD@", guest.initrd(files).toString())
                        .replace("@CONSOLE@", guest.console().toString());
        lab.httpd(lab.out, 8080, lab.page("outside"));
        try (HookSidecar sidecar = new HookSidecar(lab)) {
            String defined = sidecar.defineTwice(domain, vmi);
            assertThat(sidecar.cloudInit("{\"NetworkData\":\"\"}", vmi))
                    .contains("02:00:00:00:00:05");
            start(libvirt, defined);
            String said = guest.await("GUEST-DONE", GUEST_SECONDS);
            assertThat(said)
                    .contains("MAC 02:00:00:00:00:05")
                    .contains("LEASE 10.0.2.2/24 gateway 10.0.2.1")
                    .contains("SAID outside");
            assertThat(lab.mustIn(lab.out, "curl -sS -m 10 http://" + Lab.POD_ADDRESS).strip())
                    .isEqualTo("guest");
            assertThat(libvirt.virsh("destroy", "default_vm1").code()).isZero();
            sidecar.shutdown();
            assertThat(sidecar.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(cni.call("DEL", ID, lab.pod, "net1", NETWORK).code()).isZero();
        assertThat(lab.mustIn(lab.pod, "ip -br link")).doesNotContain("tap0");
    }

    private void start(Libvirt libvirt, String defined) throws IOException {
        Path file = Files.writeString(lab.shell.directory().resolve("domain.xml"), defined);
        assertThat(lab.shell.must("virt-xml-validate", file.toString(), "domain"))
                .contains("validates");
        Shell.Result created = libvirt.virsh("create", file.toString());
        assertThat(created.code()).as(created.out()).isZero();
        assertThat(libvirt.virsh("domiflist", "default_vm1").out())
                .contains("tap0")
                .contains("ethernet")
                .contains("02:00:00:00:00:05");
    }
}
