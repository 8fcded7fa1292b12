package io.virtdataplane.sys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A network namespace, held open. Code that must run inside it runs on a thread made for that,
 * which ends afterwards: no other thread of the process ever changes its namespace. Descriptors
 * opened inside stay usable from outside.
 */
public final class Netns implements AutoCloseable {
    /** That of this process, which nobody has to enter: no CAP_SYS_ADMIN is needed. */
    public static final String OWN = "/proc/self/ns/net";

    private static final int CLONE_NEWNET = 0x40000000; // linux/sched.h
    private static final String NAMED = "/run/netns/"; // as ip-netns(8) keeps them
    private final String label;
    private final Fd fd;

    private Netns(String label, Fd fd) {
        this.label = label;
        this.fd = fd;
    }

    /** A name of ip-netns(8), or a path such as /proc/PID/ns/net. */
    public static Netns open(String nameOrPath) {
        if (nameOrPath.isEmpty()) {
            throw new IllegalArgumentException("netns must be a name or a path: netns=");
        }
        String path = path(nameOrPath).toString();
        int fd = Libc.open(path, Fd.O_CLOEXEC);
        if (fd == -Errno.ENOENT) {
            throw new IllegalArgumentException("netns must exist: netns=" + nameOrPath);
        }
        return new Netns(nameOrPath, new Fd(SystemCallException.check(fd, "open " + path)));
    }

    /** That of a descriptor, which is its own from now on. */
    static Netns of(String label, Fd fd) {
        return new Netns(label, fd);
    }

    /** Where that namespace is. */
    public static Path path(String nameOrPath) {
        return Path.of(nameOrPath.startsWith("/") ? nameOrPath : NAMED + nameOrPath);
    }

    int descriptor() {
        return fd.number();
    }

    /** It is the calling thread's. */
    boolean isHere() {
        try {
            Path there = Path.of("/proc/self/fd/" + descriptor());
            Path here = Path.of("/proc/thread-self/ns/net");
            return Files.readSymbolicLink(there).equals(Files.readSymbolicLink(here));
        } catch (IOException e) {
            throw new UncheckedIOException("look at network namespace " + label, e);
        }
    }

    public <T> T call(Callable<T> action) {
        return label.equals(OWN) ? here(action) : inside(action);
    }

    private static <T> T here(Callable<T> action) {
        try {
            return action.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    private <T> T inside(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread =
                Thread.ofPlatform()
                        .name("netns-" + label)
                        .start(
                                () -> {
                                    try {
                                        enter();
                                        result.complete(action.call());
                                    } catch (Throwable e) {
                                        result.completeExceptionally(e);
                                    }
                                });
        try {
            thread.join();
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in netns " + label, e);
        }
    }

    private void enter() {
        int result = Libc.result(Libc.C.setns(fd.number(), CLONE_NEWNET));
        if (result == -Errno.EINVAL) {
            throw new IllegalArgumentException("netns must be a network namespace: netns=" + label);
        }
        SystemCallException.check(result, "setns " + label);
    }

    @Override
    public void close() {
        fd.close();
    }
}
