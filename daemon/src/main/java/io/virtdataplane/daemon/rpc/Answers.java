package io.virtdataplane.daemon.rpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sys.SystemCallException;
import io.virtdataplane.sys.Unsupported;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers calls, and turns what the work throws into a status code with its rule. */
public final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

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
                    default -> {
                        LOG.error("request failed", e);
                        yield Status.INTERNAL.withDescription(e.toString());
                    }
                };
        return status.asRuntimeException();
    }
}
