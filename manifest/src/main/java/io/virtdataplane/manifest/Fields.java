package io.virtdataplane.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One node of a manifest with its path, and the checks that all readers share. A missing node is as
 * good as an empty one.
 */
final class Fields {
    private static final Set<String> TRUE = Set.of("1", "true", "yes", "on", "y"); // in quotes
    private static final Set<String> FALSE = Set.of("0", "false", "no", "off", "n");
    private static final int LONGEST_VALUE = 100;
    private final JsonNode node;
    private final String path;
    private final Warnings warnings;
    private final boolean takesQuoted;

    /** The root of an object. */
    Fields(JsonNode node) {
        this(node, "", new Warnings(), false);
    }

    private Fields(JsonNode node, String path, Warnings warnings, boolean takesQuoted) {
        this.node = node;
        this.path = path;
        this.warnings = warnings;
        this.takesQuoted = takesQuoted;
    }

    private Fields with(JsonNode other, String otherPath) {
        return new Fields(other, otherPath, warnings, takesQuoted);
    }

    /** The same where numbers and truths may stand in quotes, as nmstate takes them. */
    Fields takingQuoted() {
        return new Fields(node, path, warnings, true);
    }

    /** The same as an object of its own, which a list holds. */
    Fields asRoot() {
        return new Fields(node);
    }

    /** A mapping that this one holds as text in that field. */
    Fields embedded(JsonNode tree, String field) {
        return with(tree, child(field));
    }

    /** What was noticed so far in the object that this is a part of. */
    List<String> warnings() {
        return warnings.all();
    }

    /** This is left to others. */
    void warn(String text) {
        warnings.add(path + " " + text);
    }

    /** This field is. */
    void warn(String name, String text) {
        warnings.add(child(name) + " " + text);
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
        return with(chosen, path + "." + prefix);
    }

    String path() {
        return path;
    }

    List<String> names() {
        return node.properties().stream().map(Map.Entry::getKey).toList();
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
        return with(child, child(name));
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
            elements.add(with(child.get(i), at));
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
            throw error(
                    name,
                    child.isContainerNode()
                            ? "must be a string"
                            : "must be a string in quotes (YAML reads this value as another type)",
                    child);
        }
        return child.asText();
    }

    /** The text down a path of mappings, empty where there is none; nothing is checked. */
    String textAt(String... names) {
        JsonNode at = node;
        for (String name : names) {
            at = at.path(name);
        }
        return at.isTextual() ? at.asText() : "";
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
        if (takesQuoted && child.isTextual()) {
            return quotedNumber(name, child.asText());
        }
        if (!child.isIntegralNumber() || !child.canConvertToLong()) {
            throw error(name, "must be a whole number", child);
        }
        return child.asLong();
    }

    private long quotedNumber(String name, String text) {
        try {
            return text.startsWith("0x")
                    ? Long.parseLong(text.substring(2), 16)
                    : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw error(name, "must be a whole number", text);
        }
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
        JsonNode child = node.path(name);
        String word = takesQuoted ? child.asText().toLowerCase(Locale.ROOT) : "";
        if (!child.isBoolean() && !TRUE.contains(word) && !FALSE.contains(word)) {
            throw error(name, "must be true or false", child);
        }
        return Optional.of(child.isBoolean() ? child.asBoolean() : TRUE.contains(word));
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

    /** Whether it is given as a whole number. */
    boolean isNumber(String name) {
        return node.path(name).isIntegralNumber();
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
        return with(found, path);
    }

    /** Each field that is given as its table says: read, left with a warning, or refused. */
    void check(FieldTable table) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            table.check(this, field.getKey(), asksNothing(field.getValue()));
        }
    }

    /** A value that is as good as none. */
    private boolean asksNothing(JsonNode value) {
        String text = value.asText();
        return value.isNull()
                || value.isContainerNode() && value.isEmpty()
                || value.isTextual() && (text.isEmpty() || takesQuoted && FALSE.contains(text))
                || value.isBoolean() && !value.asBoolean();
    }

    /** Of a field that is given. */
    InvalidManifestException error(String name, String rule) {
        return error(name, rule, node.path(name));
    }

    @Override
    public String toString() {
        return node.toString();
    }

    /**
     * The object as text.
     *
     * @param namespace that it is given where it names none; empty: it is given none
     */
    String textIn(String namespace) {
        boolean names = namespace.isEmpty() || !textAt("metadata", "namespace").isEmpty();
        if (names || !(node.deepCopy() instanceof ObjectNode copy)) {
            return toString();
        }
        copy.withObject("/metadata").put("namespace", namespace);
        return copy.toString();
    }

    InvalidManifestException error(String name, String rule, Object value) {
        String text = String.valueOf(value);
        String shown =
                text.length() > LONGEST_VALUE ? text.substring(0, LONGEST_VALUE) + "..." : text;
        return new InvalidManifestException(child(name) + " " + rule + ": " + name + "=" + shown);
    }

    /** "spec.field". */
    String child(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
