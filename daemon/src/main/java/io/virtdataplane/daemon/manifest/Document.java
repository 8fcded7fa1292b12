package io.virtdataplane.daemon.manifest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;

/** Reads the text of a manifest: one YAML mapping of bounded size, each key once. */
final class Document {
    private static final int MAX_BYTES = 1 << 20;
    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory())
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Document() {}

    static Fields root(String manifest) {
        if (manifest.length() > MAX_BYTES) {
            throw new InvalidManifestException(
                    "manifest must be at most 1 MiB: length=" + manifest.length());
        }
        try {
            JsonNode tree = YAML.readTree(manifest);
            if (tree == null || !tree.isObject()) {
                throw new InvalidManifestException(
                        "manifest must be one YAML mapping: found="
                                + (tree == null ? "nothing" : tree.getNodeType()));
            }
            return new Fields(tree, "");
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new InvalidManifestException(
                    "manifest must be valid YAML"
                            + where
                            + ": "
                            + e.getOriginalMessage().lines().findFirst().orElse(""));
        }
    }
}
