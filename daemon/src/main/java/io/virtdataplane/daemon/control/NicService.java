package io.virtdataplane.daemon.control;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.AnnounceRequest;
import io.virtdataplane.api.AnnounceResponse;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.CaptureReply;
import io.virtdataplane.api.CaptureRequest;
import io.virtdataplane.api.DataplaneGrpc;
import io.virtdataplane.api.DetachRequest;
import io.virtdataplane.api.DetachResponse;
import io.virtdataplane.api.DrainRequest;
import io.virtdataplane.api.DrainResponse;
import io.virtdataplane.api.Event;
import io.virtdataplane.api.EventsRequest;
import io.virtdataplane.api.ExportSessionsRequest;
import io.virtdataplane.api.GetRequest;
import io.virtdataplane.api.GetVersionRequest;
import io.virtdataplane.api.GivenFrame;
import io.virtdataplane.api.ImportSessionsRequest;
import io.virtdataplane.api.ImportSessionsResponse;
import io.virtdataplane.api.ListMacsRequest;
import io.virtdataplane.api.ListMacsResponse;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.ListSessionsRequest;
import io.virtdataplane.api.ListSessionsResponse;
import io.virtdataplane.api.LiveFrames;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.SessionBytes;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.api.TraceRequest;
import io.virtdataplane.api.UpdateRequest;
import io.virtdataplane.api.Version;
import io.virtdataplane.api.WatchRequest;
import io.virtdataplane.api.Worker;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.Migrations;
import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.inspect.Capturing;
import io.virtdataplane.daemon.inspect.TraceFilter;
import io.virtdataplane.daemon.inspect.Tracing;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.journal.EventQuery;
import io.virtdataplane.daemon.network.NodeMacs;
import io.virtdataplane.daemon.nic.MasqueradeNics;
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.daemon.rpc.Recipient;
import io.virtdataplane.daemon.rpc.Streams;
import io.virtdataplane.dataplane.Trace;
import java.util.List;
import java.util.function.Supplier;

/** The gRPC service of NICs: what is attached, what passes there, and what has happened. */
public final class NicService extends DataplaneGrpc.DataplaneImplBase {
    private static final int DEFAULT_INTERVAL_MS = 1000;
    private static final int MINIMUM_INTERVAL_MS = 100;
    private static final int MAX_SESSIONS = 10_000;
    private static final int DEFAULT_SESSIONS = 1000;
    private static final int MOST_WARNINGS = 50;
    private final Attachments attachments;
    private final Nics nics;
    private final MasqueradeNics masquerade;
    private final Migrations migrations;
    private final SessionUpload.Room uploads = new SessionUpload.Room();
    private final NodeMacs macs;
    private final NicViews views;
    private final Tracing tracing;
    private final Capturing capturing;
    private final EventJournal journal;
    private final Supplier<List<Worker>> workers;
    private final Version version;
    private final Supplier<List<String>> warnings;

    /**
     * What answers are made of: the rooms below.
     *
     * @param workers the packet threads, and how much processor time they have taken
     * @param warnings what of the node is not as it is to be
     */
    public record Rooms(
            Attachments attachments,
            Nics nics,
            MasqueradeNics masquerade,
            Migrations migrations,
            NodeMacs macs,
            NicViews views,
            EventJournal journal,
            Supplier<List<Worker>> workers,
            Supplier<List<String>> warnings) {}

    public NicService(Rooms rooms, Version version) {
        this.attachments = rooms.attachments();
        this.nics = rooms.nics();
        this.masquerade = rooms.masquerade();
        this.migrations = rooms.migrations();
        this.macs = rooms.macs();
        this.views = rooms.views();
        this.tracing = new Tracing(attachments);
        this.capturing = new Capturing(attachments);
        this.journal = rooms.journal();
        this.workers = rooms.workers();
        this.version = version;
        this.warnings = rooms.warnings();
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<Nic> response) {
        Answers.answer(
                response,
                () -> {
                    Nics.Attached attached = nics.attach(request);
                    return views.nic(attached.nic()).toBuilder()
                            .addAllWarnings(attached.machine().warnings())
                            .addAllLeft(ObjectViews.left(attached.machine().left()))
                            .build();
                });
    }

    @Override
    public void update(UpdateRequest request, StreamObserver<Nic> response) {
        Answers.answer(
                response,
                () -> {
                    if (request.hasLimits()) {
                        nics.checkLimits(request.getName(), request.getLimits());
                    }
                    if (request.hasNat() || !request.hasLimits()) {
                        masquerade.update(request.getName(), request.getNat(), nics);
                    }
                    if (request.hasLimits()) {
                        nics.limit(request.getName(), request.getLimits());
                    }
                    return views.nic(attachments.nic(request.getName()));
                });
    }

    @Override
    public void announce(AnnounceRequest request, StreamObserver<AnnounceResponse> response) {
        Answers.answer(
                response,
                () -> {
                    migrations.announce(request.getName());
                    return AnnounceResponse.getDefaultInstance();
                });
    }

    @Override
    public void drain(DrainRequest request, StreamObserver<DrainResponse> response) {
        Answers.answer(
                response,
                () ->
                        DrainResponse.newBuilder()
                                .addAllNics(
                                        migrations.drain(request.getName(), request.getCancel()))
                                .build());
    }

    @Override
    public void exportSessions(
            ExportSessionsRequest request, StreamObserver<SessionBytes> response) {
        Streams.stream(
                response,
                to -> SessionUpload.send(masquerade.exportSessions(request.getNic()), to));
    }

    @Override
    public StreamObserver<ImportSessionsRequest> importSessions(
            StreamObserver<ImportSessionsResponse> response) {
        return uploads.begin(response, masquerade::importSessions);
    }

    @Override
    public void detach(DetachRequest request, StreamObserver<DetachResponse> response) {
        Answers.answer(
                response,
                () -> {
                    nics.detach(request.getName());
                    return DetachResponse.getDefaultInstance();
                });
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> response) {
        Answers.answer(response, this::list);
    }

    private ListResponse list() {
        return views.list(attachments.nics()).toBuilder()
                .addAllWarnings(warnings.get().stream().limit(MOST_WARNINGS).toList())
                .addAllWorkers(workers.get())
                .build();
    }

    @Override
    public void listMacs(ListMacsRequest request, StreamObserver<ListMacsResponse> response) {
        Answers.answer(response, () -> MacViews.list(macs));
    }

    @Override
    public void get(GetRequest request, StreamObserver<Nic> response) {
        Answers.answer(response, () -> views.nic(attachments.nic(request.getName())));
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<ListResponse> response) {
        int interval = request.getIntervalMs() == 0 ? DEFAULT_INTERVAL_MS : request.getIntervalMs();
        ServerCallStreamObserver<ListResponse> call =
                (ServerCallStreamObserver<ListResponse>) response;
        Streams.stream(
                response,
                to -> {
                    if (interval < MINIMUM_INTERVAL_MS) {
                        throw new IllegalArgumentException(
                                "interval_ms must be at least "
                                        + MINIMUM_INTERVAL_MS
                                        + ": interval_ms="
                                        + interval);
                    }
                    long generation = -1;
                    while (to.take(null)) {
                        if (call.isReady()) { // a client that does not read misses updates
                            to.take(list());
                        }
                        generation = attachments.awaitChange(generation, interval);
                    }
                });
    }

    @Override
    public void listSessions(
            ListSessionsRequest request, StreamObserver<ListSessionsResponse> response) {
        int limit = request.getLimit() == 0 ? DEFAULT_SESSIONS : request.getLimit();
        Answers.answer(
                response,
                () -> {
                    if (limit < 1 || limit > MAX_SESSIONS) {
                        throw new IllegalArgumentException(
                                "limit must be 1-" + MAX_SESSIONS + ": limit=" + limit);
                    }
                    return request.getNic().isEmpty()
                            ? views.sessions(attachments.nics(), limit)
                            : views.sessions(attachments.nic(request.getNic()), limit);
                });
    }

    @Override
    public void events(EventsRequest request, StreamObserver<Event> response) {
        Streams.stream(response, to -> journal.read(query(request), to::take));
    }

    private static EventQuery query(EventsRequest request) {
        return new EventQuery(
                request.getFollow(),
                request.hasTail() ? tail(request) : EventQuery.ALL,
                request.getSinceUnixMs(),
                request.getAfterSequence());
    }

    private static int tail(EventsRequest request) {
        if (request.getTail() < 0) {
            throw new IllegalArgumentException(
                    "tail must not be negative: tail=" + request.getTail());
        }
        return request.getTail();
    }

    @Override
    public void trace(TraceRequest request, StreamObserver<TraceReply> response) {
        Streams.stream(response, InspectViews::trace, to -> trace(request, to));
    }

    private void trace(TraceRequest request, Recipient<Trace> to) throws InterruptedException {
        switch (request.getFramesCase()) {
            case GIVEN -> {
                GivenFrame given = request.getGiven();
                byte[] frame = given.getFrame().toByteArray();
                to.take(tracing.explain(request.getNic(), given.getFrom(), frame));
            }
            case LIVE -> {
                LiveFrames live = request.getLive();
                TraceFilter filter =
                        new TraceFilter(
                                live.getProtocol(),
                                live.getAddress(),
                                live.getPort(),
                                live.getDropsOnly());
                tracing.live(request.getNic(), filter, live.getCount(), to);
            }
            case FRAMES_NOT_SET ->
                    throw new IllegalArgumentException("frames must be given or live: frames=none");
        }
    }

    @Override
    public void capture(CaptureRequest request, StreamObserver<CaptureReply> response) {
        Streams.stream(
                response,
                InspectViews::captured,
                to ->
                        capturing.capture(
                                request.getNic(), request.getSide(), request.getFilter(), to));
    }

    @Override
    public void getVersion(GetVersionRequest request, StreamObserver<Version> response) {
        Answers.answer(response, () -> version);
    }
}
