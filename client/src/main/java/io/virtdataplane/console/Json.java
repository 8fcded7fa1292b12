package io.virtdataplane.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.util.List;

/** The daemon's messages as JSON trees. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ObjectNode of(MessageOrBuilder message) {
        try {
            String text =
                    JsonFormat.printer()
                            .alwaysPrintFieldsWithNoPresence()
                            .omittingInsignificantWhitespace()
                            .print(message);
            return (ObjectNode) MAPPER.readTree(text);
        } catch (InvalidProtocolBufferException | JsonProcessingException e) {
            throw new IllegalStateException("print", e);
        }
    }

    static ArrayNode of(List<? extends MessageOrBuilder> messages) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        messages.forEach(message -> array.add(of(message)));
        return array;
    }
}
