package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A virtual machine with Debian's kernel, of the image that {@code src/test/guest/build-image}
 * makes. It boots under KVM where that works, else under TCG, runs a script, and is heard on its
 * console.
 */
final class TestGuest {
    /** Starts QEMU where it is to run. */
    @FunctionalInterface
    interface Starter {
        Process start(String... command);
    }

    /** Of the build: the kernel cannot be had here. */
    static final int NO_SUCH_KERNEL = 3;

    private static final int KVM_BOOT_SECONDS = 12;
    private static final int TCG_BOOT_SECONDS = 120;
    private static final String KERNEL = "linux-image-cloud-amd64";
    private final Path image;
    private final String kernelPackage;
    private final Shell shell;
    private final Path console;

    /** Of the distribution's kernel. */
    TestGuest(Shell shell) {
        this(shell, KERNEL);
    }

    /** Of the kernel that this Debian package depends on. */
    TestGuest(Shell shell, String kernelPackage) {
        this.shell = shell;
        this.kernelPackage = kernelPackage;
        String directory =
                kernelPackage.equals(KERNEL) ? "target/guest" : "target/guest-" + kernelPackage;
        this.image = Path.of(directory).toAbsolutePath();
        this.console = shell.directory().resolve("console.log");
    }

    Shell.Result build() {
        return shell.run(
                Path.of("src/test/guest/build-image").toAbsolutePath().toString(),
                image.toString(),
                kernelPackage);
    }

    /**
     * Boots; the guest has begun with its script when this returns.
     *
     * @param files go into the guest's root directory: {@code test.sh}, and what that uses
     * @param devices QEMU's arguments for devices
     */
    void boot(Path files, List<String> devices, Starter starter) throws IOException {
        Path initrd = initrd(files);
        if (Files.exists(Path.of("/dev/kvm"))) {
            Process guest =
                    starter.start(command(initrd, devices, "-accel", "kvm", "-cpu", "host"));
            if (Wait.comes(KVM_BOOT_SECONDS, () -> Shell.text(console).contains("GUEST-BOOTED"))) {
                System.out.println("QEMU guest runs under KVM");
                return;
            }
            shell.end(guest);
            Files.deleteIfExists(console);
        }
        System.out.println(
                "QEMU guest runs under TCG: KVM is not there, or no guest boots under it");
        starter.start(command(initrd, devices, "-accel", "tcg", "-cpu", "max"));
        await("GUEST-BOOTED", TCG_BOOT_SECONDS);
    }

    /** With the guest's own script. */
    Path initrd(Path files) {
        Path initrd = shell.directory().resolve("initrd");
        shell.sh(
                "cp %1$s %2$s; (cd %3$s && ls | cpio -o -H newc --quiet | gzip -1) >> %2$s"
                        .formatted(image.resolve("initrd.gz"), initrd, files));
        return initrd;
    }

    Path kernel() {
        return image.resolve("vmlinuz");
    }

    Path console() {
        return console;
    }

    private String[] command(Path initrd, List<String> devices, String... accelerator) {
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64"));
        command.addAll(List.of(accelerator));
        command.addAll(
                List.of(
                        "-M",
                        "pc",
                        "-m",
                        "256",
                        "-nodefaults",
                        "-no-user-config",
                        "-display",
                        "none",
                        "-no-reboot",
                        "-serial",
                        "file:" + console,
                        "-kernel",
                        kernel().toString(),
                        "-initrd",
                        initrd.toString(),
                        "-append",
                        "console=ttyS0 panic=-1 quiet"));
        command.addAll(devices);
        return command.toArray(String[]::new);
    }

    /** All that it has said, once the mark is in it. */
    String await(String mark, int seconds) {
        return Wait.untilIn(console, mark, seconds);
    }
}
