package io.virtdataplane.cli;

import com.google.protobuf.ByteString;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.GetVersionRequest;
import io.virtdataplane.api.GivenFrame;
import io.virtdataplane.api.Nic;
import io.virtdataplane.console.Api;
import io.virtdataplane.console.ConsoleServer;
import io.virtdataplane.console.RemoteAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "console",
        description = {
            "Serve pages for a browser, until Ctrl-C: machines, drops, networks, bridges, events.",
            "Prints the address to open. Its token, or the password, lets in whoever has it: they may do what you may do by the socket."
        },
        mixinStandardHelpOptions = true)
final class ConsoleCommand implements Callable<Integer> {
    private static final Pattern LISTEN =
            Pattern.compile(
                    "(?:\\[([0-9A-Fa-f:.]+)]|(\\d{1,3}(?:\\.\\d{1,3}){3})|(localhost)):(\\d{1,5})");
    private static final int LAST_PORT = 65_535;

    @Mixin private SocketOption socket;

    @Option(
            names = "--listen",
            defaultValue = "127.0.0.1:0",
            paramLabel = "ADDRESS:PORT",
            description =
                    "Address and port to listen on; port 0 is any free one. An address that is not loopback needs the three options below (default: ${DEFAULT-VALUE}).")
    private String listen;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description =
                    "Certificate chain in PEM, with the host in subjectAltName. It is read again when it changes.")
    private Path certificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "Its key in PEM (PKCS #8). Others must not be able to read it.")
    private Path key;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description =
                    "The password to log in with, at least 12 characters, in the first line. Others must not be able to read it.")
    private Path password;

    @Option(names = "--open", description = "Open the address in the default browser (xdg-open).")
    private boolean open;

    @Override
    public Integer call() throws IOException, InterruptedException {
        InetSocketAddress at = address(listen);
        Optional<RemoteAccess> remote = remote();
        try (Client client = socket.connect()) {
            client.call().getVersion(GetVersionRequest.getDefaultInstance());
            try (ConsoleServer server =
                    new ConsoleServer(at, remote, new Api(client, ConsoleCommand::frame))) {
                System.out.println("Console: " + server.address());
                System.out.flush();
                if (open) {
                    browse(server.address());
                }
                new CountDownLatch(1).await();
            }
        }
        return 0;
    }

    private Optional<RemoteAccess> remote() {
        List<Path> given = Stream.of(certificate, key, password).filter(Objects::nonNull).toList();
        if (given.isEmpty()) {
            return Optional.empty();
        }
        if (given.size() < 3) {
            throw new IllegalArgumentException(
                    "tls-cert, tls-key and password-file must be given together: tls-cert=%s tls-key=%s password-file=%s"
                            .formatted(said(certificate), said(key), said(password)));
        }
        return Optional.of(RemoteAccess.of(certificate, key, password));
    }

    private static String said(Path file) {
        return file == null ? "" : file.toString();
    }

    static InetSocketAddress address(String listen) {
        Matcher matcher = LISTEN.matcher(listen);
        if (matcher.matches() && Integer.parseInt(matcher.group(4)) <= LAST_PORT) {
            String literal =
                    Stream.of(matcher.group(1), matcher.group(2))
                            .filter(Objects::nonNull)
                            .findFirst()
                            .orElse("127.0.0.1");
            try {
                return new InetSocketAddress(
                        InetAddress.ofLiteral(literal), Integer.parseInt(matcher.group(4)));
            } catch (IllegalArgumentException e) {
                // no address: as below
            }
        }
        throw new IllegalArgumentException(
                "listen must be an address and a port, such as 127.0.0.1:8090 or [::]:8443: listen="
                        + listen);
    }

    private static GivenFrame frame(String words, Nic nic) {
        byte[] frame = FlowFrame.of(words, nic);
        return GivenFrame.newBuilder()
                .setFrame(ByteString.copyFrom(frame))
                .setFrom(FlowFrame.isFrom(frame, nic) ? "guest" : "outside")
                .build();
    }

    /** By a file of the user's own: other users see what is on a command line. */
    private static void browse(String address) {
        try {
            Path page =
                    Files.createTempFile(
                            "virt-dataplane-console",
                            ".html",
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            page.toFile().deleteOnExit();
            Files.writeString(
                    page,
                    "<!doctype html><title>virt-dataplane</title><meta http-equiv=\"refresh\" content=\"0;url="
                            + address
                            + "\">");
            new ProcessBuilder("xdg-open", page.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            System.err.println("virt-dataplane: no browser was opened: " + e.getMessage());
        }
    }
}
