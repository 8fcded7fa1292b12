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
import io.virtdataplane.api.Event;
import io.virtdataplane.api.EventsRequest;
import io.virtdataplane.api.GetRequest;
import io.virtdataplane.api.GetVersionRequest;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.ListSessionsRequest;
import io.virtdataplane.api.ListSessionsResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.api.TraceRequest;
import io.virtdataplane.api.UpdateRequest;
import io.virtdataplane.api.Version;
import io.virtdataplane.api.WatchRequest;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.daemon.rpc.Recipient;

/**
 * The gRPC service: translates requests into calls of the registry, and what they throw into status
 * codes.
 */
final class NicService extends DataplaneGrpc.DataplaneImplBase {
    private static final int DEFAULT_INTERVAL_MS = 1000;
    private static final int MINIMUM_INTERVAL_MS = 100;
    private static final int MAX_SESSIONS = 10_000;
    private static final int READY_MS = 20;
    private static final int DEFAULT_SESSIONS = 1000;
    private final Nics nics;
    private final EventJournal journal;
    private final Version version;

    NicService(Nics nics, EventJournal journal, Version version) {
        this.nics = nics;
        this.journal = journal;
        this.version = version;
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<Nic> response) {
        Answers.answer(response, () -> nics.attach(request));
    }

    @Override
    public void update(UpdateRequest request, StreamObserver<Nic> response) {
        Answers.answer(response, () -> nics.update(request));
    }

    @Override
    public void announce(AnnounceRequest request, StreamObserver<AnnounceResponse> response) {
        Answers.answer(
                response,
                () -> {
                    nics.announce(request.getName());
                    return AnnounceResponse.getDefaultInstance();
                });
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
        return ListResponse.newBuilder().addAllNics(nics.list()).build();
    }

    @Override
    public void get(GetRequest request, StreamObserver<Nic> response) {
        Answers.answer(response, () -> nics.get(request.getName()));
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<ListResponse> response) {
        int interval = request.getIntervalMs() == 0 ? DEFAULT_INTERVAL_MS : request.getIntervalMs();
        if (interval < MINIMUM_INTERVAL_MS) {
            response.onError(
                    Answers.status(
                            new IllegalArgumentException(
                                    "interval_ms must be at least "
                                            + MINIMUM_INTERVAL_MS
                                            + ": interval_ms="
                                            + interval)));
            return;
        }
        ServerCallStreamObserver<ListResponse> call =
                (ServerCallStreamObserver<ListResponse>) response;
        try {
            long generation = -1;
            while (!call.isCancelled()) {
                if (call.isReady()) { // a client that does not read misses updates
                    call.onNext(list());
                }
                generation = nics.awaitChange(generation, interval);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            end(call, e);
        }
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
                    return nics.sessions(request.getNic(), limit);
                });
    }

    @Override
    public void events(EventsRequest request, StreamObserver<Event> response) {
        stream(response, to -> journal.read(request.getFollow(), to::take));
    }

    @Override
    public void trace(TraceRequest request, StreamObserver<TraceReply> response) {
        stream(response, to -> nics.trace(request, to));
    }

    @Override
    public void capture(CaptureRequest request, StreamObserver<CaptureReply> response) {
        stream(response, to -> nics.capture(request, to));
    }

    /** Work that sends messages for as long as it is told that there is somebody to read them. */
    @FunctionalInterface
    private interface Streaming<T> {
        void run(Recipient<T> to) throws InterruptedException;
    }

    /** A null message only asks whether the client is still there. */
    private static <T> void stream(StreamObserver<T> response, Streaming<T> work) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) response;
        try {
            work.run(message -> send(call, message));
            if (!call.isCancelled()) {
                call.onCompleted();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            end(call, e);
        }
    }

    private static <T> boolean send(ServerCallStreamObserver<T> call, T message) {
        try {
            if (message == null) {
                return !call.isCancelled();
            }
            if (!awaitReady(call)) {
                return false;
            }
            call.onNext(message);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void getVersion(GetVersionRequest request, StreamObserver<Version> response) {
        Answers.answer(response, () -> version);
    }

    /** Waits while the client has not read what it was sent; false when it has gone. */
    private static boolean awaitReady(ServerCallStreamObserver<?> call)
            throws InterruptedException {
        while (!call.isReady() && !call.isCancelled()) {
            Thread.sleep(READY_MS);
        }
        return !call.isCancelled();
    }

    private static void end(ServerCallStreamObserver<?> call, RuntimeException e) {
        if (!call.isCancelled()) {
            call.onError(Answers.status(e));
        }
    }
}
