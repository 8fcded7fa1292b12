package io.virtdataplane.daemon.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.ImportSessionsRequest;
import io.virtdataplane.api.ImportSessionsResponse;
import io.virtdataplane.api.SessionBytes;
import io.virtdataplane.daemon.nic.MasqueradeNics;
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.daemon.rpc.Recipient;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file of sessions, in pieces: to a client, or from one. What a client sends is held until it is
 * whole; its length is bounded, and how many send at a time.
 */
final class SessionUpload implements StreamObserver<ImportSessionsRequest> {
    private static final int PIECE = 64 << 10;
    private static final int AT_ONCE = 4;

    private final Room room;
    private final StreamObserver<ImportSessionsResponse> response;
    private final Work work;
    private ByteString data = ByteString.EMPTY;
    private String nic = "";
    private boolean reset;
    private boolean isOver;

    /** What is done with a file that is whole. */
    @FunctionalInterface
    interface Work {
        ImportSessionsResponse run(String nic, byte[] file, boolean reset);
    }

    /** Uploads of all clients. */
    static final class Room {
        private final AtomicInteger taken = new AtomicInteger();

        StreamObserver<ImportSessionsRequest> begin(
                StreamObserver<ImportSessionsResponse> response, Work work) {
            SessionUpload upload = new SessionUpload(this, response, work);
            if (taken.incrementAndGet() > AT_ONCE) {
                upload.refuse(
                        new IllegalArgumentException(
                                "imports at a time must be at most "
                                        + AT_ONCE
                                        + ": try again when one is over"));
            }
            return upload;
        }
    }

    private SessionUpload(Room room, StreamObserver<ImportSessionsResponse> response, Work work) {
        this.room = room;
        this.response = response;
        this.work = work;
    }

    static void send(byte[] file, Recipient<SessionBytes> to) {
        for (int from = 0; from < file.length; from += PIECE) {
            ByteString piece =
                    UnsafeByteOperations.unsafeWrap(
                            file, from, Math.min(PIECE, file.length - from));
            if (!to.take(SessionBytes.newBuilder().setData(piece).build())) {
                return;
            }
        }
    }

    @Override
    public void onNext(ImportSessionsRequest request) {
        if (isOver) {
            return;
        }
        if (!request.getNic().isEmpty()) {
            nic = request.getNic();
            reset = request.getReset();
        }
        if (data.size() + request.getData().size() > MasqueradeNics.MOST_SESSION_BYTES) {
            refuse(
                    new IllegalArgumentException(
                            "sessions must be at most "
                                    + MasqueradeNics.MOST_SESSION_BYTES
                                    + " bytes: bytes="
                                    + (data.size() + request.getData().size())));
            return;
        }
        data = data.concat(request.getData());
    }

    private void refuse(RuntimeException why) {
        end();
        response.onError(Answers.status(why));
    }

    private void end() {
        if (!isOver) {
            isOver = true;
            data = ByteString.EMPTY;
            room.taken.decrementAndGet();
        }
    }

    @Override
    public void onError(Throwable gone) {
        end();
    }

    @Override
    public void onCompleted() {
        if (isOver) {
            return;
        }
        byte[] file = data.toByteArray();
        try {
            Answers.answer(response, () -> work.run(nic, file, reset));
        } finally {
            end();
        }
    }
}
