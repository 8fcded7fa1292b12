package io.virtdataplane.daemon;

import io.virtdataplane.daemon.api.AttachRequest;
import io.virtdataplane.daemon.api.CaptureReply;
import io.virtdataplane.daemon.api.CaptureRequest;
import io.virtdataplane.daemon.api.ListSessionsResponse;
import io.virtdataplane.daemon.api.Nic;
import io.virtdataplane.daemon.api.TraceReply;
import io.virtdataplane.daemon.api.TraceRequest;
import io.virtdataplane.daemon.api.UpdateRequest;
import java.util.List;

/** The registry in the words of the API: messages in, messages out. */
public final class AttachedNics {
    private final NicRegistry registry;
    private final Tracing tracing;
    private final Capturing capturing;

    AttachedNics(NicRegistry registry) {
        this.registry = registry;
        this.tracing = new Tracing(registry);
        this.capturing = new Capturing(registry);
    }

    public Nic attach(AttachRequest request) {
        return NicViews.nic(registry.attach(request));
    }

    public Nic update(UpdateRequest request) {
        return NicViews.nic(registry.update(request.getName(), request.getNat()));
    }

    public void announce(String name) {
        registry.announce(name);
    }

    public void detach(String name) {
        registry.detach(name);
    }

    public Nic get(String name) {
        synchronized (registry) { // a NIC must not go while its worker is asked
            return NicViews.nic(registry.find(name));
        }
    }

    public List<Nic> list() {
        synchronized (registry) {
            return registry.all().stream().map(NicViews::nic).toList();
        }
    }

    /** Of one NIC, or of all where the name is empty. */
    public ListSessionsResponse sessions(String name, int limit) {
        synchronized (registry) {
            List<AttachedNic> wanted =
                    name.isEmpty() ? registry.all() : List.of(registry.find(name));
            ListSessionsResponse.Builder response = ListSessionsResponse.newBuilder();
            long total = 0;
            for (AttachedNic nic : wanted) {
                response.addAllSessions(NicViews.sessions(nic, limit));
                total += NicViews.nic(nic).getSessions();
            }
            return response.setTotal(total).build();
        }
    }

    /** Of a given frame, or of live ones until {@code to} has had enough. */
    public void trace(TraceRequest request, Recipient<TraceReply> to) throws InterruptedException {
        switch (request.getFramesCase()) {
            case GIVEN -> to.take(tracing.explain(request.getNic(), request.getGiven()));
            case LIVE -> tracing.live(request.getNic(), request.getLive(), to);
            case FRAMES_NOT_SET ->
                    throw new IllegalArgumentException("frames must be given or live: frames=none");
        }
    }

    public void capture(CaptureRequest request, Recipient<CaptureReply> to)
            throws InterruptedException {
        capturing.capture(request, to);
    }

    public long awaitChange(long generation, long milliseconds) throws InterruptedException {
        return registry.awaitChange(generation, milliseconds);
    }
}
