package io.virtdataplane.sys;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import jnr.ffi.Runtime;

/**
 * Lets calls of the C library fail, as they do where memory, descriptors or buffers run out: for
 * tests of what is left then. Only where the system property {@value #PROPERTY} names a file, and
 * while that file is there: it has a seed, and of how many calls one fails. Without the property
 * nothing stands between us and the library.
 */
final class Faults implements InvocationHandler {
    static final String PROPERTY = "virtdataplane.faults";
    private static final long LOOK_MILLISECONDS = 20;
    private static final int ENOMEM = 12;
    private static final int EMFILE = 24;
    private static final int ENOBUFS = 105;

    /** Those that are not here, such as close(2), do not fail in a way that matters. */
    private static final Map<String, Integer> ERRNO_BY_CALL =
            Map.ofEntries(
                    Map.entry("open", EMFILE),
                    Map.entry("socket", EMFILE),
                    Map.entry("eventfd", EMFILE),
                    Map.entry("epoll_create1", EMFILE),
                    Map.entry("bind", ENOMEM),
                    Map.entry("ioctl", ENOMEM),
                    Map.entry("setsockopt", ENOMEM),
                    Map.entry("setns", ENOMEM),
                    Map.entry("epoll_ctl", ENOMEM),
                    Map.entry("epoll_wait", Errno.EINTR),
                    Map.entry("read", Errno.EINTR),
                    Map.entry("write", ENOBUFS));

    /** By the number of the system call. */
    private static final Map<Long, Integer> ERRNO_BY_NUMBER =
            Map.of(
                    9L, ENOMEM, // mmap
                    44L, ENOBUFS, // sendto
                    45L, ENOBUFS, // recvfrom
                    46L, ENOBUFS, // sendmsg
                    72L, EMFILE, // fcntl
                    321L, ENOMEM, // bpf
                    426L, Errno.EINTR); // io_uring_enter

    private final Libc.Functions real;
    private final Runtime runtime;
    private final Path file;
    private final System.Logger log = System.getLogger(Faults.class.getName());
    private SplittableRandom random = new SplittableRandom(0);
    private String seen = "";
    private volatile int oneIn; // 0: none fails

    private Faults(Libc.Functions real, Path file) {
        this.real = real;
        this.runtime = Runtime.getRuntime(real);
        this.file = file;
    }

    static Libc.Functions around(Libc.Functions real) {
        String file = System.getProperty(PROPERTY);
        if (file == null) {
            return real;
        }
        Faults faults = new Faults(real, Path.of(file));
        Thread.ofPlatform().daemon().name("faults").start(faults::follow);
        return (Libc.Functions)
                Proxy.newProxyInstance(
                        Libc.class.getClassLoader(), new Class<?>[] {Libc.Functions.class}, faults);
    }

    private void follow() {
        try {
            while (true) {
                look();
                Thread.sleep(LOOK_MILLISECONDS);
            }
        } catch (InterruptedException e) {
            oneIn = 0;
        }
    }

    private synchronized void look() {
        String text;
        try {
            text = Files.readString(file).strip();
        } catch (IOException e) {
            text = ""; // it is not there
        }
        if (!text.equals(seen)) {
            seen = text;
            String[] words = text.split(" ");
            random = new SplittableRandom(text.isEmpty() ? 0 : Long.parseLong(words[0]));
            oneIn = text.isEmpty() ? 0 : Integer.parseInt(words[1]);
        }
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Integer errno = oneIn == 0 ? null : errno(method.getName(), arguments);
        if (errno != null && isTurn()) {
            log.log(
                    System.Logger.Level.INFO,
                    "fault: call=" + method.getName() + " errno=" + errno + " " + arguments[0]);
            runtime.setLastError(errno);
            return method.getReturnType() == long.class ? (Object) (-1L) : (Object) (-1);
        }
        try {
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Integer errno(String call, Object[] arguments) {
        return call.equals("syscall")
                ? ERRNO_BY_NUMBER.get((Long) arguments[0])
                : ERRNO_BY_CALL.get(call);
    }

    private synchronized boolean isTurn() {
        int among = oneIn;
        return among != 0 && random.nextInt(among) == 0;
    }
}
