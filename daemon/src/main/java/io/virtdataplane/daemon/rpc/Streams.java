package io.virtdataplane.daemon.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;

/** Sends messages for as long as somebody reads them: a client that does not is waited for. */
public final class Streams {
    private static final int READY_MS = 20;

    private Streams() {}

    /** Work that sends messages for as long as it is told that there is somebody to read them. */
    @FunctionalInterface
    public interface Work<T> {
        void run(Recipient<T> to) throws InterruptedException;
    }

    public static <T> void stream(StreamObserver<T> response, Work<T> work) {
        stream(response, message -> message, work);
    }

    /**
     * @param view what the API says of each
     */
    public static <T, V> void stream(
            StreamObserver<V> response, Function<T, V> view, Work<T> work) {
        ServerCallStreamObserver<V> call = (ServerCallStreamObserver<V>) response;
        try {
            work.run(message -> send(call, message == null ? null : view.apply(message)));
            if (!call.isCancelled()) {
                call.onCompleted();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                call.onError(Answers.status(e));
            }
        }
    }

    /** A null message only asks whether the client is still there. */
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

    /** Waits while the client has not read what it was sent; false when it has gone. */
    private static boolean awaitReady(ServerCallStreamObserver<?> call)
            throws InterruptedException {
        while (!call.isReady() && !call.isCancelled()) {
            Thread.sleep(READY_MS);
        }
        return !call.isCancelled();
    }
}
