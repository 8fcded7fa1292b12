package io.virtdataplane.daemon.rpc;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.util.Set;

/**
 * The standard health service (grpc.health.v1): SERVING while every packet thread answers, for the
 * daemon as a whole and for each of its services.
 */
final class HealthService extends HealthGrpc.HealthImplBase {
    private static final long LOOK_MS = 1000;
    private static final String ALL = "";
    private final Set<String> services;
    private final Runnable check;

    /**
     * @param check throws where something does not answer
     */
    HealthService(Set<String> services, Runnable check) {
        this.services = services;
        this.check = check;
    }

    private boolean knows(HealthCheckRequest request) {
        return request.getService().equals(ALL) || services.contains(request.getService());
    }

    private HealthCheckResponse look(boolean known) {
        ServingStatus status = ServingStatus.SERVING;
        try {
            check.run();
        } catch (RuntimeException e) {
            status = ServingStatus.NOT_SERVING;
        }
        return HealthCheckResponse.newBuilder()
                .setStatus(known ? status : ServingStatus.SERVICE_UNKNOWN)
                .build();
    }

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> response) {
        if (!knows(request)) {
            response.onError(
                    Status.NOT_FOUND
                            .withDescription("no such service: name=" + request.getService())
                            .asRuntimeException());
            return;
        }
        response.onNext(look(true));
        response.onCompleted();
    }

    /** At once, and then each change. */
    @Override
    public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> response) {
        Streams.stream(
                response,
                to -> {
                    HealthCheckResponse told = null;
                    while (to.take(null)) {
                        HealthCheckResponse now = look(knows(request));
                        if (!now.equals(told)) {
                            to.take(now);
                            told = now;
                        }
                        Thread.sleep(LOOK_MS);
                    }
                });
    }
}
