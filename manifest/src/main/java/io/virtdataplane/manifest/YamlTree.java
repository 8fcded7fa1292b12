package io.virtdataplane.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * YAML made into JSON as kubectl makes it: scalars by {@link YamlScalar}, aliases and merge keys
 * resolved, each key once.
 */
final class YamlTree {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int DEEPEST = 200; // schemas of KubeVirt's size stand beside our objects
    private static final int MOST_ALIASES = 1000;
    private static final int MOST_NODES = 300_000; // aliases of aliases grow without end
    private int nodes;

    private YamlTree() {}

    /** The documents of a text, in order; those with nothing in them are passed over. */
    static List<JsonNode> documents(String manifests) {
        List<JsonNode> documents = new ArrayList<>();
        YamlTree tree = new YamlTree();
        try {
            Composer composer = composer(manifests);
            while (composer.checkNode()) {
                JsonNode document = tree.node(composer.getNode(), 0);
                boolean empty =
                        document.isNull() || document.isTextual() && document.asText().isEmpty();
                if (!empty) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (MarkedYAMLException e) {
            throw wrong(e.getProblemMark(), e.getProblem());
        } catch (YAMLException e) {
            throw wrong(null, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static Composer composer(String manifests) {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(DEEPEST);
        options.setMaxAliasesForCollections(MOST_ALIASES);
        ParserImpl parser = new ParserImpl(new StreamReader(new StringReader(manifests)), options);
        return new Composer(parser, new YamlScalar.TagResolver(), options);
    }

    private static InvalidManifestException wrong(Mark mark, String problem) {
        return new InvalidManifestException(
                "manifest must be valid YAML"
                        + (mark == null ? "" : " at line " + (mark.getLine() + 1))
                        + ": "
                        + problem);
    }

    private JsonNode node(Node node, int depth) {
        count(node, depth);
        return switch (node) {
            case MappingNode mapping -> object(mapping, depth);
            case SequenceNode sequence -> array(sequence, depth);
            case ScalarNode scalar -> YamlScalar.of(scalar);
            default -> throw wrong(node.getStartMark(), "unknown node");
        };
    }

    private void count(Node node, int depth) {
        nodes++;
        if (depth > DEEPEST || nodes > MOST_NODES) {
            throw wrong(node.getStartMark(), "too many nodes, or too deep");
        }
    }

    private ObjectNode object(MappingNode mapping, int depth) {
        ObjectNode object = NODES.objectNode();
        ObjectNode merged = NODES.objectNode();
        for (NodeTuple tuple : mapping.getValue()) {
            String key = key(tuple.getKeyNode());
            if (isMerge(tuple.getKeyNode())) {
                merge(tuple.getValueNode(), merged, depth);
            } else if (object.has(key)) {
                throw wrong(
                        tuple.getKeyNode().getStartMark(), "key must be given once: key=" + key);
            } else {
                object.set(key, node(tuple.getValueNode(), depth + 1));
            }
        }
        // what stands in the mapping itself goes before what is merged into it
        merged.properties().forEach(field -> object.putIfAbsent(field.getKey(), field.getValue()));
        return object;
    }

    private static boolean isMerge(Node key) {
        return key.getTag().equals(Tag.MERGE);
    }

    private void merge(Node value, ObjectNode merged, int depth) {
        count(value, depth);
        switch (value) {
            case MappingNode mapping ->
                    object(mapping, depth + 1)
                            .properties()
                            .forEach(field -> merged.putIfAbsent(field.getKey(), field.getValue()));
            case SequenceNode sequence ->
                    sequence.getValue().forEach(each -> merge(each, merged, depth + 1));
            default -> throw wrong(value.getStartMark(), "a merge needs a mapping");
        }
    }

    /** Keys are text in JSON: a bare on is "true" there. */
    private static String key(Node node) {
        if (!(node instanceof ScalarNode scalar)) {
            throw wrong(node.getStartMark(), "a key must be a scalar");
        }
        return YamlScalar.of(scalar).asText();
    }

    private ArrayNode array(SequenceNode sequence, int depth) {
        ArrayNode array = NODES.arrayNode();
        for (Node element : sequence.getValue()) {
            array.add(node(element, depth + 1));
        }
        return array;
    }
}
