package io.virtdataplane.daemon.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
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

    String path() {
        return path;
    }

    boolean has(String name) {
        return node.has(name);
    }

    boolean isMissing() {
        return node.isMissingNode() || node.isNull();
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

    InvalidManifestException error(String name, String rule, Object value) {
        return new InvalidManifestException(child(name) + " " + rule + ": " + name + "=" + value);
    }

    private String child(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
