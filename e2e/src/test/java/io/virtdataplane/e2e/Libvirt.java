package io.virtdataplane.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * libvirtd in a pod's network namespace, as a virt-launcher pod has one: its own, with its
 * settings, state and socket in a test's directory. Nothing of the machine's own libvirt is read or
 * written: {@code ip netns exec} makes a mount namespace too, and there its directories are others,
 * and the users whom QEMU's driver looks for are known.
 */
final class Libvirt {
    private static final int START_SECONDS = 60;

    /** As virt-launcher has it: no cgroups, no namespaces, no security driver of its own. */
    private static final String QEMU_SETTINGS =
            """
            user = "root"
            group = "root"
            dynamic_ownership = 0
            remember_owner = 0
            cgroup_controllers = [ ]
            namespaces = [ ]
            security_driver = "none"
            seccomp_sandbox = 0
            stdio_handler = "file"
            """;

    private static final String START =
            """
            cd %1$s
            cp /etc/passwd /etc/group .
            for id in kvm libvirt-qemu; do grep -q "^$id:" group || echo "$id:x:64055:" >> group; done
            grep -q ^libvirt-qemu: passwd || echo libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin >> passwd
            mount --bind passwd /etc/passwd && mount --bind group /etc/group && mount --bind etc /etc/libvirt || exit 1
            for each in /var/lib /var/cache /var/log /run; do mount -t tmpfs tmpfs $each || exit 1; done
            PATH=$PATH:/usr/sbin exec libvirtd -f %1$s/libvirtd.conf -p %1$s/libvirtd.pid
            """;

    private final Lab lab;
    private final Path directory;

    Libvirt(Lab lab) throws IOException {
        this.lab = lab;
        directory = Files.createDirectory(lab.shell.directory().resolve("libvirt"));
        for (String each : new String[] {"etc", "socket"}) {
            Files.createDirectory(directory.resolve(each));
        }
        Files.writeString(directory.resolve("etc/qemu.conf"), QEMU_SETTINGS);
        Files.writeString(
                directory.resolve("libvirtd.conf"),
                "listen_tls = 0\nunix_sock_dir = \"%s/socket\"\nlog_outputs = \"3:stderr\"\n"
                        .formatted(directory));
    }

    /** Why libvirtd cannot run here; empty: it runs, until the lab ends. */
    String start() {
        if (lab.shell.run("sh", "-c", "PATH=$PATH:/usr/sbin command -v libvirtd").code() != 0) {
            return "libvirtd is not installed";
        }
        lab.startIn(lab.pod, "bash", "-c", START.formatted(directory));
        boolean runs = Wait.comes(START_SECONDS, () -> virsh("version").code() == 0);
        return runs ? "" : "libvirtd does not answer: " + virsh("version").out();
    }

    Shell.Result virsh(String... arguments) {
        String[] command = new String[arguments.length + 4];
        command[0] = "virsh";
        command[1] = "-q";
        command[2] = "-c";
        command[3] = "qemu+unix:///system?socket=" + directory.resolve("socket/libvirt-sock");
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        return lab.shell.run(command);
    }
}
