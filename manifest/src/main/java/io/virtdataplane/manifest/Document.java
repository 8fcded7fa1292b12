package io.virtdataplane.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.List;

/**
 * Reads the text of manifests: YAML mappings of bounded size, each key once, as Kubernetes reads
 * them.
 */
final class Document {
    private static final int MAX_BYTES = 1 << 20;
    private static final String LIST = "List";
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final ObjectReader JSON_TREES =
            JSON.readerFor(JsonNode.class).with(StreamReadFeature.STRICT_DUPLICATE_DETECTION);

    private Document() {}

    /** One document. */
    static Fields root(String manifest) {
        List<Fields> roots = all(manifest);
        if (roots.size() > 1) {
            throw new InvalidManifestException(
                    "manifest must be one YAML document: found=" + roots.size());
        }
        return roots.getFirst();
    }

    /** One object or more: documents, and the items of those that are lists. */
    static List<Fields> all(String manifests) {
        return documents(manifests).stream().flatMap(List::stream).toList();
    }

    /**
     * The objects of each document: itself, or its items where it is a list, as kubectl prints
     * them. Documents with nothing in them are passed over.
     */
    static List<List<Fields>> documents(String manifests) {
        checkSize(manifests);
        List<List<Fields>> documents =
                trees(manifests).stream().map(Document::mapping).map(Document::objects).toList();
        if (documents.stream().allMatch(List::isEmpty)) {
            throw new InvalidManifestException("manifest must be one YAML mapping: found=nothing");
        }
        return documents;
    }

    /** JSON is read as such: it may have tabs, which YAML does not take. */
    private static List<JsonNode> trees(String manifests) {
        if (manifests.stripLeading().startsWith("{")) {
            try (MappingIterator<JsonNode> json = JSON_TREES.readValues(manifests)) {
                return json.readAll();
            } catch (IOException e) {
                return YamlTree.documents(manifests); // a mapping of YAML may begin so as well
            }
        }
        return YamlTree.documents(manifests);
    }

    private static List<Fields> objects(Fields root) {
        boolean isList = root.has("items") && root.text("kind", "").endsWith(LIST);
        return isList ? root.list("items").stream().map(Fields::asRoot).toList() : List.of(root);
    }

    /** A mapping that a field holds as JSON in a string. */
    static Fields json(Fields parent, String name) {
        String text = parent.text(name, "");
        try {
            JsonNode tree = JSON.readTree(text);
            if (tree != null && tree.isObject()) {
                return parent.embedded(tree, name);
            }
        } catch (JsonProcessingException e) {
            throw parent.error(
                    name,
                    "must be valid JSON, at line "
                            + e.getLocation().getLineNr()
                            + " of it: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    text.strip());
        }
        throw parent.error(name, "must be a JSON object in a string", text.strip());
    }

    private static void checkSize(String manifest) {
        if (manifest.length() > MAX_BYTES) {
            throw new InvalidManifestException(
                    "manifest must be at most 1 MiB: length=" + manifest.length());
        }
    }

    private static Fields mapping(JsonNode tree) {
        if (tree == null || !tree.isObject()) {
            throw new InvalidManifestException(
                    "manifest must be one YAML mapping: found="
                            + (tree == null ? "nothing" : tree.getNodeType()));
        }
        return new Fields(tree);
    }
}
