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
    private static final int ANSWER_MILLISECONDS = 2000; // systemd may be busy with other services
    private static final String PROBE = "probe";
    private final NotifySocket systemd;
    private boolean isOn;
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
        store.isOn = systemd.isThere() && (isTold(environment) || store.keepsWhatItIsSent());
        return store;
    }

    /** systemd 254 and later say how many they would keep. */
    private static boolean isTold(Map<String, String> environment) {
        return !environment.getOrDefault("FDSTORE", "0").equals("0");
    }

    /**
     * Others do not say. One that does not keep a descriptor, since the unit does not have it so or
     * since it is no systemd, closes it: the other end of a pipe sees that. One that does not
     * answer in time is busy, and will keep them.
     */
    private boolean keepsWhatItIsSent() {
        try (Pipe pipe = Pipe.open()) {
            keep(PROBE, pipe.in());
            boolean hasAnswered = systemd.barrier(ANSWER_MILLISECONDS);
            pipe.in().close();
            boolean isKept = !hasAnswered || !pipe.isClosed(0);
            remove(PROBE);
            return isKept;
        }
    }

    /** What is kept is there for the next process. */
    public boolean isOn() {
        return isOn;
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

    /** Waits until systemd has done what it was told; false where it takes too long. */
    public boolean isSettled() {
        return systemd.barrier(ANSWER_MILLISECONDS);
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
