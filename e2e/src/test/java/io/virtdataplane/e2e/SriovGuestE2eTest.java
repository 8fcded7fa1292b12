package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The daemon on a real card: a QEMU guest with an emulated igb, which has SR-IOV, and an Intel
 * IOMMU, under TCG. Needs a QEMU that has igb, and says by name where there is none.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(900)
class SriovGuestE2eTest {
    private static final int BOOT_SECONDS = 120;
    private static final int TEST_SECONDS = 600; // Java starts in 15 s under TCG
    private static final int NO_SUCH_QEMU = 3;
    private static final Path SOURCES = Path.of("src/test/sriov-guest").toAbsolutePath();
    private final Path image = Path.of("target/sriov-guest").toAbsolutePath();
    @TempDir private Path directory;
    private Shell shell;
    private Path console;

    @AfterEach
    void close() {
        if (shell != null) {
            shell.close();
        }
    }

    @Test
    void policyBecomesVfsAndAGuestsVfIsSetAndPutBack() throws IOException {
        shell = new Shell(directory);
        console = directory.resolve("console.log");
        Shell.Result built = shell.run(SOURCES.resolve("build-image").toString(), image.toString());
        if (built.code() == NO_SUCH_QEMU) {
            System.out.println("NOT RUN: SriovGuestE2eTest: " + built.out().strip());
        }
        assumeTrue(built.code() != NO_SUCH_QEMU, built.out());
        assertThat(built.code()).as(built.out()).isZero();
        boot();
        await("GUEST-BOOTED", BOOT_SECONDS);
        String said = await("GUEST-DONE", TEST_SECONDS);

        assertThat(said(said, "APPLY")).contains("syncStatus: Succeeded");
        assertThat(Integer.parseInt(said(said, "WRITES"))).as("the probes count").isGreaterThan(10);
        assertThat(said(said, "MTU"))
                .as("of the PF, of the VF of a policy, of one of no policy")
                .isEqualTo("1600 1600 1500");
        assertThat(said(said, "NUMVFS")).isEqualTo("4");
        assertThat(said(said, "DRIVERS"))
                .as("VFs outside the policy's range keep their driver")
                .isEqualTo("vfio-pci vfio-pci igbvf igbvf");
        assertThat(said(said, "VFIO")).as("a group for each VF").matches("\\d+ \\d+ vfio");
        assertThat(said(said, "BEFORE")).contains("spoof checking on").contains("trust off");
        assertThat(said)
                .containsPattern("SAYS ATTACH: vm1/nic1 +\\S+/net1 +0000:01:10.0 +/dev/vfio/\\d+ ");
        assertThat(said(said, "SET"))
                .contains("link/ether 02:00:00:00:aa:01")
                .contains("vlan 100, qos 3")
                .contains("max_tx_rate 500Mbps")
                .contains("spoof checking off")
                .contains("trust on");
        assertThat(said(said, "REFUSED"))
                .as("igb has no link state of its VFs, and the VF is free again")
                .contains(
                        "vf=1 link_state=enable: the driver does not support this attribute (kernel says: operation not supported");
        assertThat(said(said, "AD"))
                .as("igb has no VLANs of providers")
                .contains(
                        "vf=1 vlan=100 qos=0 proto=802.1ad: the driver does not support this VLAN protocol");
        assertThat(said(said, "RATE"))
                .contains("minTxRate must be 0 or left out on Intel NICs")
                .contains("minTxRate=100");
        assertThat(said)
                .containsPattern("SAYS VFS: \\S+ +1 +0000:01:10.2 +vfio-pci +guests +<none>");
        assertThat(said(said, "INUSE"))
                .contains("syncStatus: Failed")
                .contains("VF in use must not be removed")
                .contains("user=default/vm1/nic1");
        assertThat(said(said, "KEPT")).isEqualTo("4");
        assertThat(said(said, "AGAIN")).contains("syncStatus: Succeeded");
        assertThat(said(said, "NOTHING")).as("a second pass writes nothing").isEqualTo("0");
        assertThat(said(said, "DETACH")).isEqualTo("vf/vm1 detached: 0000:01:10.0");
        assertThat(said(said, "AFTER")).isEqualTo(said(said, "BEFORE"));
        assertPodsVfIsSetAndPutBack(said);
        assertThat(said(said, "HELD")).containsPattern("vf=1 .*user=process \\d+");
        assertThat(said(said, "RESTORED")).as("once nobody holds the group").isEqualTo("0 1500");
    }

    private static void assertPodsVfIsSetAndPutBack(String said) {
        assertThat(said(said, "CNIADD"))
                .contains("\"mac\":\"02:00:00:00:aa:07\"")
                .contains("\"sandbox\":\"/run/netns/pod1\"")
                .contains("\"pciID\":\"0000:01:10.0\"");
        assertThat(said(said, "CNISET"))
                .contains("link/ether 02:00:00:00:aa:07")
                .contains("vlan 200")
                .contains("spoof checking off")
                .contains("trust on");
        assertThat(said(said, "CNIAGAIN")).contains("is already allocated: owner=demo/launcher");
        assertThat(said(said, "CNILATE")).as("a DEL of somebody else").isEqualTo("0");
        assertThat(said(said, "CNIKEPT")).isEqualTo(said(said, "CNISET"));
        assertThat(said(said, "CNIREFUSED")).contains("the driver does not support this attribute");
        assertThat(said(said, "CNIKERNEL")).contains("is not bound to vfio-pci");
        assertThat(said(said, "CNIDEL")).isEqualTo("0");
        assertThat(said(said, "CNIAFTER")).isEqualTo(said(said, "BEFORE"));
    }

    private void boot() throws IOException {
        Path app = directory.resolve("app.img");
        Path libraries = Files.createDirectories(directory.resolve("app"));
        for (String part : new String[] {"client", "daemon"}) {
            Path built = Path.of("..", part, "target/lib").toAbsolutePath();
            shell.sh("cp -r %s %s".formatted(built, libraries.resolve(part)));
        }
        Path loop = ClientLoop.compiled();
        shell.sh("mkdir %1$s && cp -r %2$s/io %1$s".formatted(libraries.resolve("tests"), loop));
        Path deploy = Path.of("../deploy/cni/build").toAbsolutePath();
        shell.must(deploy.toString(), libraries.resolve("plugin").toString());
        Path initrd = directory.resolve("initrd");
        shell.sh(
                """
                PATH=$PATH:/usr/sbin:/sbin
                truncate -s $(($(du -sm %1$s | cut -f1) + 40))M %2$s
                mkfs.ext4 -q -O ^has_journal -d %1$s %2$s
                cp %3$s %4$s
                (cd %5$s && echo test.sh | cpio -o -H newc --quiet | gzip -1) >> %4$s
                """
                        .formatted(libraries, app, image.resolve("initrd.gz"), initrd, SOURCES));
        List<String> command =
                new ArrayList<>(
                        List.of(
                                ("%s -accel tcg,thread=multi -cpu max -smp 2 -M q35 -m 1024 -nodefaults -no-user-config"
                                                + " -display none -no-reboot -serial file:%s -kernel %s -initrd %s"
                                                + " -drive file=%s,format=raw,if=virtio,readonly=on"
                                                + " -drive file=%s,format=raw,if=virtio,readonly=on"
                                                + " -device intel-iommu,intremap=on -device pcie-root-port,id=rp1,chassis=1,slot=1"
                                                + " -netdev user,id=n1,restrict=on -device igb,bus=rp1,netdev=n1,romfile=")
                                        .formatted(
                                                image.resolve("qemu"),
                                                console,
                                                image.resolve("vmlinuz"),
                                                initrd,
                                                image.resolve("java.img"),
                                                app)
                                        .split(" ")));
        command.add("-append");
        command.add("console=ttyS0 panic=-1 quiet intel_iommu=on iommu.passthrough=0");
        shell.start(directory.resolve("qemu.log"), command.toArray(String[]::new));
    }

    private static String said(String said, String mark) {
        return said.lines()
                .filter(line -> line.startsWith("SAYS " + mark + ": "))
                .map(line -> line.substring(mark.length() + 7).strip())
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + mark + " in:\n" + said));
    }

    private String await(String mark, int seconds) {
        return Wait.until(
                        mark,
                        seconds,
                        () -> Shell.text(directory.resolve("qemu.log")) + Shell.text(console),
                        said -> said.contains(mark))
                .replace("\r", "");
    }
}
