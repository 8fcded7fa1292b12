package io.virtdataplane.daemon.rpc;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sys.IoReason;
import io.virtdataplane.sys.SystemCallException;
import io.virtdataplane.sys.Unsupported;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers calls, and turns what the work throws into a status code with its rule. */
public final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private static final int LONGEST = 1500;

    private Answers() {}

    public static <T> void answer(StreamObserver<T> response, Supplier<T> work) {
        T result;
        try {
            result = work.get();
        } catch (RuntimeException e) {
            response.onError(status(e));
            return;
        }
        response.onNext(result);
        response.onCompleted();
    }

    public static RuntimeException status(RuntimeException e) {
        Status status =
                switch (e) {
                    case AlreadyExistsException exists ->
                            Status.ALREADY_EXISTS.withDescription(exists.getMessage());
                    case NotFoundException missing ->
                            Status.NOT_FOUND.withDescription(missing.getMessage());
                    case IllegalArgumentException invalid ->
                            Status.INVALID_ARGUMENT.withDescription(invalid.getMessage());
                    case Unsupported unsupported ->
                            Status.FAILED_PRECONDITION.withDescription(unsupported.getMessage());
                    case SriovException refused ->
                            Status.FAILED_PRECONDITION.withDescription(refused.getMessage());
                    case SystemCallException refused ->
                            Status.FAILED_PRECONDITION.withDescription(refused.getMessage());
                    case UncheckedIOException refused ->
                            Status.FAILED_PRECONDITION.withDescription(words(refused));
                    default -> {
                        LOG.error("request failed", e);
                        yield Status.INTERNAL.withDescription(e.toString());
                    }
                };
        return exception(shortened(status));
    }

    /** With its reason, which not everybody writes into the message. */
    private static String words(UncheckedIOException e) {
        String reason = IoReason.of(e.getCause());
        String message = String.valueOf(e.getMessage());
        return message.contains(reason) ? message : message + ": " + reason;
    }

    /** Descriptions travel in headers, of which clients take 8 KB, and up to three times. */
    private static Status shortened(Status status) {
        String words = String.valueOf(status.getDescription());
        return words.length() <= LONGEST
                ? status
                : status.withDescription(words.substring(0, LONGEST) + " ... (cut)");
    }

    /** As google.rpc.Status, where the refusal names a field; the message stays the same. */
    private static RuntimeException exception(Status status) {
        boolean isRefusal = status.getCode() == Status.Code.INVALID_ARGUMENT;
        String message = String.valueOf(status.getDescription());
        return (isRefusal ? FieldViolations.of(message) : Optional.<BadRequest>empty())
                .<RuntimeException>map(
                        details ->
                                StatusProto.toStatusRuntimeException(
                                        com.google.rpc.Status.newBuilder()
                                                .setCode(status.getCode().value())
                                                .setMessage(message)
                                                .addDetails(Any.pack(details))
                                                .build()))
                .orElseGet(status::asRuntimeException);
    }
}
