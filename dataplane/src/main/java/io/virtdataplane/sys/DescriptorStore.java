package io.virtdataplane.sys;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Descriptors that systemd keeps while no process of the service is there (sd_notify(3), FDSTORE):
 * what belongs to them, such as a tap, goes on. The next process has them from its start
 * (sd_listen_fds(3)), by their names. Without systemd nothing is kept.
 */
public final class DescriptorStore {
    private static final int FIRST = 3; // SD_LISTEN_FDS_START
    private static final int SYS_FCNTL = 72; // asm/unistd_64.h
    private static final int F_SETFD = 2; // linux/fcntl.h
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int FD_CLOEXEC = 1;
    private final NotifySocket systemd;
    private final Map<String, Fd> earlier = new ConcurrentHashMap<>();

    private DescriptorStore(NotifySocket systemd) {
        this.systemd = systemd;
    }

    /** Nothing is kept. */
    public static DescriptorStore none() {
        return new DescriptorStore(new NotifySocket(""));
    }

    /** That of the service whose main process this is. To be called once. */
    public static DescriptorStore ofEnvironment() {
        return of(System.getenv(), ProcessHandle.current().pid(), NotifySocket.ofEnvironment());
    }

    static DescriptorStore of(Map<String, String> environment, long pid, NotifySocket systemd) {
        DescriptorStore store = new DescriptorStore(systemd);
        if (String.valueOf(pid).equals(environment.get("LISTEN_PID"))) {
            int count = Integer.parseInt(environment.getOrDefault("LISTEN_FDS", "0"));
            String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
            for (int i = 0; i < count; i++) {
                Fd fd = new Fd(FIRST + i);
                Libc.C.syscall(SYS_FCNTL, fd.number(), F_SETFD, FD_CLOEXEC, 0, 0, 0);
                String name = i < names.length ? names[i] : "";
                Fd other = name.isEmpty() ? fd : store.earlier.put(name, fd);
                if (other != null) {
                    other.close();
                }
            }
        }
        return store;
    }

    public boolean isOn() {
        return systemd.isThere();
    }

    /** What an earlier process has left, by name; the caller's from now on. To be called once. */
    public Map<String, Fd> takeAll() {
        Map<String, Fd> all = Map.copyOf(earlier);
        earlier.clear();
        return all;
    }

    /**
     * From now on systemd has it, too. It does not poll it, which would cost each frame a wakeup.
     *
     * @param name of at most 255 characters, without colons
     */
    public void keep(String name, Fd fd) {
        systemd.send("FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, fd);
    }

    /** It is the process's alone, or nobody's. */
    public void remove(String name) {
        systemd.send("FDSTOREREMOVE=1\nFDNAME=" + name);
    }

    /** Another descriptor of the same. */
    public static Fd duplicate(Fd fd) {
        long number =
                SystemCallException.check(
                        Libc.result(
                                Libc.C.syscall(
                                        SYS_FCNTL, fd.number(), F_DUPFD_CLOEXEC, 0, 0, 0, 0)),
                        "duplicate a descriptor");
        return new Fd((int) number);
    }
}
