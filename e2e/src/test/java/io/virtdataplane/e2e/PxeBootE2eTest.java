package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A virtual machine without a disk: the boot ROM of its network card (iPXE, as QEMU brings it)
 * takes what DHCP says and fetches its boot file by TFTP. All ports are open: a TFTP server answers
 * from another port than it was asked at.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class PxeBootE2eTest {
    private static final int BOOT_SECONDS = 150;
    private static final String MANIFEST =
            """
            kind: VirtualMachine
            metadata: {name: vm}
            spec:
              domain:
                devices:
                  interfaces:
                    - name: default
                      masquerade: {}
                      dhcpOptions: {tftpServerName: tftp.boot.test, bootFileName: boot/start.ipxe}
              networks:
              - {name: default, pod: {}}
            """;

    /** Asks for a file whose name says what the ROM was told. */
    private static final String BOOT_FILE =
            """
            #!ipxe
            imgfetch tftp://${next-server}/${net0/ip}-${net0/gateway}-${hostname}
            """;

    private final Lab lab = new Lab();
    private final Path log = lab.shell.directory().resolve("tftp.log");

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void romBootsFromTheServerThatTheManifestNames() throws IOException {
        Path files = Files.createDirectory(lab.shell.directory().resolve("tftp"));
        Files.createDirectory(files.resolve("boot"));
        Files.writeString(files.resolve("boot/start.ipxe"), BOOT_FILE);
        Files.writeString(files.resolve("10.0.2.2-10.0.2.1-vm"), "reached\n");
        bootServer(files);
        lab.daemon();
        lab.shell.must(
                "ip", "-n", lab.pod, "tuntap", "add", "dev", "tap0", "mode", "tap", "vnet_hdr");
        lab.shell.must("ip", "-n", lab.pod, "link", "set", "tap0", "up");
        String manifest = lab.manifest(MANIFEST).toString();
        lab.mustClient("attach", "-f", manifest, "--netns", lab.pod, "--guest", "dev:tap0");
        Wait.until(
                "the boot server's address",
                20,
                () -> lab.mustClient("events"),
                said -> said.contains("tftp.boot.test is at " + Lab.OUTSIDE));

        lab.startIn(
                lab.pod,
                "qemu-system-x86_64",
                "-accel",
                "tcg",
                "-m",
                "128",
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-boot",
                "n",
                "-netdev",
                "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off",
                "-device",
                "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,bootindex=1");
        String said = Wait.untilIn(log, "10.0.2.2-10.0.2.1-vm to " + Lab.POD_ADDRESS, BOOT_SECONDS);
        assertThat(said)
                .contains("sent " + files.resolve("boot/start.ipxe") + " to " + Lab.POD_ADDRESS);
        assertThat(lab.mustClient("get", "leases")).contains("52:54:00:00:00:01");
    }

    /** Outside: TFTP, and DNS that knows its name. */
    private void bootServer(Path files) {
        lab.startIn(
                lab.out,
                "dnsmasq",
                "-k",
                "-C",
                "/dev/null",
                "--user=root",
                "--no-hosts",
                "--no-resolv",
                "--listen-address=" + Lab.OUTSIDE,
                "--bind-interfaces",
                "--host-record=tftp.boot.test," + Lab.OUTSIDE,
                "--enable-tftp",
                "--tftp-root=" + files,
                "--log-facility=" + log);
        lab.awaitSocket(lab.out, "udp src " + Lab.OUTSIDE + ":53");
        lab.awaitSocket(lab.out, "udp src " + Lab.OUTSIDE + ":69");
    }
}
