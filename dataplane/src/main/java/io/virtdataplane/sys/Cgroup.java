package io.virtdataplane.sys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The cgroup2 file system, below whose root are all processes (cgroups(7)). */
public final class Cgroup {
    private static final int SOL_SOCKET = 1; // asm-generic/socket.h
    private static final int SO_NETNS_COOKIE = 71;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | Fd.O_CLOEXEC;
    private static final int MOUNT_POINT = 4; // proc(5), mountinfo

    private Cgroup() {}

    /** Its root, or nothing: it is not mounted. */
    public static Optional<Path> root() {
        try (var mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return mounts.filter(line -> line.contains(" - cgroup2 "))
                    .map(line -> Path.of(line.split(" ")[MOUNT_POINT]))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException("look for a mount of cgroup2", e);
        }
    }

    public static Fd open(Path directory) {
        int fd = Libc.open(directory.toString(), Fd.O_CLOEXEC);
        return new Fd(SystemCallException.check(fd, "open " + directory));
    }

    /** What programs know the network namespace of this thread by (Linux 5.14). */
    public static long netnsCookie() {
        Fd socket =
                new Fd(
                        SystemCallException.check(
                                Libc.result(Libc.C.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0)),
                                "open socket"));
        try (socket;
                Scratch scratch = new Scratch()) {
            MemorySegment cookie = scratch.zeroed(8);
            MemorySegment length = scratch.zeroed(4);
            length.set(Scratch.U32, 0, 8);
            SystemCallException.check(
                    Libc.result(
                            Libc.C.getsockopt(
                                    socket.number(),
                                    SOL_SOCKET,
                                    SO_NETNS_COOKIE,
                                    cookie.address(),
                                    length.address())),
                    "ask for the namespace's cookie");
            return cookie.get(Scratch.U64, 0);
        }
    }
}
