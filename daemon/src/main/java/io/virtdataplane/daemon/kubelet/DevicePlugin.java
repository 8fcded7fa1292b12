package io.virtdataplane.daemon.kubelet;

import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.daemon.rpc.UnixServer;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One resource's device plugin: its socket, and its registration with one kubelet. What goes wrong
 * with it is its own affair, tried again after a pause that doubles. Used by the thread of {@link
 * DevicePlugins} only.
 *
 * <p>A kubelet whose ListAndWatch has ended, for whatever reason, gives the devices away no more
 * and does not call again: it must be told anew.
 */
final class DevicePlugin implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DevicePlugin.class);
    private static final String VERSION = "v1beta1";
    private static final long LONGEST_PAUSE_MS = 60_000;
    private static final long UNWATCHED_MS = 5_000; // a kubelet that was told comes within
    private final KubeletDirectory kubelet;
    private final String resourceName;
    private final String socket;
    private final DevicePluginService service;
    private final long shortestPauseMs;
    private UnixServer server; // null: nothing is served, nobody was told
    private long registeredMs;
    private long watchedMs;
    private long nextTryMs = Long.MIN_VALUE;
    private long pauseMs;
    private final Complaint complaint;

    /**
     * @param resourceName such as openshift.io/intel
     */
    DevicePlugin(
            KubeletDirectory kubelet,
            String resourceName,
            DevicePluginService service,
            long shortestPauseMs) {
        this.kubelet = kubelet;
        this.resourceName = resourceName;
        this.socket = kubelet.socketOf(resourceName);
        this.service = service;
        this.shortestPauseMs = shortestPauseMs;
        this.pauseMs = shortestPauseMs;
        this.complaint =
                new Complaint(
                        LOG,
                        "device plugin not registered, the daemon tries again: resource="
                                + resourceName);
    }

    boolean isRegistered() {
        return server != null;
    }

    /** Registers where that is due; never throws. */
    void look(long nowMs) {
        if (server != null && isInOrder(nowMs) || nowMs < nextTryMs) {
            return;
        }
        nextTryMs = nowMs + pauseMs;
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
        try {
            close();
            register(nowMs);
        } catch (RuntimeException e) {
            complain(e);
            closeAfter(e);
        }
    }

    private boolean isInOrder(long nowMs) {
        if (!kubelet.has(socket) || service.hasFailed()) {
            return false;
        }
        if (!service.isWatched()) {
            return nowMs - watchedMs < UNWATCHED_MS;
        }
        watchedMs = nowMs;
        if (nowMs - registeredMs > LONGEST_PAUSE_MS) {
            pauseMs = shortestPauseMs;
        }
        return true;
    }

    private void register(long nowMs) {
        server = kubelet.serve(socket, service);
        kubelet.register(
                RegisterRequest.newBuilder()
                        .setVersion(VERSION)
                        .setEndpoint(socket)
                        .setResourceName(resourceName)
                        .setOptions(DevicePluginService.OPTIONS)
                        .build());
        registeredMs = nowMs;
        watchedMs = nowMs;
        complaint.settle();
        LOG.info("device plugin registered: resource={}", resourceName);
    }

    private void complain(RuntimeException e) {
        if (!Thread.currentThread().isInterrupted()) { // else the daemon ends
            complaint.raise(e);
        }
    }

    private void closeAfter(RuntimeException cause) {
        try {
            close();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        UnixServer served = server;
        server = null;
        service.forgetFailure();
        if (served != null) {
            served.close();
        }
    }
}
