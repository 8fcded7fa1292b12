package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Server-sent events. Sending fails where the page is gone. */
final class EventStream {
    private static final String TYPE = "text/event-stream";
    private static final int OK = 200;

    private final HttpExchange exchange;

    private EventStream(HttpExchange exchange) {
        this.exchange = exchange;
    }

    static boolean isWanted(Headers request) {
        return TYPE.equals(request.getFirst("Accept"));
    }

    /** Begins it. */
    static EventStream of(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", TYPE);
        exchange.sendResponseHeaders(OK, 0);
        EventStream stream = new EventStream(exchange);
        stream.write(": open");
        return stream;
    }

    void send(JsonNode event) throws IOException {
        write("data: " + event);
    }

    private void write(String block) throws IOException {
        exchange.getResponseBody().write((block + "\n\n").getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
    }
}
