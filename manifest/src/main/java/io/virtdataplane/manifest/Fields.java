package io.virtdataplane.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One node of a manifest with its path, and the checks that all readers share. A missing node is as
 * good as an empty one.
 */
final class Fields {
    private final JsonNode node;
    private final String path;

    Fields(JsonNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** The fields whose names begin so, without that. */
    Fields withPrefix(String prefix) {
        ObjectNode chosen = JsonNodeFactory.instance.objectNode();
        node.properties()
                .forEach(
                        field -> {
                            if (field.getKey().startsWith(prefix)) {
                                chosen.set(
                                        field.getKey().substring(prefix.length()),
                                        field.getValue());
                            }
                        });
        return new Fields(chosen, path + "." + prefix);
    }

    String path() {
        return path;
    }

    boolean has(String name) {
        return node.has(name);
    }

    boolean isMissing() {
        return node.isMissingNode() || node.isNull();
    }

    /** There, and not null. */
    boolean isGiven(String name) {
        return node.hasNonNull(name);
    }

    /** Missing, or without a field. */
    boolean isEmpty() {
        return node.isEmpty();
    }

    boolean hasOnly(String name) {
        return node.size() == 1 && node.has(name);
    }

    Fields object(String name) {
        JsonNode child = node.path(name);
        if (!child.isMissingNode() && !child.isNull() && !child.isObject()) {
            throw error(name, "must be a mapping", child);
        }
        return new Fields(child, child(name));
    }

    List<Fields> list(String name) {
        JsonNode child = node.path(name);
        if (!child.isMissingNode() && !child.isNull() && !child.isArray()) {
            throw error(name, "must be a list", child);
        }
        List<Fields> elements = new ArrayList<>();
        for (int i = 0; i < child.size(); i++) {
            String at = child(name) + "[" + i + "]";
            if (!child.get(i).isObject()) {
                throw new InvalidManifestException(
                        at + " must be a mapping: value=" + child.get(i));
            }
            elements.add(new Fields(child.get(i), at));
        }
        return elements;
    }

    /** The text, or {@code otherwise} where the field is missing. */
    String text(String name, String otherwise) {
        JsonNode child = node.path(name);
        if (child.isMissingNode() || child.isNull()) {
            return otherwise;
        }
        if (!child.isTextual()) {
            throw error(name, "must be a string", child);
        }
        return child.asText();
    }

    /** The elements of a list of strings; none where the field is missing. */
    List<String> texts(String name) {
        JsonNode child = node.path(name);
        if (!child.isMissingNode() && !child.isNull() && !child.isArray()) {
            throw error(name, "must be a list", child);
        }
        List<String> elements = new ArrayList<>();
        for (JsonNode element : child) {
            if (!element.isTextual()) {
                throw error(name, "must be a list of strings", element);
            }
            elements.add(element.asText());
        }
        return elements;
    }

    /** The whole number, or {@code otherwise} where the field is missing. */
    long number(String name, long otherwise) {
        JsonNode child = node.path(name);
        if (child.isMissingNode() || child.isNull()) {
            return otherwise;
        }
        if (!child.isIntegralNumber() || !child.canConvertToLong()) {
            throw error(name, "must be a whole number", child);
        }
        return child.asLong();
    }

    /** The whole number, which must lie in the range; none where the field is missing. */
    OptionalLong whole(String name, long least, long most) {
        if (!isGiven(name)) {
            return OptionalLong.empty();
        }
        long value = number(name, 0);
        if (value < least || value > most) {
            throw error(name, "must be " + least + "-" + most, value);
        }
        return OptionalLong.of(value);
    }

    Optional<Boolean> flag(String name) {
        if (!isGiven(name)) {
            return Optional.empty();
        }
        if (!node.path(name).isBoolean()) {
            throw error(name, "must be true or false", node.path(name));
        }
        return Optional.of(node.path(name).asBoolean());
    }

    OptionalLong mac(String name) {
        String text = text(name, "");
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(AddressText.mac(text));
        } catch (IllegalArgumentException e) {
            throw error(name, "must be six bytes such as 02:00:00:00:00:01", text);
        }
    }

    /** Of a field that Kubernetes calls IntOrString. */
    String textOrNumber(String name) {
        JsonNode child = node.path(name);
        return child.isIntegralNumber() ? child.asText() : text(name, "");
    }

    /** A mapping of strings. */
    Map<String, String> textByName(String name) {
        Fields mapping = object(name);
        Map<String, String> texts = new LinkedHashMap<>();
        mapping.node
                .fieldNames()
                .forEachRemaining(field -> texts.put(field, mapping.text(field, "")));
        return Collections.unmodifiableMap(texts);
    }

    /**
     * Only the fields of these names, as Go reads JSON: case does not matter, of two the last
     * counts, others are passed over.
     */
    Fields inEitherCase(Set<String> names) {
        ObjectNode found = JsonNodeFactory.instance.objectNode();
        node.fieldNames()
                .forEachRemaining(
                        field -> {
                            for (String name : names) {
                                if (name.equalsIgnoreCase(field)) {
                                    found.set(name, node.get(field));
                                }
                            }
                        });
        return new Fields(found, path);
    }

    void allowOnly(Set<String> names) {
        node.fieldNames()
                .forEachRemaining(
                        name -> {
                            if (!names.contains(name)) {
                                throw new InvalidManifestException(
                                        child(name)
                                                + " is not a known field: known="
                                                + String.join(
                                                        ",", names.stream().sorted().toList()));
                            }
                        });
    }

    @Override
    public String toString() {
        return node.toString();
    }

    InvalidManifestException error(String name, String rule, Object value) {
        return new InvalidManifestException(child(name) + " " + rule + ": " + name + "=" + value);
    }

    private String child(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
