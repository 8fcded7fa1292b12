package io.virtdataplane.cli;

import io.virtdataplane.api.CaptureReply;
import io.virtdataplane.api.CaptureRequest;
import io.virtdataplane.api.CapturedFrame;
import io.virtdataplane.api.Client;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "capture",
        description =
                "Write the frames of a NIC, as they pass, to a file for tcpdump and Wireshark.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Frames are captured as the devices deliver them. A frame of 64 KB may stand for",
            "several segments, and its checksum may be incomplete: the device completes it.",
            "",
            "Example:  virt-dataplane capture example-vm -w - 'tcp port 80' | tcpdump -nr -"
        })
final class CaptureCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(index = "0", paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Parameters(
            index = "1",
            arity = "0..*",
            paramLabel = "FILTER",
            description = "Expression of pcap-filter(7) (default: all frames).")
    private String[] filter = {};

    @Option(
            names = {"-w", "--write"},
            required = true,
            paramLabel = "FILE",
            description = "File to write; - is standard output.")
    private String file;

    @Option(
            names = "--side",
            defaultValue = "both",
            paramLabel = "guest|uplink|both",
            description =
                    "guest: before the NAT, as the guest sees the frames; uplink: behind the NAT (default: ${DEFAULT-VALUE}).")
    private String side;

    @Option(
            names = {"-c", "--count"},
            defaultValue = "0",
            paramLabel = "N",
            description = "End after so many frames (default: end at Ctrl-C).")
    private long count;

    private volatile long written;
    private volatile long lost;
    private volatile boolean stopping;

    @Override
    public Integer call() {
        CaptureRequest request =
                CaptureRequest.newBuilder()
                        .setNic(name)
                        .setSide(side)
                        .setFilter(String.join(" ", filter))
                        .build();
        Client client = socket.connect();
        Thread main = Thread.currentThread();
        Thread onInterrupt = new Thread(() -> stop(client, main), "stop");
        Iterator<CaptureReply> replies = client.call().capture(request);
        replies.next(); // it has begun, or the request is refused
        try (CaptureFile to = new CaptureFile(file)) {
            Runtime.getRuntime().addShutdownHook(onInterrupt);
            System.err.println("capturing on " + name + ", Ctrl-C ends it");
            copy(replies, to);
        } catch (io.grpc.StatusRuntimeException e) {
            if (!stopping) {
                throw e;
            }
        } finally {
            client.close();
            System.err.println(
                    written
                            + " frames captured, "
                            + lost
                            + " lost because the capture was too slow");
        }
        return 0;
    }

    private void copy(Iterator<CaptureReply> replies, CaptureFile to) {
        while (replies.hasNext()) {
            CaptureReply reply = replies.next();
            for (CapturedFrame frame : reply.getFramesList()) {
                to.write(frame.getData().toByteArray(), frame.getUnixNs());
                written = written + 1; // this thread alone writes it
                if (written == count) {
                    return;
                }
            }
            to.flush();
            lost = Math.max(lost, reply.getLost());
        }
    }

    /** The file is to be whole when we go. */
    private void stop(Client client, Thread main) {
        stopping = true;
        client.close();
        try {
            main.join(3000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
