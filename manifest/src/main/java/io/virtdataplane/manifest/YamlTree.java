package io.virtdataplane.manifest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A manifest as Kubernetes reads it: YAML 1.1, where a bare on, off, yes or no is a boolean.
 * Jackson takes such words for strings; a manifest that works here and is refused there would help
 * nobody.
 */
final class YamlTree {
    private static final Set<String> TRUE = Set.of("on", "yes", "true");
    private static final Set<String> FALSE = Set.of("off", "no", "false");
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final YAMLFactory YAML =
            YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private final JsonParser parser;
    private final List<String> lines;

    private YamlTree(JsonParser parser, List<String> lines) {
        this.parser = parser;
        this.lines = lines;
    }

    /** The documents of a text, in order; those with nothing in them are passed over. */
    static List<JsonNode> documents(String manifests) throws JsonProcessingException {
        List<JsonNode> documents = new ArrayList<>();
        try (JsonParser parser = YAML.createParser(manifests)) {
            YamlTree tree = new YamlTree(parser, manifests.lines().toList());
            while (parser.nextToken() != null) {
                JsonNode document = tree.node();
                boolean empty =
                        document.isNull() || document.isTextual() && document.asText().isEmpty();
                if (!empty) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (JsonProcessingException e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException("a string gives no other error", e);
        }
    }

    private JsonNode node() throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> scalar(parser.getText());
            case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            default -> NODES.nullNode();
        };
    }

    private ObjectNode object() throws IOException {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            object.set(name, node());
        }
        return object;
    }

    private ArrayNode array() throws IOException {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(node());
        }
        return array;
    }

    private JsonNode scalar(String text) {
        String word = text.toLowerCase(Locale.ROOT);
        if ((TRUE.contains(word) || FALSE.contains(word)) && isPlain(text)) {
            return NODES.booleanNode(TRUE.contains(word));
        }
        return NODES.textNode(text);
    }

    /** Whether the word itself stands where the token begins, and not a quote. */
    private boolean isPlain(String text) {
        int line = parser.currentTokenLocation().getLineNr() - 1;
        int column = parser.currentTokenLocation().getColumnNr() - 1;
        return line < lines.size()
                && column >= 0
                && lines.get(line).regionMatches(column, text, 0, text.length());
    }
}
