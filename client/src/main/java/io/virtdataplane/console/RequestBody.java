package io.virtdataplane.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;

/** What a request brings: one JSON object of bounded size. */
final class RequestBody {
    /** Of a manifest or a form. */
    static final int LONGEST = 256 << 10;

    private static final int LONGEST_PASSED_OVER = 8 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private RequestBody() {}

    static JsonNode read(HttpExchange exchange, int longest) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.equals("application/json")) {
            throw new Refusal(Refusal.NOT_JSON, "Content-Type must be application/json.");
        }
        byte[] bytes = exchange.getRequestBody().readNBytes(longest + 1);
        if (bytes.length > longest) {
            // Otherwise the answer would be lost with a reset connection.
            exchange.getRequestBody().skip(LONGEST_PASSED_OVER);
            throw new Refusal(
                    Refusal.TOO_LARGE, "A request must have at most " + longest + " bytes.");
        }
        try {
            JsonNode body = JSON.readTree(bytes);
            if (body.isObject()) {
                return body;
            }
        } catch (JsonProcessingException e) {
            throw new Refusal(Refusal.BAD_REQUEST, "The request is not JSON.");
        }
        throw new Refusal(Refusal.BAD_REQUEST, "The request is not a JSON object.");
    }
}
