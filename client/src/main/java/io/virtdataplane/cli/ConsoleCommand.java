package io.virtdataplane.cli;

import com.google.protobuf.ByteString;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.GetVersionRequest;
import io.virtdataplane.api.GivenFrame;
import io.virtdataplane.api.Nic;
import io.virtdataplane.console.Api;
import io.virtdataplane.console.ConsoleServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "console",
        description = {
            "Serve pages for a browser, until Ctrl-C: machines, drops, networks, bridges, events.",
            "Prints the address to open. Its token lets in whoever has it: they may do what you may do by the socket."
        },
        mixinStandardHelpOptions = true)
final class ConsoleCommand implements Callable<Integer> {
    private static final Pattern LISTEN =
            Pattern.compile("(127\\.0\\.0\\.1|localhost|\\[::1\\]):(\\d{1,5})");
    private static final int LAST_PORT = 65_535;

    @Mixin private SocketOption socket;

    @Option(
            names = "--listen",
            defaultValue = "127.0.0.1:0",
            paramLabel = "ADDRESS:PORT",
            description =
                    "127.0.0.1, [::1] or localhost, and a port; port 0 is any free one (default: ${DEFAULT-VALUE}).")
    private String listen;

    @Option(names = "--open", description = "Open the address in the default browser (xdg-open).")
    private boolean open;

    @Override
    public Integer call() throws IOException, InterruptedException {
        InetSocketAddress at = address(listen);
        try (Client client = socket.connect()) {
            client.call().getVersion(GetVersionRequest.getDefaultInstance());
            try (ConsoleServer server =
                    new ConsoleServer(at, new Api(client, ConsoleCommand::frame))) {
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

    static InetSocketAddress address(String listen) {
        Matcher matcher = LISTEN.matcher(listen);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > LAST_PORT) {
            throw new IllegalArgumentException(
                    "listen must be a loopback address and a port, such as 127.0.0.1:8090; to use the console from elsewhere, forward the port by ssh -L: listen="
                            + listen);
        }
        return new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
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
