package io.virtdataplane.cli;

import com.google.protobuf.ByteString;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.GetRequest;
import io.virtdataplane.api.GivenFrame;
import io.virtdataplane.api.LiveFrames;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.TraceReply;
import io.virtdataplane.api.TraceRequest;
import io.virtdataplane.cli.view.Output;
import java.io.PrintStream;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "trace",
        description = {
            "Explain the way of frames through the data plane, step by step.",
            "Without --flow, --hex or --read: live frames, as they pass. With one of them: a dry run, which sends nothing and changes no table."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  virt-dataplane trace example-vm --drops    # live: why frames are dropped",
            "  virt-dataplane trace example-vm --flow 'tcp 198.51.100.9:5000 > pod:80'",
            "  virt-dataplane trace example-vm --flow 'udp guest:40000 > [2001:db8::1]:53'"
        })
final class TraceCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @ArgGroup(exclusive = true)
    private Given given;

    /** What to explain, where it is not live traffic. */
    static final class Given {
        @Option(
                names = "--flow",
                paramLabel = "'PROTO SRC > DST'",
                description =
                        "The first frame of a flow of tcp, udp or icmp; guest, gateway and pod are the addresses of the NIC.")
        private String flow;

        @Option(
                names = "--hex",
                paramLabel = "BYTES",
                description = "A frame in hexadecimal, from the Ethernet header on.")
        private String hex;

        @Option(
                names = {"-r", "--read"},
                paramLabel = "FILE",
                description = "The frames of a capture file, without those that the gateway sent.")
        private String file;
    }

    @Option(
            names = "--from",
            paramLabel = "guest|outside",
            description =
                    "Where a given frame comes from (default: guest where its source is the guest, otherwise outside).")
    private String from;

    @Option(
            names = {"-c", "--count"},
            defaultValue = "10",
            paramLabel = "N",
            description = "End after so many frames (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--protocol",
            defaultValue = "",
            paramLabel = "PROTO",
            description = "Live: only tcp, udp, icmp, sctp or a protocol number.")
    private String protocol;

    @Option(
            names = "--address",
            defaultValue = "",
            paramLabel = "IP",
            description = "Live: only frames from or to this address.")
    private String address;

    @Option(
            names = "--port",
            defaultValue = "0",
            paramLabel = "PORT",
            description = "Live: only frames from or to this port.")
    private int port;

    @Option(names = "--drops", description = "Live: only frames that are dropped.")
    private boolean drops;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            if (given == null) {
                LiveFrames live =
                        LiveFrames.newBuilder()
                                .setCount(count)
                                .setProtocol(protocol)
                                .setAddress(address)
                                .setPort(port)
                                .setDropsOnly(drops)
                                .build();
                print(
                        client.call()
                                .trace(
                                        TraceRequest.newBuilder()
                                                .setNic(name)
                                                .setLive(live)
                                                .build()));
                return 0;
            }
            Nic nic = client.call().get(GetRequest.newBuilder().setName(name).build());
            for (byte[] frame : frames(nic)) {
                GivenFrame one =
                        GivenFrame.newBuilder()
                                .setFrame(ByteString.copyFrom(frame))
                                .setFrom(
                                        from == null
                                                ? FlowFrame.isFrom(frame, nic) ? "guest" : "outside"
                                                : from)
                                .build();
                print(
                        client.call()
                                .trace(
                                        TraceRequest.newBuilder()
                                                .setNic(name)
                                                .setGiven(one)
                                                .build()));
            }
        }
        return 0;
    }

    private List<byte[]> frames(Nic nic) {
        if (given.flow != null) {
            return List.of(FlowFrame.of(given.flow, nic));
        }
        if (given.file != null) {
            return CaptureFile.read(given.file, count, f -> !FlowFrame.isFromGateway(f, nic));
        }
        try {
            return List.of(HexFormat.of().parseHex(given.hex.replaceAll("[\\s:]", "")));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "hex must be an even number of hexadecimal digits: hex=" + given.hex);
        }
    }

    private void print(Iterator<TraceReply> replies) {
        PrintStream out = System.out;
        while (replies.hasNext()) {
            TraceReply reply = replies.next();
            if (output.isJson()) {
                out.println(Output.line(reply));
            } else if (output.print(reply, out)) {
                out.println("---");
            } else {
                describe(reply, out);
            }
            out.flush();
        }
    }

    private static void describe(TraceReply reply, PrintStream out) {
        out.println("from " + reply.getFrom() + ": " + reply.getBefore());
        reply.getStepsList().forEach(step -> out.println("  " + step));
        if (!reply.getAfter().isEmpty()) {
            out.println("  leaves as: " + reply.getAfter());
        }
        out.println("  => " + reply.getVerdict() + ": " + reply.getMeaning());
    }
}
