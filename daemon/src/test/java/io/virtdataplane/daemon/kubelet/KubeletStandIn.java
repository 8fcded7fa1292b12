package io.virtdataplane.daemon.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.kubelet.deviceplugin.Empty;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import io.virtdataplane.kubelet.deviceplugin.RegistrationGrpc;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The kubelet's half of the registration: it takes plugins, but for those that it refuses. */
final class KubeletStandIn extends RegistrationGrpc.RegistrationImplBase {
    final LinkedBlockingQueue<RegisterRequest> registrations = new LinkedBlockingQueue<>();
    final Set<String> refused = ConcurrentHashMap.newKeySet();
    final Queue<Long> refusalsMs = new ConcurrentLinkedQueue<>();

    @Override
    public void register(RegisterRequest request, StreamObserver<Empty> response) {
        if (refused.contains(request.getResourceName())) {
            refusalsMs.add(System.nanoTime() / 1_000_000);
            response.onError(Status.INVALID_ARGUMENT.asRuntimeException());
            return;
        }
        registrations.add(request);
        response.onNext(Empty.getDefaultInstance());
        response.onCompleted();
    }

    RegisterRequest next() throws InterruptedException {
        RegisterRequest request = registrations.poll(20, TimeUnit.SECONDS);
        assertThat(request).as("registration").isNotNull();
        return request;
    }

    void noneFor(long ms) throws InterruptedException {
        assertThat(registrations.poll(ms, TimeUnit.MILLISECONDS)).isNull();
    }
}
