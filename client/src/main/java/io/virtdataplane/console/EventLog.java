package io.virtdataplane.console;

import io.virtdataplane.api.Event;
import io.virtdataplane.api.EventsRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * The newest events, at most {@value #KEPT}. Each time only what is new is asked for, however long
 * the journal is. Any thread.
 */
final class EventLog {
    static final int KEPT = 1000;

    private final Function<EventsRequest, Iterator<Event>> daemon;
    private final Deque<Event> newestFirst = new ArrayDeque<>();
    private long last;

    EventLog(Function<EventsRequest, Iterator<Event>> daemon) {
        this.daemon = daemon;
    }

    /** Newest first; before them what the daemon says about the journal itself. */
    synchronized List<Event> read() {
        List<Event> events = new ArrayList<>();
        Iterator<Event> fresh =
                daemon.apply(
                        EventsRequest.newBuilder().setTail(KEPT).setAfterSequence(last).build());
        while (fresh.hasNext()) {
            Event event = fresh.next();
            if (event.getSequence() == 0) {
                events.addFirst(event);
            } else {
                last = event.getSequence();
                newestFirst.addFirst(event);
            }
            if (newestFirst.size() > KEPT) {
                newestFirst.removeLast();
            }
        }
        events.addAll(newestFirst);
        return events;
    }
}
