package io.virtdataplane.daemon.control;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.CaptureReply;
import io.virtdataplane.api.CaptureRequest;
import io.virtdataplane.api.ListSessionsResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.api.TraceRequest;
import io.virtdataplane.api.UpdateRequest;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.inspect.Capturing;
import io.virtdataplane.daemon.inspect.Tracing;
import io.virtdataplane.daemon.network.BridgedNics;
import io.virtdataplane.daemon.nic.MasqueradeNic;
import io.virtdataplane.daemon.nic.MasqueradeNics;
import io.virtdataplane.daemon.rpc.Recipient;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** The registry in the words of the API: messages in, messages out. */
public final class Nics implements Attachments {
    private final MasqueradeNics registry;
    private final BridgedNics bridged;
    private final Tracing tracing = new Tracing(this);
    private final Capturing capturing = new Capturing(this);

    public Nics(MasqueradeNics registry, BridgedNics bridged) {
        this.registry = registry;
        this.bridged = bridged;
    }

    public Nic attach(AttachRequest request) {
        Optional<Nic> nic = bridged.attach(request);
        return nic.isPresent() ? nic.get() : NicViews.nic(registry.attach(request));
    }

    @Override
    public Attachment find(String name) {
        Optional<? extends Attachment> port = bridged.attachment(name);
        return port.isPresent() && !registry.has(name) ? port.get() : registry.find(name);
    }

    @Override
    public <T> T with(String name, Function<Attachment, T> question) {
        synchronized (registry) { // a NIC must not go while its worker is asked
            return question.apply(find(name));
        }
    }

    @Override
    public boolean isAttached(Attachment attachment) {
        return registry.isAttached(attachment)
                || bridged.attachment(attachment.name()).filter(attachment::equals).isPresent();
    }

    public Nic update(UpdateRequest request) {
        return NicViews.nic(registry.update(request.getName(), request.getNat()));
    }

    public void announce(String name) {
        if (registry.has(name) || !bridged.announce(name)) {
            registry.announce(name);
        }
    }

    public void detach(String name) {
        if (registry.has(name) || !bridged.detach(name)) {
            registry.detach(name);
        }
    }

    public Nic get(String name) {
        synchronized (registry) { // a NIC must not go while its worker is asked
            return registry.has(name)
                    ? NicViews.nic(registry.find(name))
                    : bridged.nic(name).orElseGet(() -> NicViews.nic(registry.find(name)));
        }
    }

    public List<Nic> list() {
        synchronized (registry) {
            return Stream.concat(
                            registry.all().stream().map(NicViews::nic), bridged.nics().stream())
                    .sorted(Comparator.comparing(Nic::getName))
                    .toList();
        }
    }

    /** Of one NIC, or of all where the name is empty. */
    public ListSessionsResponse sessions(String name, int limit) {
        synchronized (registry) {
            List<MasqueradeNic> wanted =
                    name.isEmpty() ? registry.all() : List.of(registry.find(name));
            ListSessionsResponse.Builder response = ListSessionsResponse.newBuilder();
            long total = 0;
            for (MasqueradeNic nic : wanted) {
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
