package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.util.regex.Pattern;

/** What the forms have in common: rules of their fields, and the YAML that they make. */
final class Rules {
    private static final ObjectMapper YAML =
            new ObjectMapper(
                    YAMLFactory.builder()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .disable(YAMLGenerator.Feature.SPLIT_LINES)
                            .enable(YAMLGenerator.Feature.LITERAL_BLOCK_STYLE)
                            .build());
    // RFC 1123 label
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?");
    private static final int LONGEST_LABEL = 63;

    private Rules() {}

    static String text(JsonNode body, String field) {
        return body.path(field).asText().strip();
    }

    static void label(String field, String title, String value) {
        check(
                value.length() <= LONGEST_LABEL && LABEL.matcher(value).matches(),
                field,
                title
                        + " must have 1-63 lower-case letters, digits and -, and begin and end with a letter or digit.");
    }

    static void check(boolean isRight, String field, String rule) {
        if (!isRight) {
            throw new Refusal(Refusal.WRONG_FIELD, field, rule);
        }
    }

    static String yaml(JsonNode object) {
        try {
            return YAML.writeValueAsString(object);
        } catch (IOException e) {
            throw new IllegalStateException("print", e);
        }
    }
}
