package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;

/** What one object asks for that is left to others, each once, in the order of the file. */
final class Warnings {
    private final List<String> texts = new ArrayList<>();

    void add(String text) {
        if (!texts.contains(text)) {
            texts.add(text);
        }
    }

    List<String> all() {
        return List.copyOf(texts);
    }
}
