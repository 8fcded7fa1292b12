package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.api.Event;
import io.virtdataplane.api.EventsRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private final List<EventsRequest> asked = new ArrayList<>();
    private List<Event> given = List.of();
    private final EventLog log =
            new EventLog(
                    request -> {
                        asked.add(request);
                        return given.iterator();
                    });

    private List<String> after(Event... events) {
        given = List.of(events);
        return log.read().stream().map(Event::getMessage).toList();
    }

    private static Event event(long sequence, String message) {
        return Event.newBuilder().setSequence(sequence).setMessage(message).build();
    }

    @Test
    void asksForWhatIsNewAndShowsTheNewestFirst() {
        assertThat(after(event(7, "a"), event(9, "b"))).containsExactly("b", "a");
        assertThat(after(event(12, "c"))).containsExactly("c", "b", "a");
        assertThat(after()).containsExactly("c", "b", "a");
        assertThat(asked).extracting(EventsRequest::getAfterSequence).containsExactly(0L, 9L, 12L);
        assertThat(asked).allMatch(request -> request.getTail() == EventLog.KEPT);
    }

    @Test
    void whatIsSaidOfTheJournalIsNotKept() {
        assertThat(after(event(1, "a"), event(0, "full"))).containsExactly("full", "a");
        assertThat(after(event(0, "full"))).containsExactly("full", "a");
        assertThat(after(event(2, "b"))).containsExactly("b", "a");
    }

    @Test
    void goesOnWithAJournalThatWasBegunAnew() {
        after(event(100, "old"));
        assertThat(after(event(3, "new"))).containsExactly("new", "old");
        after();
        assertThat(asked.getLast().getAfterSequence()).isEqualTo(3);
    }

    @Test
    void keepsAThousand() {
        Event[] many = new Event[EventLog.KEPT + 5];
        for (int i = 0; i < many.length; i++) {
            many[i] = event(i + 1, "event " + i);
        }
        assertThat(after(many)).hasSize(EventLog.KEPT).startsWith("event 1004").endsWith("event 5");
    }
}
