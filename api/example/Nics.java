import com.google.rpc.BadRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.Nic;
import java.nio.file.Files;
import java.nio.file.Path;

/** Nics SOCKET: lists NICs. Nics SOCKET MANIFEST NETNS: attaches one, or says which field is wrong. */
public final class Nics {
    public static void main(String[] arguments) throws Exception {
        try (Client daemon = new Client(Path.of(arguments[0]))) {
            if (arguments.length == 1) {
                daemon.call().list(ListRequest.getDefaultInstance()).getNicsList().forEach(Nics::print);
            } else {
                AttachRequest request =
                        AttachRequest.newBuilder()
                                .setManifest(Files.readString(Path.of(arguments[1])))
                                .setNetns(arguments[2])
                                .setGuest("tap:tap0")
                                .build();
                print(daemon.call().attach(request));
            }
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.INVALID_ARGUMENT) {
                throw e;
            }
            for (var detail : StatusProto.fromThrowable(e).getDetailsList()) {
                for (var wrong : detail.unpack(BadRequest.class).getFieldViolationsList()) {
                    System.out.println("field " + wrong.getField());
                }
            }
            System.out.println(e.getStatus().getDescription());
            System.exit(1);
        }
    }

    private static void print(Nic nic) {
        System.out.println(
                nic.getName()
                        + " guest=" + nic.getGuestAddress()
                        + " pod=" + nic.getPodAddress()
                        + " frames=" + nic.getCounters().getGuestFrames());
    }
}
