package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.Event;
import io.virtdataplane.api.EventsRequest;
import io.virtdataplane.cli.view.Output;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "events",
        description = "Show the recorded events of this node, oldest first.",
        mixinStandardHelpOptions = true)
final class EventsCommand implements Callable<Integer> {
    private static final Pattern AGE = Pattern.compile("(\\d{1,6})([smhd])");

    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Option(
            names = {"-f", "--follow"},
            description = "Continue with new events.")
    private boolean follow;

    @Option(
            names = "--tail",
            paramLabel = "COUNT",
            description = "Only the last so many of the recorded events (default: all).")
    private Integer tail;

    @Option(
            names = "--since",
            paramLabel = "DURATION",
            description = "Only events that are not older: 30s, 5m, 2h or 7d.")
    private String since;

    @Override
    public Integer call() {
        EventsRequest.Builder request = EventsRequest.newBuilder().setFollow(follow);
        if (tail != null) {
            request.setTail(tail);
        }
        if (since != null) {
            request.setSinceUnixMs(Instant.now().minus(age(since)).toEpochMilli());
        }
        try (Client client = socket.connect()) {
            Iterator<Event> events = client.call().events(request.build());
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

    /** As kubectl takes it, and days. */
    static Duration age(String text) {
        Matcher matcher = AGE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "since must be a duration such as 30s, 5m, 2h or 7d: since=" + text);
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }
}
