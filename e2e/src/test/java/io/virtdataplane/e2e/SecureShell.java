package io.virtdataplane.e2e;

import java.nio.file.Path;

/** An OpenSSH server in the guest, and its clients. */
final class SecureShell {
    private static final String OPTIONS =
            "-q -i %s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 ";
    private final Lab lab;
    final Path key;

    SecureShell(Lab lab) {
        this.lab = lab;
        this.key = lab.shell.directory().resolve("key");
        lab.shell.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString());
        lab.shell.sh(
                "mkdir -p /run/sshd; cp %1$s.pub %1$s.authorized; chmod 600 %1$s.authorized"
                        .formatted(key));
        lab.startIn(
                lab.guest,
                "/usr/sbin/sshd",
                "-D",
                "-f",
                "/dev/null",
                "-h",
                key.toString(),
                "-o",
                "AuthorizedKeysFile=" + key + ".authorized",
                "-o",
                "StrictModes=no",
                "-o",
                "PidFile=none",
                "-o",
                "Subsystem=sftp internal-sftp");
        lab.awaitSocket(lab.guest, "tcp sport = :22");
    }

    /** What the command prints in the guest. */
    String run(String from, String address, int port, String command) {
        String ssh = "ssh " + OPTIONS.formatted(key) + "-p %d root@%s '%s'";
        return lab.mustIn(from, ssh.formatted(port, address, command)).strip();
    }

    /** A file of the guest's. */
    void copy(String from, String address, Path file, Path to) {
        String scp = "scp " + OPTIONS.formatted(key) + "root@%s:%s %s";
        lab.mustIn(from, scp.formatted(address, file, to));
    }
}
