package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.Event;
import io.virtdataplane.api.EventsRequest;
import io.virtdataplane.cli.view.Output;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "events",
        description = "Show the recorded events of this node, oldest first.",
        mixinStandardHelpOptions = true)
final class EventsCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Option(
            names = {"-f", "--follow"},
            description = "Continue with new events.")
    private boolean follow;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            Iterator<Event> events =
                    client.call().events(EventsRequest.newBuilder().setFollow(follow).build());
            while (events.hasNext()) {
                Event event = events.next();
                if (output.isJson()) {
                    System.out.println(Output.line(event));
                } else if (!output.print(event, System.out)) {
                    Instant time =
                            Instant.ofEpochMilli(event.getUnixMs()).truncatedTo(ChronoUnit.MILLIS);
                    System.out.printf(
                            "%-24s  %-13s  %-20s  %s%n",
                            time,
                            event.getKind(),
                            event.getNic().isEmpty() ? "-" : event.getNic(),
                            event.getMessage());
                } else {
                    System.out.println("---");
                }
                System.out.flush();
            }
        }
        return 0;
    }
}
