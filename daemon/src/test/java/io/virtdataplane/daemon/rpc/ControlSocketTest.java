package io.virtdataplane.daemon.rpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.DataplaneGrpc;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.UnixChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a program finds on the control socket that knows gRPC and nothing of us. */
@Timeout(30)
class ControlSocketTest {
    private static final int MOST_SENT = 100_000;
    private static final String OURS = "virtdataplane.v1.Dataplane";

    /** Refuses with the message that is asked for. */
    private static final class Refusing extends DataplaneGrpc.DataplaneImplBase {
        @Override
        public void attach(AttachRequest request, StreamObserver<Nic> response) {
            Answers.answer(
                    response,
                    () -> {
                        throw new IllegalArgumentException(request.getManifest());
                    });
        }
    }

    @TempDir private Path directory;
    private volatile boolean isWell = true;
    private ControlSocket server;
    private UnixChannel client;

    @BeforeEach
    void start() throws IOException {
        Path path = directory.resolve("s");
        server =
                new ControlSocket(
                        path,
                        "",
                        () -> {
                            if (!isWell) {
                                throw new IllegalStateException("worker does not answer");
                            }
                        },
                        new Refusing());
        client = new UnixChannel(path, 1 << 20);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    /** Frames that ask for nothing, of each kind, on a call that is open, without end. */
    @ParameterizedTest
    @CsvSource({
        "SETTINGS, 000000 04 00 00000000",
        "PING,     000008 06 00 00000000 0000000000000000",
        "DATA,     000000 00 00 00000001",
        "PRIORITY, 000005 02 00 00000001 0000000000",
        "UNKNOWN,  000000 77 00 00000000",
    })
    void floodOfFramesIsEnded(String kind, String hex) throws IOException {
        byte[] frame = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThat(sentBeforeTheEnd(call -> frame)).as(kind).isLessThan(MOST_SENT);
    }

    /** CVE-2023-44487: each call is given up as soon as it is made. */
    @Test
    void rapidResetsAreEnded() throws IOException {
        assertThat(sentBeforeTheEnd(ControlSocketTest::callAndReset)).isLessThan(MOST_SENT);
    }

    private static byte[] callAndReset(int call) {
        int stream = 2 * call + 3;
        byte[] headers = headers(stream);
        ByteBuffer both = ByteBuffer.allocate(headers.length + 13).put(headers);
        return both.put(new byte[] {0, 0, 4, 3, 0}).putInt(stream).putInt(8).array();
    }

    /** How many the server has taken when it ends the connection. */
    private int sentBeforeTheEnd(IntFunction<byte[]> frames) throws IOException {
        int sent = 0;
        try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.connect(UnixDomainSocketAddress.of(directory.resolve("s")));
            socket.write(US_ASCII.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
            socket.write(ByteBuffer.wrap(HexFormat.of().parseHex("000000040000000000")));
            socket.write(ByteBuffer.wrap(headers(1)));
            socket.configureBlocking(false);
            ByteBuffer answers = ByteBuffer.allocate(1 << 16);
            while (sent < MOST_SENT) {
                ByteBuffer next = ByteBuffer.wrap(frames.apply(sent));
                while (next.hasRemaining()) {
                    socket.write(next);
                    while (socket.read(answers.clear()) > 0) {
                        // they are not looked at
                    }
                }
                sent++;
            }
            return sent;
        } catch (IOException e) {
            assertThat(e).as("it was ended").message().isIn("Broken pipe", "Connection reset");
            return sent;
        }
    }

    /** Of a call that waits for its message; RFC 7541 section 6.2.2 without Huffman coding. */
    private static byte[] headers(int stream) {
        String[] fields = {
            ":method", "POST",
            ":scheme", "http",
            ":path", "/" + OURS + "/Attach",
            ":authority", "localhost",
            "content-type", "application/grpc",
            "te", "trailers"
        };
        ByteBuffer block = ByteBuffer.allocate(256);
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.put((byte) 0);
            }
            block.put((byte) fields[i].length()).put(fields[i].getBytes(US_ASCII));
        }
        ByteBuffer frame = ByteBuffer.allocate(9 + block.position());
        frame.put((byte) 0).putShort((short) block.position()).put((byte) 1).put((byte) 4);
        return frame.putInt(stream).put(block.flip()).array();
    }

    private ServerReflectionResponse reflect(ServerReflectionRequest request)
            throws ExecutionException, InterruptedException {
        CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> asked =
                ServerReflectionGrpc.newStub(client.channel())
                        .serverReflectionInfo(new First<>(answer));
        asked.onNext(request);
        asked.onCompleted();
        return answer.get();
    }

    /** Takes the first message. */
    private record First<T>(CompletableFuture<T> answer) implements StreamObserver<T> {
        @Override
        public void onNext(T message) {
            answer.complete(message);
        }

        @Override
        public void onError(Throwable reason) {
            answer.completeExceptionally(reason);
        }

        @Override
        public void onCompleted() {}
    }

    @Test
    void reflectionTellsServicesAndTheirMessages() throws Exception {
        ServerReflectionResponse services =
                reflect(ServerReflectionRequest.newBuilder().setListServices("").build());
        assertThat(services.getListServicesResponse().getServiceList())
                .extracting(ServiceResponse::getName)
                .contains(
                        OURS,
                        "grpc.health.v1.Health",
                        "grpc.reflection.v1.ServerReflection",
                        "grpc.reflection.v1alpha.ServerReflection");
        ServerReflectionResponse files =
                reflect(ServerReflectionRequest.newBuilder().setFileContainingSymbol(OURS).build());
        FileDescriptorProto file =
                FileDescriptorProto.parseFrom(
                        files.getFileDescriptorResponse().getFileDescriptorProto(0));
        assertThat(file.getPackage()).isEqualTo("virtdataplane.v1");
        assertThat(file.getMessageTypeList())
                .anyMatch(message -> message.getName().equals("AttachRequest"));
    }

    private ServingStatus health(String service) {
        return HealthGrpc.newBlockingStub(client.channel())
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }

    @Test
    void healthIsServingWhileTheDaemonIsWell() {
        assertThat(health("")).isEqualTo(ServingStatus.SERVING);
        assertThat(health(OURS)).isEqualTo(ServingStatus.SERVING);
        isWell = false;
        assertThat(health("")).isEqualTo(ServingStatus.NOT_SERVING);
        assertThat(health(OURS)).isEqualTo(ServingStatus.NOT_SERVING);
        StatusRuntimeException unknown =
                catchThrowableOfType(StatusRuntimeException.class, () -> health("other"));
        assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void watcherOfHealthIsToldEachChange() {
        Iterator<HealthCheckResponse> told =
                HealthGrpc.newBlockingStub(client.channel())
                        .watch(HealthCheckRequest.getDefaultInstance());
        assertThat(told.next().getStatus()).isEqualTo(ServingStatus.SERVING);
        isWell = false;
        assertThat(told.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    }

    private StatusRuntimeException refusal(String message) {
        return catchThrowableOfType(
                StatusRuntimeException.class,
                () ->
                        DataplaneGrpc.newBlockingStub(client.channel())
                                .attach(AttachRequest.newBuilder().setManifest(message).build()));
    }

    @Test
    void refusalNamesItsFieldInTheDetailsAndSaysTheSameAsBefore()
            throws InvalidProtocolBufferException {
        String message = "lease_seconds must be 60-100: lease_seconds=5";
        StatusRuntimeException refused = refusal(message);
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).isEqualTo(message);
        com.google.rpc.Status details = StatusProto.fromThrowable(refused);
        assertThat(details.getDetailsList()).hasSize(1);
        BadRequest bad = details.getDetails(0).unpack(BadRequest.class);
        assertThat(bad.getFieldViolations(0).getField()).isEqualTo("lease_seconds");
        assertThat(bad.getFieldViolations(0).getDescription()).isEqualTo(message);
    }

    @Test
    void refusalWithoutAFieldHasNoDetails() {
        StatusRuntimeException refused = refusal("no room is left");
        assertThat(refused.getStatus().getDescription()).isEqualTo("no room is left");
        assertThat(StatusProto.fromThrowable(refused).getDetailsList()).isEmpty();
    }
}
