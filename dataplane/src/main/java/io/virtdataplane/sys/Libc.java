package io.virtdataplane.sys;

import java.nio.charset.StandardCharsets;
import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.SaveError;

/**
 * The one door to the C library (JNR-FFI). Addresses are plain longs; a call that fails returns
 * {@code -errno}, never throws, and allocates nothing. Strings go through {@link Scratch}.
 */
final class Libc {
    /**
     * The C prototypes, one method each; {@code long} stands for size_t, ssize_t and pointers
     * (LP64).
     */
    public interface Functions {
        // int open(const char *pathname, int flags, mode_t mode);
        @SaveError
        int open(long pathname, int flags, int mode);

        // int close(int fd);
        @SaveError
        int close(int fd);

        // ssize_t read(int fd, void *buf, size_t count);
        @SaveError
        long read(int fd, long buf, long count);

        // ssize_t write(int fd, const void *buf, size_t count);
        @SaveError
        long write(int fd, long buf, long count);

        // int ioctl(int fd, unsigned long request, void *argp);
        @SaveError
        int ioctl(int fd, long request, long argp);

        // int socket(int domain, int type, int protocol);
        @SaveError
        int socket(int domain, int type, int protocol);

        // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
        @SaveError
        int bind(int sockfd, long addr, int addrlen);

        // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
        @SaveError
        int connect(int sockfd, long addr, int addrlen);

        // int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen);
        @SaveError
        int getsockname(int sockfd, long addr, long addrlen);

        // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
        @SaveError
        int setsockopt(int sockfd, int level, int optname, long optval, int optlen);

        // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen);
        @SaveError
        int getsockopt(int sockfd, int level, int optname, long optval, long optlen);

        // int munmap(void *addr, size_t length);
        @SaveError
        int munmap(long addr, long length);

        // int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
        @SaveError
        int sched_setaffinity(int pid, long cpusetsize, long mask);

        // int setns(int fd, int nstype);
        @SaveError
        int setns(int fd, int nstype);

        // int eventfd(unsigned int initval, int flags);
        @SaveError
        int eventfd(int initval, int flags);

        // int epoll_create1(int flags);
        @SaveError
        int epoll_create1(int flags);

        // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
        @SaveError
        int epoll_ctl(int epfd, int op, int fd, long event);

        // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
        @SaveError
        int epoll_wait(int epfd, long events, int maxevents, int timeout);

        // unsigned int if_nametoindex(const char *ifname);
        @SaveError
        int if_nametoindex(long ifname);

        // long syscall(long number, ...);
        // Also for functions of six arguments: jffi 1.4.3 garbles the last one of six (mmap then
        // says EINVAL), not of seven.
        @SaveError
        long syscall(long number, long a, long b, long c, long d, long e, long f);
    }

    static final Functions C =
            Faults.around(
                    LibraryLoader.create(Functions.class)
                            .option(LibraryOption.LoadNow, true)
                            .load("c"));
    private static final Runtime RUNTIME = Runtime.getSystemRuntime();

    private Libc() {}

    /** {@code result}, or {@code -errno} where the C library said -1. */
    static int result(int result) {
        return result == -1 ? -RUNTIME.getLastError() : result;
    }

    static long result(long result) {
        return result == -1 ? -RUNTIME.getLastError() : result;
    }

    static int open(String path, int flags) {
        try (Scratch scratch = new Scratch()) {
            return result(C.open(scratch.string(path), flags, 0));
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
