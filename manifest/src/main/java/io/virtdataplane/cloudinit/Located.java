package io.virtdataplane.cloudinit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A node of YAML that knows its path and its line. What is not of the form asked for is added to
 * the problems and then read as if it were missing, so that one error does not hide the next.
 */
final class Located {
    private final Node node;
    private final Mark mark; // of the key, where there is one
    private final String path;
    private final String name;
    private final Problems problems;

    private Located(Node node, Mark mark, String path, String name, Problems problems) {
        this.node = node;
        this.mark = mark;
        this.path = path;
        this.name = name;
        this.problems = problems;
    }

    static Located root(Node node, Problems problems) {
        return new Located(node, node.getStartMark(), "", "", problems);
    }

    String path() {
        return path;
    }

    String name() {
        return name;
    }

    int line() {
        return problems.line(mark);
    }

    Node node() {
        return node;
    }

    boolean isMapping() {
        return node instanceof MappingNode;
    }

    boolean isMissing() {
        return node.getTag().equals(Tag.NULL);
    }

    void wrong(String rule) {
        problems.add(mark, path + " " + rule + ": " + name + "=" + shown());
    }

    /** Where the value is not the point. */
    void wrong(String rule, String because) {
        problems.add(mark, (path.isEmpty() ? "" : path + " ") + rule + ": " + because);
    }

    /** Of a mapping that has no such field. */
    void lacks(String field, String rule) {
        problems.add(mark, child(field) + " " + rule + ": " + field + "=");
    }

    private String shown() {
        return switch (node) {
            case ScalarNode scalar -> scalar.getValue();
            case MappingNode mapping -> "{...}";
            default -> "[...]";
        };
    }

    /** The fields of a mapping by name; a key that comes twice counts once and is a problem. */
    Map<String, Located> fields() {
        Map<String, Located> fields = new LinkedHashMap<>();
        if (!(node instanceof MappingNode mapping)) {
            wrong("must be a mapping");
            return fields;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            Mark at = tuple.getKeyNode().getStartMark();
            String key =
                    tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "[...]";
            Located field = new Located(tuple.getValueNode(), at, child(key), key, problems);
            Located first = fields.putIfAbsent(key, field);
            if (first != null) {
                field.wrong("must be given once", "first=line " + first.line());
            }
        }
        return fields;
    }

    /** The fields; others than those known are problems. */
    Map<String, Located> fields(Set<String> known) {
        Map<String, Located> fields = fields();
        fields.forEach(
                (key, field) -> {
                    if (!known.contains(key)) {
                        field.wrong(
                                "is not a known field",
                                "known=" + String.join(",", known.stream().sorted().toList()));
                    }
                });
        return fields;
    }

    List<Located> elements() {
        List<Located> elements = new ArrayList<>();
        if (!(node instanceof SequenceNode sequence)) {
            wrong("must be a list");
            return elements;
        }
        for (Node element : sequence.getValue()) {
            String at = path + "[" + elements.size() + "]";
            elements.add(new Located(element, element.getStartMark(), at, name, problems));
        }
        return elements;
    }

    /** This, or the item of this list, whose kind is a machine's. */
    Optional<Located> machine() {
        if (scalar("kind").matches("VirtualMachine(Instance)?")) {
            return Optional.of(this);
        }
        if (!scalar("kind").endsWith("List")) {
            return Optional.empty();
        }
        return Optional.ofNullable(fields().get("items")).stream()
                .flatMap(items -> items.elements().stream())
                .filter(item -> item.scalar("kind").matches("VirtualMachine(Instance)?"))
                .findFirst();
    }

    /** The value of a field as it is written; empty where there is none. */
    private String scalar(String field) {
        if (!(node instanceof MappingNode mapping)) {
            return "";
        }
        for (NodeTuple tuple : mapping.getValue()) {
            boolean isIt =
                    tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(field);
            if (isIt && tuple.getValueNode() instanceof ScalarNode value) {
                return value.getValue();
            }
        }
        return "";
    }

    /** A string; what YAML reads as a number or a truth must be quoted to be one. */
    Optional<String> text() {
        if (node instanceof ScalarNode scalar && node.getTag().equals(Tag.STR)) {
            return Optional.of(scalar.getValue());
        }
        boolean isNumber = node.getTag().equals(Tag.INT) || node.getTag().equals(Tag.FLOAT);
        wrong(
                isNumber || node.getTag().equals(Tag.BOOL)
                        ? "must be a string in quotes (YAML reads this value as another type)"
                        : "must be a string");
        return Optional.empty();
    }

    /** True or false; YAML 1.1, which cloud-init reads, has more words for them. */
    boolean flag() {
        if (node instanceof ScalarNode scalar && node.getTag().equals(Tag.BOOL)) {
            return Set.of("true", "yes", "on").contains(scalar.getValue().toLowerCase(Locale.ROOT));
        }
        wrong("must be true or false");
        return false;
    }

    /** The digits of a whole number; a text is none. */
    Optional<String> number() {
        return node instanceof ScalarNode scalar && node.getTag().equals(Tag.INT)
                ? Optional.of(scalar.getValue())
                : Optional.empty();
    }

    void number(long least, long most) {
        Optional<String> digits = number();
        try {
            long value = digits.isEmpty() ? least - 1 : Long.parseLong(digits.get());
            if (value >= least && value <= most) {
                return;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        wrong("must be " + least + "-" + most);
    }

    private String child(String field) {
        return path.isEmpty() ? field : path + "." + field;
    }
}
